package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Extent;
import io.striate.op.vector.VectorCode.Floats;
import java.lang.foreign.MemorySegment;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.IntStream;

/**
 * Makes the micro-kernels: one class per width, tile of R rows by V vectors, and epilogue, unrolled
 * over the tile.
 *
 * <p>A tile of 24 accumulators needs 24 named variables. Writing that out for some thirty tiles and
 * three widths would be thousands of equal lines; {@link VectorCode} emits them from the loops
 * below instead. The Java that it stands for, at R = 2, V = 1:
 *
 * <pre>{@code
 * for (int slot = firstSlot; slot < endSlot; slot += 2) {
 *   int row = min(slot, lastRow);
 *   long from = initAt + slot * initStep, w = weightsAt;
 *   FloatVector acc00 = load(init, from), acc10 = load(init, from + initStep);
 *   for (int t = firstTap; t < lastTap; t++) {
 *     long row0 = srcBase + rows[row] + taps[t], row1 = srcBase + rows[row + 1] + taps[t], at = 0;
 *     do {
 *       FloatVector w0 = load(weights, w);
 *       acc00 = broadcast(src.get(FLOAT, row0 + at)).fma(w0, acc00);
 *       acc10 = broadcast(src.get(FLOAT, row1 + at)).fma(w0, acc10);
 *       w += 4 * LANES;
 *       at += 4;
 *     } while (at != run);
 *   }
 *   store(activation(acc00 + load(residual, residualBase + residualRows[row])), dst, ...);
 *   store(activation(acc10 + load(residual, residualBase + residualRows[row + 1])), dst, ...);
 * }
 * }</pre>
 *
 * <p>Register budget at 512 bits, 6x4: 24 accumulators + 4 weights + 1 broadcast of 32; at 256 and
 * 128 bits, 3x3: 9 + 3 + 3 of 16, since C2 loads all three elements first ({@link Width}). One step
 * loads V weight vectors and R broadcasts for R·V fused multiply-adds: 10 loads for 24, or 6 for 9,
 * so the FMA ports are the limit. Every output is one chain of fused multiply-adds, tap-major, then
 * along the run, so its bits do not depend on the tile.
 *
 * <p>The inner loop ends on {@code !=} with a step of 4, which C2 does not take for a counted loop.
 * Of a counted one it makes a nest of loops with copies for the range checks (they are of type
 * long), deoptimises some times before it settles, spills a third of the accumulators now and then
 * (half the speed, differently in every JVM), and unrolls small tiles until they spill too.
 *
 * <p>Where native access is allowed, bounds are checked once: those of the weights for a tile,
 * those of a row for the run of a tap. The inner loop then reads {@link
 * io.striate.base.Memory#whole}, whose checks fold away, and takes two steps between safepoints,
 * with the test for the end as the border that keeps C2 from moving the loads of the second into
 * the first, where registers would not last (without it: spills, 15 % slower than a step at a time;
 * with four steps C2 runs out of nodes and boxes). Elsewhere ten checks, and ten additions of the
 * segment's address, stay in the loop: free on Zen 4, which multiplies 512 bits once a cycle, not
 * on cores with two such units that issue six operations a cycle. Intel Xeon (AMX, 2 MB of L2), one
 * thread, old and new in turns, ms: ResNet-50 66.4 and 58.5, VGG-16 175.9 and 161.5, GoogLeNet 22.3
 * and 18.4, MobileNet-v2 7.2 and 6.0 ({@code striate bench zoo:NAME -s vector -t 1}).
 *
 * <p>Expected share of FMA peak, Zen 4, 512 bits, one thread: 1x1 layers of ResNet-50 89 to 98 %
 * (64 to 256 channels at 56x56 89 %, where results go to memory): {@code striate compare --models
 * none}. Zen 5 and 3x3 layers: ADR 3. Zen 3, 256 bits: 87 to 95 % from L1; before, with tiles of
 * 6x2 that spilled, 40 % ({@code striate bench zoo:NAME -s vector -t 1}, ms, before and after:
 * ResNet-50 201 and 87, VGG-16 540 and 175, GoogLeNet 103 and 27, AlexNet 48 and 21).
 */
