package io.striate.op.vector;

import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;

import io.striate.base.CacheSizes;
import io.striate.op.vector.VectorCode.Extent;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * The part of a micro-kernel that reads the weights after its own into L2 while it multiplies. Java
 * has no prefetch instruction, but a load whose value nobody waits for comes close to one.
 *
 * <p>Nothing after a load retires before it, so that a core soon has no room for more instructions;
 * memory takes three times as long as that room lasts. What is touched must be on its way already.
 * So the weights to come are cut into {@value #STREAMS} stretches, every two steps of the product
 * touch a line of another stretch, and each goes on line by line: slow streams, each in a page of
 * its own, which the hardware prefetcher of L2 has fetched when their turn comes. Tiles that read
 * their own weights from memory are one stream with a line every three cycles, which it cannot keep
 * up with. Where there are more lines than turns, two are touched at once, of twice as many
 * stretches.
 *
 * <p>Two steps have two loads and some ten scalar operations for it, beside the 48 multiply-adds of
 * a 6x4 tile: 2 to 4 % of a core that issues six operations per cycle. Hence only where weights are
 * used by few rows ({@link #pays}). Intel Xeon (AMX, L2 of 2 MB, 17 GB/s from memory), in
 * ResNet-50, one thread, without and with, ms: 512 channels to 2048 at 7x7 0.95 and 0.76, 1024 to
 * 2048 2.5 and 1.9, 3x3 of 512 channels at 7x7 2.2 and 1.7, F(4x4,3x3) of 256 channels 1.35 and
 * 1.24 ({@code striate bench zoo:resnet50 -s vector -t 1 --steps}; ADR 15). Where it reads:
 * WeightsAheadTest; bits and bounds: MicroKernelsTest.
 */
final class WeightsAhead {
  private static final int STREAMS = 8;
  private static final int LINE = 64;

  /** Of a page: two streams in one are none to the prefetcher. */
  private static final int LEAST_STRETCH = 4096;

  private static final int MOST_ROWS = 256;

  /** More than any panel, and so few that C2 sees that no sum overflows. */
  private static final long MOST_BYTES = (1 << 30) - 1;

  private final VectorCode code;
  private final int next;
  private final int stride;
  private final int second;
  private final int line;
  private final int lastLine;
  private final int base;
  private final int read;

  WeightsAhead(VectorCode code) {
    this.code = code;
    next = code.newLong();
    stride = code.newLong();
    second = code.newLong();
    line = code.newLong();
    lastLine = code.newLong();
    base = code.newLong();
    read = code.newInt();
  }

  /**
   * Whether it is worth while for panels of this size that so many rows use before the next panel,
   * which lies after it in memory: where L2 has room for two panels beside all else.
   */
  static boolean pays(long panelBytes, int rows) {
    return panelBytes >= STREAMS * LEAST_STRETCH && rows <= MOST_ROWS && CacheSizes.hasLargeL2();
  }

  /** Stretches of a panel, for so many runs of {@code run} bytes of source. */
  private static long streams(long bytes, long run, long runs) {
    long turns = run / (2 * Float.BYTES) * runs;
    boolean two = bytes > LINE * turns && bytes >= 2L * STREAMS * LEAST_STRETCH;
    return two ? 2 * STREAMS : STREAMS;
  }

  /**
   * Bytes from one stretch to the next, an odd number of lines, so that they do not meet in one set
   * of a cache; 0 if a stretch would be shorter than a run.
   */
  static long stride(long bytes, long run, long runs) {
    long lines = (bytes / LINE / streams(bytes, run, runs) - 1) | 1;
    return bytes > MOST_BYTES || LINE * lines < roundUp(run) ? 0 : LINE * lines;
  }

  /** Bytes from the first line that a turn touches to the second. */
  static long second(long bytes, long run, long runs) {
    boolean two = streams(bytes, run, runs) > STREAMS;
    return two ? STREAMS * stride(bytes, run, runs) : 0;
  }

  /** Where the last run begins in a stretch. */
  static long lastLine(long bytes, long run, long runs) {
    return Math.max(0, stride(bytes, run, runs) - roundUp(run));
  }

  private static long roundUp(long run) {
    return (run + LINE - 1) & -LINE;
  }

  /**
   * Begins with what follows the {@code bytes} bytes at {@code weightsAt}, as much; after the last
   * of the segment with its end. All are slots of longs.
   *
   * @param run bytes of source
   * @param runs of all tiles of the panel
   * @param done runs of the tiles before these
   */
  void begin(Extent weights, int weightsAt, int bytes, int run, int runs, int done) {
    CodeBuilder b = code.code;
    b.lload(weightsAt).lload(bytes).ladd();
    b.lload(weights.bytes()).lload(bytes).lsub();
    minimum();
    b.lstore(next);
    code.open(weights, next, bytes);
    call("stride", bytes, run, runs, stride);
    call("second", bytes, run, runs, second);
    call("lastLine", bytes, run, runs, lastLine);
    b.lload(done);
    pushRoundedUp(run);
    b.lmul().lstore(line);
    b.iconst_0().istore(read);
  }

  /** {@code to = } what one of the methods above says. */
  private void call(String name, int bytes, int run, int runs, int to) {
    MethodTypeDesc type = MethodTypeDesc.of(CD_long, CD_long, CD_long, CD_long);
    code.code
        .lload(bytes)
        .lload(run)
        .lload(runs)
        .invokestatic(ScalarCode.desc(WeightsAhead.class), name, type)
        .loadConstant(MOST_BYTES)
        .land()
        .lstore(to);
  }

  private void pushRoundedUp(int run) {
    code.code.lload(run).loadConstant(LINE - 1L).ladd().loadConstant((long) -LINE).land();
  }

  /** Replaces two longs on the stack by the smaller one. */
  private void minimum() {
    code.code.invokestatic(
        ScalarCode.desc(Math.class), "min", MethodTypeDesc.of(CD_long, CD_long, CD_long));
  }

  /** Before a run. */
  void beginRun(int run) {
    CodeBuilder b = code.code;
    b.lload(line).lload(lastLine);
    minimum();
    b.lload(next).ladd().lstore(base);
    code.narrow(base);
    b.lload(line);
    pushRoundedUp(run);
    b.ladd().lstore(line);
  }

  /** A turn before two steps from byte {@code at} of a run on. */
  void touch(int wholeMemory, int at) {
    CodeBuilder b = code.code;
    int from = code.newLong();
    b.lload(at).loadConstant(Integer.numberOfTrailingZeros(2 * Float.BYTES)).lshr();
    b.loadConstant(STREAMS - 1L).land().lload(stride).lmul();
    b.lload(at).loadConstant((long) -LINE).land().ladd();
    b.lload(base).ladd().lstore(from);
    b.iload(read);
    add(wholeMemory, () -> b.lload(from));
    add(wholeMemory, () -> b.lload(from).lload(second).ladd());
    b.istore(read);
  }

  /** Adds what lies at an address to the int on the stack. */
  private void add(int wholeMemory, Runnable address) {
    CodeBuilder b = code.code;
    b.aload(wholeMemory)
        .getstatic(
            ScalarCode.desc(ValueLayout.class),
            "JAVA_INT_UNALIGNED",
            ScalarCode.desc(ValueLayout.OfInt.class));
    address.run();
    b.invokeinterface(
            ScalarCode.desc(MemorySegment.class),
            "get",
            MethodTypeDesc.of(CD_int, ScalarCode.desc(ValueLayout.OfInt.class), CD_long))
        .iadd();
  }

  /** Pushes an int that depends on all that was touched, so that no load is left out. */
  void pushRead() {
    code.pushIntVariable(read);
  }
}
