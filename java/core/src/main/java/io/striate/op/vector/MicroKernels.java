package io.striate.op.vector;

import io.striate.op.vector.VectorCode.Floats;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Makes the micro-kernels: one class per width and tile of R rows by V vectors, unrolled over the
 * tile.
 *
 * <p>A tile of 24 accumulators needs 24 named variables. Writing that out for some thirty tiles and
 * three widths would be thousands of equal lines; {@link VectorCode} emits them from the loops
 * below instead. The Java that it stands for, at R = 2, V = 1:
 *
 * <pre>{@code
 * FloatVector acc00 = load(init, initAt), acc10 = load(init, initAt + initStep);
 * for (int t = firstTap; t < lastTap; t++) {
 *   long row0 = srcBase + rows[firstRow] + taps[t], row1 = srcBase + rows[firstRow + 1] + taps[t];
 *   for (int i = 0; i < run; i++) {
 *     FloatVector w0 = load(weights, weightsAt + i * 4L * LANES);
 *     acc00 = broadcast(src.get(FLOAT, row0 + i * 4L)).fma(w0, acc00);
 *     acc10 = broadcast(src.get(FLOAT, row1 + i * 4L)).fma(w0, acc10);
 *   }
 *   weightsAt += run * 4L * LANES;
 * }
 * store(acc00, dst, dstBase + dstRows[firstRow]);
 * store(acc10, dst, dstBase + dstRows[firstRow + 1]);
 * }</pre>
 *
 * <p>The depthwise variant loads a vector of channels of its row where the other spreads one
 * element; its run is one element long.
 *
 * <p>Register budget at 512 bits, 6x4: 24 accumulators + 4 weights + 1 broadcast of 32; at 256 and
 * 128 bits, 6x2: 12 + 2 + 1 of 16. One step loads V weight vectors and R broadcasts for R·V fused
 * multiply-adds: 10 loads for 24, so the FMA ports are the limit. Bounds and liveness checks of the
 * segments are loop invariant and C2 hoists them out of the inner loop. Every output is one chain
 * of fused multiply-adds, tap-major, then along the run, so its bits do not depend on the tile.
 * Measured on Zen 5 (260 GFLOP/s FMA peak per core): 6x4 93 to 97 %, 7x3 and 10x2 96 %, 12x1 82 %;
 * at 256 and 128 bits 6x2 95 % of the peak of that width. The inner loop is not unrolled by hand:
 * C2 then hoists all loads of a body and spills (57 %). These are figures of the bare kernel;
 * inside ResNet-50, with copies of the source and the row finish, layers at 56x56 run at 42 % (1x1
 * to 256 channels with residual and ReLU) to 82 % (3x3): {@code striate bench zoo:resnet50
 * --steps}.
 */
final class MicroKernels {
  private static final Map<Tile, MicroKernel> CACHE = new ConcurrentHashMap<>();

  private record Tile(Width width, int rows, int vectors, boolean depthwise) {}

  private MicroKernels() {}

  /** The kernel for tiles of this size, made at the first call. */
  static MicroKernel of(Width width, int rows, int vectors, boolean depthwise) {
    return CACHE.computeIfAbsent(new Tile(width, rows, vectors, depthwise), MicroKernels::make);
  }

  private static MicroKernel make(Tile tile) {
    MicroKernel kernel =
        VectorCode.implementForC2(
            MicroKernel.class,
            (tile.depthwise ? "Depthwise" : "MicroKernel")
                + tile.width.bits()
                + "_"
                + tile.rows
                + "x"
                + tile.vectors,
            tile.width,
            code -> emit(code, tile));
    long panel = (long) tile.vectors * tile.width.bytes();
    long weights = WarmUp.TURNS * panel;
    long[] taps = {0, 0};
    long[] rows = new long[tile.rows];
    long[] dstRows = new long[tile.rows];
    for (int r = 0; r < tile.rows; r++) {
      dstRows[r] = r * panel;
    }
    WarmUp.begin(
        weights + tile.rows * panel,
        memory ->
            kernel.run(
                memory,
                0,
                rows,
                0,
                taps,
                0,
                2,
                WarmUp.TURNS / 2,
                memory,
                0,
                memory,
                0,
                0,
                memory,
                weights,
                dstRows));
    return kernel;
  }

  private static void emit(VectorCode code, Tile tile) {
    int src = code.parameter(0);
    int srcBase = code.parameter(1);
    int rows = code.parameter(2);
    int firstRow = code.parameter(3);
    int taps = code.parameter(4);
    int firstTap = code.parameter(5);
    int lastTap = code.parameter(6);
    int run = code.parameter(7);
    int weights = code.parameter(8);
    int weightsAt = code.parameter(9);
    int init = code.parameter(10);
    int initAt = code.parameter(11);
    int initStep = code.parameter(12);
    int dst = code.parameter(13);
    int dstBase = code.parameter(14);
    int dstRows = code.parameter(15);
    int bytes = tile.width.bytes();
    int panelBytes = tile.vectors * bytes;

    Floats[][] acc = new Floats[tile.rows][tile.vectors];
    int[] row = new int[tile.rows];
    for (int r = 0; r < tile.rows; r++) {
      row[r] = code.newLong();
      for (int v = 0; v < tile.vectors; v++) {
        acc[r][v] = code.newFloats();
        code.load(init, () -> code.pushLong(initAt), v * bytes, acc[r][v]);
      }
      code.pushLong(initAt);
      code.addLong(initStep);
      code.popLong(initAt);
    }

    Floats[] w = new Floats[tile.vectors];
    for (int v = 0; v < tile.vectors; v++) {
      w[v] = code.newFloats();
    }
    Floats x = code.newFloats();
    int t = code.newInt();
    int i = code.newInt();
    Runnable step =
        () -> {
          for (int v = 0; v < tile.vectors; v++) {
            code.load(weights, () -> pushScaled(code, weightsAt, i, panelBytes), v * bytes, w[v]);
          }
          for (int r = 0; r < tile.rows; r++) {
            int from = row[r];
            Runnable at = () -> pushScaled(code, from, i, Float.BYTES);
            if (tile.depthwise) {
              code.load(src, at, 0, x);
            } else {
              code.broadcast(src, at, w[0], x);
            }
            for (int v = 0; v < tile.vectors; v++) {
              code.accumulate(acc[r][v], x, w[v]);
            }
          }
        };
    Runnable tap =
        () -> {
          for (int r = 0; r < tile.rows; r++) {
            code.pushLong(srcBase);
            code.addEntry(rows, firstRow, r);
            code.addEntry(taps, t, 0);
            code.popLong(row[r]);
          }
          code.loop(i, () -> code.pushInt(0), run, 1, step);
          pushScaled(code, weightsAt, run, panelBytes);
          code.popLong(weightsAt);
        };
    code.loop(t, () -> code.pushIntVariable(firstTap), lastTap, 1, tap);

    // Adding -0 changes no bit, and gives what is stored an exact class.
    code.seed(
        init,
        () -> {
          code.pushLong(initAt);
          code.subtractLong(initStep);
        });
    Floats zero = code.constant(-0f);
    for (int r = 0; r < tile.rows; r++) {
      for (int v = 0; v < tile.vectors; v++) {
        int at = r;
        Runnable to =
            () -> {
              code.pushLong(dstBase);
              code.addEntry(dstRows, firstRow, at);
            };
        code.store(code.add(zero, acc[r][v]), dst, to, v * bytes);
      }
    }
  }

  private static void pushScaled(VectorCode code, int base, int counter, int bytes) {
    code.pushLong(base);
    code.addScaled(counter, bytes);
  }
}
