package io.striate.bench;

import io.striate.StriateException;
import io.striate.exec.CompiledModel;
import io.striate.exec.DataFormat;
import io.striate.exec.Execution;
import io.striate.exec.Options;
import io.striate.exec.Strategies;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Accuracy;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Provider;
import io.striate.op.TileTask;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Optional;

/**
 * One convolution or dense layer, created and bound, ready to be run again and again.
 *
 * <p>Images are channels-last, as inside a network. On one thread the layer is a kernel of the
 * strategy's own provider, called over all its tiles; on several threads a compiled model of one
 * node, because the worker pool belongs to compiled models.
 */
abstract sealed class Layer implements AutoCloseable {
  /** Computes the layer once. */
  abstract void run();

  /** The result in row-major order of N, C, H, W. */
  abstract float[] output();

  /** What runs. */
  abstract String kernelId();

  @Override
  public abstract void close();

  /**
   * Creates a layer.
   *
   * @throws StriateException if the strategy is not available here or its own provider does not
   *     compute this layer
   */
  static Layer open(LayerShape shape, LayerData data, Engine engine, int threads) {
    String strategy = engine.strategy();
    Strategies.Strategy chosen = Strategies.named(strategy);
    chosen
        .unavailable()
        .ifPresent(
            reason -> {
              throw new StriateException(
                  "strategy '" + strategy + "' is not available here: " + reason);
            });
    return threads == 1
        ? new OneKernel(shape, data, chosen.first(), engine.accuracy())
        : new OneNode(shape, data, chosen, engine.accuracy(), threads);
  }

  private static final class OneKernel extends Layer {
    private final Arena arena = Arena.ofShared();
    private final Kernel kernel;
    private final TileTask task;
    private final int tiles;
    private final MemorySegment scratch;
    private final Tensor dst;

    OneKernel(LayerShape shape, LayerData data, Provider provider, Accuracy accuracy) {
      Kernel made = null;
      try {
        Tensor src = Tensor.allocate(arena, TensorDesc.f32(shape.src(), layout(shape.src())));
        Tensor weights = Tensor.allocate(arena, TensorDesc.f32(shape.weights()));
        Tensor bias = Tensor.allocate(arena, TensorDesc.f32(shape.bias()));
        src.copyFrom(data.src());
        weights.copyFrom(data.weights());
        bias.copyFrom(data.bias());
        dst = Tensor.allocate(arena, TensorDesc.f32(shape.dst(), layout(shape.dst())));
        List<Operand> operands =
            List.of(
                Operand.of(src.desc()),
                Operand.constant(weights.desc(), weights.data()),
                Operand.constant(bias.desc(), bias.data()));
        KernelRequest request =
            new KernelRequest(shape.op(), operands, dst.desc(), 1, accuracy, Optional.empty());
        made =
            switch (provider.offer(request)) {
              case Offer.Accepted accepted -> accepted.candidates().get(0).create();
              case Offer.Refused refused ->
                  throw new StriateException(
                      provider.name() + " does not compute " + shape + ": " + refused.reason());
            };
        kernel = made;
        tiles = kernel.tiles();
        scratch =
            arena.allocate(Math.max(Tensor.ALIGNMENT, kernel.scratchBytes()), Tensor.ALIGNMENT);
        task = kernel.bind(List.of(src.data(), MemorySegment.NULL, MemorySegment.NULL), dst.data());
      } catch (RuntimeException | Error e) {
        if (made != null) {
          made.close();
        }
        arena.close();
        throw e;
      }
    }

    private static Layout layout(Shape shape) {
      return shape.rank() < 3 ? Layout.rowMajor(shape) : Layout.channelsLast(shape);
    }

    @Override
    void run() {
      task.run(0, tiles, scratch);
    }

    @Override
    float[] output() {
      return dst.toArray();
    }

    @Override
    String kernelId() {
      return kernel.id();
    }

    @Override
    public void close() {
      kernel.close();
      arena.close();
    }
  }

  private static final class OneNode extends Layer {
    private final CompiledModel model;
    private final Execution execution;

    OneNode(
        LayerShape shape,
        LayerData data,
        Strategies.Strategy strategy,
        Accuracy accuracy,
        int threads) {
      Graph.Builder graph = Graph.builder(shape.id());
      Value src = graph.input("src", shape.src());
      Value weights = graph.constant("weights", Tensor.of(shape.weights(), data.weights()));
      Value bias = graph.constant("bias", Tensor.of(shape.bias(), data.bias()));
      graph.output(graph.add("dst", shape.op(), src, weights, bias));
      Options options =
          Options.defaults()
              .strategy(strategy.name())
              .accuracy(accuracy)
              .threads(threads)
              .dataFormat(DataFormat.NHWC);
      String own = strategy.first().name();
      model = CompiledModel.compile(graph.build(), options);
      Execution made = null;
      try {
        Optional<String> other =
            model.explain().rows().stream()
                .filter(r -> !r.provider().equals(own))
                .map(r -> r.provider() + " computes " + r.name() + ": " + r.refusals())
                .findFirst();
        if (other.isPresent()) {
          throw new StriateException(
              own + " does not compute all of " + shape + "; " + other.get());
        }
        made = model.newExecution();
        made.input().copyFrom(data.src());
        execution = made;
      } catch (RuntimeException | Error e) {
        if (made != null) {
          made.close();
        }
        model.close();
        throw e;
      }
    }

    @Override
    void run() {
      execution.run();
    }

    @Override
    float[] output() {
      return execution.output().toArray();
    }

    @Override
    String kernelId() {
      return String.join(" ", model.explain().rows().stream().map(r -> r.kernel()).toList());
    }

    @Override
    public void close() {
      execution.close();
      model.close();
    }
  }
}
