package io.striate.serve;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * One image on its way.
 *
 * @param inputs its values, one array per input of the model
 * @param arrival nanoseconds of the batcher's clock
 * @param due when it no longer waits for others
 * @param deadline when it is no longer to be begun; {@link Long#MAX_VALUE} for never
 * @param answer what the client waits for
 * @param deliver completes the answer with one array per output
 */
record Request(
    List<float[]> inputs,
    long arrival,
    long due,
    long deadline,
    CompletableFuture<?> answer,
    Consumer<List<float[]>> deliver) {}