final class MicroKernels {
  private static final Map<TileVariant, MicroKernel> CACHE = new ConcurrentHashMap<>();

  private MicroKernels() {}

  /** The kernel, made at the first call. */
  static MicroKernel of(TileVariant variant) {
    return CACHE.computeIfAbsent(variant, MicroKernels::make);
  }

  private static MicroKernel make(TileVariant tile) {
    MicroKernel kernel =
        KernelClass.implement(
            MicroKernel.class,
            tile.className(),
            tile.width(),
            code -> new Emitter(code, tile).emit());
    long panel = (long) tile.vectors() * tile.width().bytes();
    long weights = WarmUp.TURNS * panel;
    int slots = 2 * tile.rows();
    int steps = WarmUp.TURNS / 4; // of two tiles, over two taps
    long[] taps = new long[steps];
    long[] rows = new long[slots];
    long[] dstRows = new long[slots];
    for (int r = 0; r < slots; r++) {
      dstRows[r] = r * panel;
    }
    WarmUp.begin(
        weights + slots * panel,
        memory -> warm(kernel, memory, tile, slots, 2, 4L * steps, weights, rows, taps, dstRows),
        memory -> warm(kernel, memory, tile, slots / 2, 1, 4, weights, rows, taps, dstRows));
    return kernel;
  }

  /** A small problem of this many slots, taps and bytes of a run. */
  private static void warm(
      MicroKernel kernel,
      MemorySegment memory,
      TileVariant tile,
      int slots,
      int lastTap,
      long run,
      long dst,
      long[] rows,
      long[] taps,
      long[] dstRows) {
    kernel.run(
        memory,
        0,
        rows,
        0,
        slots,
        slots - tile.rows(),
        taps,
        0,
        lastTap,
        run,
        memory,
        0,
        memory,
        0,
        0,
        memory,
        dst,
        dstRows,
        0,
        memory,
        0,
        rows,
        0,
        0);
  }

  private static final class Emitter {
    private final VectorCode code;
    private final TileVariant tile;
    private final int bytes;
    private final int src;
    private final int srcBase;
    private final int rows;
    private final int firstSlot;
    private final int endSlot;
    private final int lastRow;
    private final int taps;
    private final int firstTap;
    private final int lastTap;
    private final int run;
    private final int weights;
    private final int weightsAt;
    private final int init;
    private final int initAt;
    private final int initStep;
    private final int dst;
    private final int dstBase;
    private final int dstRows;
    private final int lastBack;
    private final int residual;
    private final int residualBase;
    private final int residualRows;
    private final int alpha;
    private final int beta;
    private final int slot;
    private final int row;
    private final int w;
    private final int at;
    private final Extent srcExtent;
    private final Extent weightsExtent;
    private final int[] rowAt;
    private final Floats[][] acc;
    private final Floats[] weight;
    private final Floats x;
    private final WeightsAhead ahead;

