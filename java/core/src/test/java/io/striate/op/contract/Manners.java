package io.striate.op.contract;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.op.Accuracy;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Kernel;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.PRelu;
import io.striate.op.TileTask;
import io.striate.op.Unary;
import io.striate.tensor.DType;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;

/**
 * What kernels owe besides right numbers: refusals with reasons, checks of memory, threads,
 * closing.
 */
final class Manners {
  private final OpContract contract;

  Manners(OpContract contract) {
    this.contract = contract;
  }

  /**
   * A kernel that nobody has, and a type that nobody computes in, are refused rather than thrown at
   * or ignored.
   */
  void refuses(Case c) {
    try (Bench bench = new Bench(c, false);
        Arena arena = Arena.ofConfined()) {
      KernelRequest request =
          bench.request(Optional.of("no/such/kernel"), arena, 1, contract.accuracy());
      Offer offer = contract.provider().offer(request);
      String reason = assertInstanceOf(Offer.Refused.class, offer).reason();
      assertTrue(
          reason.contains("no/such/kernel"), "the refusal does not name the kernel: " + reason);

      List<Operand> operands = new ArrayList<>();
      for (Arg arg : c.args()) {
        operands.add(Operand.of(new TensorDesc(DType.S64, arg.shape(), arg.layout())));
      }
      TensorDesc dst = new TensorDesc(DType.S64, c.dstShape(), c.dst());
      Offer integers =
          contract
              .provider()
              .offer(
                  new KernelRequest(c.op(), operands, dst, 1, Accuracy.DEFAULT, Optional.empty()));
      assertTrue(assertInstanceOf(Offer.Refused.class, integers).reason().length() > 10);
    }
  }

  /** Padding by rule is refused: whoever asks resolves it, and only then knows the shapes. */
  void refusesPaddingByRule(KernelOp op, Shape x, Shape... others) {
    List<Operand> operands = new ArrayList<>(List.of(Operand.of(TensorDesc.f32(x))));
    List<Shape> shapes = new ArrayList<>(List.of(x));
    for (Shape other : others) {
      operands.add(Operand.of(TensorDesc.f32(other)));
      shapes.add(other);
    }
    TensorDesc dst = TensorDesc.f32(op.infer(shapes).get(0));
    Offer offer = contract.provider().offer(KernelRequest.of(op, operands, dst));
    String reason = assertInstanceOf(Offer.Refused.class, offer, op + " is accepted").reason();
    assertTrue(reason.length() > 10, "the refusal needs a reason, not '" + reason + "'");
  }

  /** Memory that cannot be right is an IllegalArgumentException at bind, never a crash at run. */
  void checksMemory(Case c) {
    try (Bench bench = new Bench(c, false);
        Kernel kernel = contract.create(bench, Optional.empty(), 1)) {
      List<MemorySegment> in = bench.bound();
      MemorySegment out = bench.output();
      wrong("too few operands", () -> kernel.bind(in.subList(0, in.size() - 1), out));
      wrong("destination too small", () -> kernel.bind(in, out.asSlice(0, out.byteSize() - 1)));
      wrong("read-only destination", () -> kernel.bind(in, out.asReadOnly()));
      wrong(
          "destination on the heap",
          () -> kernel.bind(in, MemorySegment.ofArray(new float[(int) out.byteSize() / 4])));
      for (int i = 0; i < in.size(); i++) {
        if (!c.args().get(i).constant()) {
          checksOperand(c, kernel, in, i, out);
        }
      }
    }
  }

  private static void checksOperand(
      Case c, Kernel kernel, List<MemorySegment> in, int i, MemorySegment out) {
    MemorySegment good = in.get(i);
    wrong(
        "operand " + i + " too small",
        () -> kernel.bind(with(in, i, good.asSlice(0, good.byteSize() - 1)), out));
    wrong(
        "operand " + i + " on the heap",
        () ->
            kernel.bind(
                with(in, i, MemorySegment.ofArray(new float[(int) good.byteSize() / 4])), out));
    if (c.dstShape().elements() > 1) {
      overlaps(c, kernel, in, i, out.byteSize());
    }
    MemorySegment dead = deadMemory(good.byteSize());
    assertThrows(
        IllegalStateException.class,
        () -> kernel.bind(with(in, i, dead), out).run(0, kernel.tiles(), MemorySegment.NULL),
        "operand " + i + " of a closed arena, " + c.name());
  }

  /** The first element of the destination lies on the last one of the operand. */
  private static void overlaps(Case c, Kernel kernel, List<MemorySegment> in, int i, long bytes) {
    TensorDesc desc = c.args().get(i).desc();
    long last = desc.layout().offset();
    for (int d = 0; d < desc.shape().rank(); d++) {
      last += (desc.shape().dim(d) - 1) * desc.layout().stride(d);
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment both = arena.allocate(2 * bytes + in.get(i).byteSize(), 64);
      MemorySegment source = both.asSlice(bytes, in.get(i).byteSize());
      long at = bytes + (last - c.dst().offset()) * Float.BYTES;
      wrong(
          "operand %d overlaps, %s".formatted(i, c.name()),
          () -> kernel.bind(with(in, i, source), both.asSlice(at, bytes)));
    }
  }

