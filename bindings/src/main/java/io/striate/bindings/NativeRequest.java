package io.striate.bindings;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * {@code striate_kernel_request}: what a kernel is asked to compute.
 *
 * @param op one of {@link Abi#OP_CONV} … {@link Abi#OP_CONV_POOL}
 * @param params the parameters of the op, null where it has none
 * @param src the operands in the order of the header
 * @param constants the data of constant operands, null where it is given at run; either empty or as
 *     long as {@code src}. Off-heap, at least as large as dims and strides say; read during create
 *     only
 * @param dst the results
 * @param threads how many threads are meant to run the kernel
 * @param kernelId the wanted kernel, null for the best
 * @param accuracy one of {@link Abi#ACCURACY_DEFAULT}, {@link Abi#ACCURACY_STRICT}, {@link
 *     Abi#ACCURACY_FAST}
 */
public record NativeRequest(
    int op,
    @Nullable NativeParams params,
    List<NativeTensor> src,
    List<@Nullable MemorySegment> constants,
    List<NativeTensor> dst,
    int threads,
    @Nullable String kernelId,
    int accuracy) {

  public NativeRequest {
    src = List.copyOf(src);
    dst = List.copyOf(dst);
    constants = Collections.unmodifiableList(new ArrayList<>(constants));
    if (!constants.isEmpty() && constants.size() != src.size()) {
      throw new IllegalArgumentException(
          constants.size() + " constants for " + src.size() + " operands");
    }
    for (MemorySegment constant : constants) {
      if (constant != null && !constant.isNative()) {
        throw new IllegalArgumentException("a constant lies on the heap: copy it off-heap first");
      }
    }
  }

  /**
   * Writes the struct and all that it points to. Pointers are written as {@code long}: another kind
   * of access is generated code of its own in each start (ADR 16).
   */
  MemorySegment write(Arena arena) {
    StructLayout s = Structs.KERNEL_REQUEST;
    MemorySegment request = arena.allocate(s);
    request.set(JAVA_INT, Structs.offset(s, "op"), op);
    request.set(JAVA_INT, Structs.offset(s, "src_count"), src.size());
    request.set(JAVA_INT, Structs.offset(s, "dst_count"), dst.size());
    request.set(JAVA_INT, Structs.offset(s, "threads"), threads);
    if (params != null) {
      MemorySegment target = arena.allocate(params.layout());
      params.write(target);
      request.set(JAVA_LONG, Structs.offset(s, "params"), target.address());
      request.set(JAVA_LONG, Structs.offset(s, "params_bytes"), target.byteSize());
    }
    request.set(JAVA_LONG, Structs.offset(s, "src"), writeAll(src, arena).address());
    request.set(JAVA_LONG, Structs.offset(s, "dst"), writeAll(dst, arena).address());
    MemorySegment pointers = arena.allocate(JAVA_LONG, Math.max(1, src.size()));
    for (int i = 0; i < constants.size(); i++) {
      MemorySegment constant = constants.get(i);
      if (constant != null) {
        pointers.setAtIndex(JAVA_LONG, i, constant.address());
      }
    }
    request.set(JAVA_LONG, Structs.offset(s, "constants"), pointers.address());
    if (kernelId != null) {
      request.set(
          JAVA_LONG, Structs.offset(s, "kernel_id"), arena.allocateFrom(kernelId).address());
    }
    request.set(JAVA_INT, Structs.offset(s, "accuracy"), accuracy);
    return request;
  }

  private static MemorySegment writeAll(List<NativeTensor> tensors, Arena arena) {
    MemorySegment target = arena.allocate(Structs.TENSOR_DESC, Math.max(1, tensors.size()));
    for (int i = 0; i < tensors.size(); i++) {
      long size = Structs.TENSOR_DESC.byteSize();
      tensors.get(i).write(target.asSlice(i * size, size));
    }
    return target;
  }
}