    Emitter(VectorCode code, TileVariant tile) {
      this.code = code;
      this.tile = tile;
      bytes = tile.width().bytes();
      int p = 0;
      src = code.parameter(p++);
      srcBase = code.parameter(p++);
      rows = code.parameter(p++);
      firstSlot = code.parameter(p++);
      endSlot = code.parameter(p++);
      lastRow = code.parameter(p++);
      taps = code.parameter(p++);
      firstTap = code.parameter(p++);
      lastTap = code.parameter(p++);
      run = code.parameter(p++);
      weights = code.parameter(p++);
      weightsAt = code.parameter(p++);
      init = code.parameter(p++);
      initAt = code.parameter(p++);
      initStep = code.parameter(p++);
      dst = code.parameter(p++);
      dstBase = code.parameter(p++);
      dstRows = code.parameter(p++);
      lastBack = code.parameter(p++);
      residual = code.parameter(p++);
      residualBase = code.parameter(p++);
      residualRows = code.parameter(p++);
      alpha = code.parameter(p++);
      beta = code.parameter(p);
      slot = code.newInt();
      row = code.newInt();
      w = code.newLong();
      at = code.newLong();
      srcExtent = code.newExtent();
      weightsExtent = code.newExtent();
      rowAt = IntStream.range(0, tile.rows()).map(r -> code.newLong()).toArray();
      weight = code.newFloats(tile.vectors());
      acc = new Floats[tile.rows()][];
      for (int r = 0; r < acc.length; r++) {
        acc[r] = code.newFloats(tile.vectors());
      }
      x = code.newFloats();
      ahead = new WeightsAhead(code);
    }

    void emit() {
      if (tile.hoisted()) {
        code.measure(src, srcExtent);
        code.measure(weights, weightsExtent);
      }
      if (tile.looksAhead()) {
        lookAhead();
      }
      code.loop(slot, () -> code.pushIntVariable(firstSlot), endSlot, tile.rows(), this::tile);
      if (tile.looksAhead()) {
        ahead.pushRead();
      } else {
        code.pushInt(0);
      }
    }

    /** Tiles before these may have had a row more. */
    private void lookAhead() {
      int panelBytes = code.newLong();
      int taps = code.newLong();
      int runs = code.newLong();
      int done = code.newLong();
      code.span(firstTap, lastTap, run, tile.vectors() * tile.width().lanes(), panelBytes);
      code.setLong(taps, 1);
      code.span(firstTap, lastTap, taps, 1, taps);
      code.tiles(lastRow, tile.rows(), 1, taps, runs);
      code.tiles(firstSlot, tile.rows() + 1, 0, taps, done);
      ahead.begin(weightsExtent, weightsAt, panelBytes, run, runs, done);
    }

    private void tile() {
      code.minimum(slot, lastRow, row);
      int from = code.newLong();
      code.pushLong(initAt);
      code.addProduct(slot, initStep);
      code.popLong(from);
      int seedAt = code.newLong();
      code.copyLong(from, seedAt);
      for (Floats[] vectors : acc) {
        for (int v = 0; v < vectors.length; v++) {
          code.load(init, () -> code.pushLong(from), v * bytes, vectors[v]);
          code.exact(vectors[v]);
        }
        code.advance(from, initStep);
      }
      code.copyLong(weightsAt, w);
      if (tile.depthwise()) {
        depthwiseSums();
      } else {
        sums();
      }
      code.seed(init, () -> code.pushLong(seedAt));
      if (acc.length == 1) { // what step() spares one row
        for (Floats sum : acc[0]) {
          code.exact(sum);
        }
      }
      if (tile.finishes()) {
        finish();
      } else {
        int to = code.newLong();
        code.pushLong(dstBase);
        code.addScaled(slot, tile.vectors() * bytes);
        code.popLong(to);
        for (int r = 0; r < acc.length; r++) {
          for (int v = 0; v < acc[r].length; v++) {
            int at = (r * acc[r].length + v) * bytes;
            code.store(acc[r][v], dst, () -> code.pushLong(to), at);
          }
        }
      }
    }