  private static MemorySegment deadMemory(long bytes) {
    try (Arena arena = Arena.ofConfined()) {
      return arena.allocate(bytes, 64);
    }
  }

  private static List<MemorySegment> with(List<MemorySegment> in, int i, MemorySegment other) {
    List<MemorySegment> out = new ArrayList<>(in);
    out.set(i, other);
    return out;
  }

  private static void wrong(String what, Runnable bind) {
    IllegalArgumentException e = assertThrows(IllegalArgumentException.class, bind::run, what);
    assertTrue(e.getMessage().length() > 10, what + " has the message '" + e.getMessage() + "'");
  }

  /** Element-wise ops may write exactly onto their first operand. */
  void writesOntoItsOperand(Case c) {
    if (!mayWriteOnto(c.op())
        || !c.args().get(0).desc().equals(c.dstDesc())
        || c.args().get(0).constant()) {
      return;
    }
    try (Bench bench = new Bench(c, false);
        Kernel kernel = contract.create(bench, Optional.empty(), 1)) {
      float[] apart = contract.runWhole(c, bench, kernel.id());
      List<MemorySegment> in = with(bench.bound(), 0, bench.output());
      bench.output().copyFrom(bench.inputs().get(0));
      kernel.bind(in, bench.output()).run(0, kernel.tiles(), bench.scratch(kernel));
      float[] inPlace = new io.striate.tensor.Tensor(c.dstDesc(), bench.output()).toArray();
      OpContract.assertBitwise(kernel.id() + " in place on " + c.name(), apart, inPlace);
    }
  }

  private static boolean mayWriteOnto(KernelOp op) {
    return op instanceof Unary
        || op instanceof Binary
        || op instanceof BatchNorm
        || op instanceof PRelu;
  }

  /** Closing twice is fine; afterwards binding and running are IllegalStateExceptions. */
  @SuppressWarnings("try")
  void endsWell(Case c) {
    try (Bench bench = new Bench(c, false);
        Kernel kernel = contract.create(bench, Optional.empty(), 1)) {
      assertTrue(kernel.tiles() >= 1, "tiles");
      assertTrue(kernel.scratchBytes() >= 0, "scratch");
      TileTask task = bench.bind(kernel);
      kernel.close();
      kernel.close();
      assertThrows(IllegalStateException.class, () -> bench.bind(kernel), "bind after close");
      MemorySegment scratch = bench.scratch(kernel);
      assertThrows(IllegalStateException.class, () -> task.run(0, 1, scratch), "run after close");
    }
  }

  /**
   * Two threads at once, each with half of the tiles and scratch of its own, come to the same bits.
   */
  void runsOnTwoThreads(Case c) {
    try (Bench bench = new Bench(c, true);
        Arena arena = Arena.ofShared();
        Kernel kernel = contract.create(bench, Optional.empty(), 2)) {
      float[] alone = contract.runWhole(c, bench, kernel.id());
      MemorySegment other =
          arena.allocate(Math.max(64, kernel.scratchBytes()), 64).fill((byte) 0xff);
      bench.clear();
      TileTask task = bench.bind(kernel);
      int half = kernel.tiles() / 2;
      CompletableFuture<Void> second =
          CompletableFuture.runAsync(() -> task.run(half, kernel.tiles(), other));
      task.run(0, half, bench.scratch(kernel));
      second.join();
      OpContract.assertBitwise(
          kernel.id() + " on two threads, " + c.name(), alone, bench.result(c.name()));
    }
  }

  /** Image i of a batch equals, bit for bit, the result for that image alone. */
  void doesNotDependOnTheBatch(Case c, List<Integer> batched) {
    int n = (int) c.dstShape().dim(0);
    float[] together;
    try (Bench bench = new Bench(c, false);
        Kernel kernel = contract.create(bench, Optional.empty(), 1)) {
      together = contract.runWhole(c, bench, kernel.id());
    }
    int each = together.length / n;
    for (int i = 0; i < n; i++) {
      Case alone = c.image(i, batched);
      try (Bench bench = new Bench(alone, false);
          Kernel kernel = contract.create(bench, Optional.empty(), 1)) {
        float[] single = contract.runWhole(alone, bench, kernel.id());
        assertEquals(each, single.length);
        String what =
            "%s, image %d of %d of %s against that image alone"
                .formatted(kernel.id(), i, n, c.name());
        float[] expected = Arrays.copyOfRange(together, i * each, (i + 1) * each);
        OpContract.assertBitwise(what, expected, single);
      }
    }
  }
}