    private void sums() {
      int t = code.newInt();
      int from = tile.hoisted() ? code.wholeMemory() : src;
      int panel = tile.hoisted() ? from : weights;
      if (tile.hoisted()) {
        int panelBytes = code.newLong();
        code.span(firstTap, lastTap, run, tile.vectors() * tile.width().lanes(), panelBytes);
        code.open(weightsExtent, w, panelBytes);
      }
      Runnable step =
          () -> {
            if (tile.hoisted()) {
              code.narrow(at);
              code.narrow(w);
            }
            if (tile.looksAhead()) {
              ahead.touch(from, at);
            }
            step(from, panel);
          };
      Runnable tap =
          () -> {
            for (int r = 0; r < acc.length; r++) {
              code.pushLong(srcBase);
              code.addEntry(rows, row, r);
              code.addEntry(taps, t, 0);
              code.popLong(rowAt[r]);
              if (tile.hoisted()) {
                code.open(srcExtent, rowAt[r], run);
              }
            }
            if (tile.looksAhead()) {
              ahead.beginRun(run);
            }
            code.setLong(at, 0);
            code.untilEqual(at, run, step, () -> step(from, panel));
          };
      code.loop(t, () -> code.pushIntVariable(firstTap), lastTap, 1, tap);
    }

    /** The products of one element of the run. */
    private void step(int from, int panel) {
      loadWeights(panel);
      for (int r = 0; r < acc.length; r++) {
        int row = rowAt[r];
        Runnable address =
            () -> {
              code.pushLong(row);
              code.addLong(at);
            };
        code.broadcast(from, address, weight[0], x);
        for (int v = 0; v < weight.length; v++) {
          code.accumulate(acc[r][v], x, weight[v]);
          if (acc.length > 1) { // one row is short enough, and would lose a tenth
            code.exact(acc[r][v]);
          }
        }
      }
      code.advanceBy(at, Float.BYTES);
    }

    /** The run of a tap is one element: the taps are the inner loop, four bytes of at for each. */
    private void depthwiseSums() {
      for (int r = 0; r < acc.length; r++) {
        code.pushLong(srcBase);
        code.addEntry(rows, row, r);
        code.popLong(rowAt[r]);
      }
      int tap = code.newLong();
      code.setLong(at, 0);
      Runnable step =
          () -> {
            code.pushEntryAt(taps, firstTap, at);
            code.popLong(tap);
            loadWeights(weights);
            for (int r = 0; r < acc.length; r++) {
              int from = code.newLong();
              code.copyLong(rowAt[r], from);
              code.advance(from, tap);
              for (int v = 0; v < weight.length; v++) {
                code.load(src, () -> code.pushLong(from), v * bytes, x);
                code.accumulate(acc[r][v], x, weight[v]);
              }
            }
            code.advanceBy(at, Float.BYTES);
          };
      code.untilEqual(at, run, step);
    }

    private void loadWeights(int from) {
      for (int v = 0; v < weight.length; v++) {
        code.load(from, () -> code.pushLong(w), v * bytes, weight[v]);
      }
      code.advanceBy(w, (long) tile.vectors() * bytes);
    }

    /**
     * Stores the sums as they are, told exact, where nothing is added: an addition of -0 before,
     * for the sake of its class, left the box of one sum per tile in a quarter of all processes.
     */
    private void finish() {
      VectorMath math = new VectorMath(code);
      Floats first = code.variable(alpha);
      Floats second = code.variable(beta);
      for (int r = 0; r < acc.length; r++) {
        int to = code.newLong();
        code.pushLong(dstBase);
        code.addEntry(dstRows, row, r);
        code.popLong(to);
        int from = code.newLong();
        if (tile.adds()) {
          code.pushLong(residualBase);
          code.addEntry(residualRows, row, r);
          code.popLong(from);
        }
        for (int v = 0; v < acc[r].length; v++) {
          if (v == acc[r].length - 1) {
            code.retreat(to, lastBack);
            if (tile.adds()) {
              code.retreat(from, lastBack);
            }
          }
          Floats sum = acc[r][v];
          if (tile.adds()) {
            Floats other = code.newFloats();
            code.load(residual, () -> code.pushLong(from), v * bytes, other);
            sum = code.add(other, sum);
          }
          code.exact(sum);
          Floats result = math.apply(tile.kind(), sum, first, second);
          code.store(result, dst, () -> code.pushLong(to), v * bytes);
        }
      }
    }
  }
}
