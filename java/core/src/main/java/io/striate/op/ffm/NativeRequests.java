package io.striate.op.ffm;

import io.striate.bindings.Abi;
import io.striate.bindings.NativeParams;
import io.striate.bindings.NativeRequest;
import io.striate.bindings.NativeTensor;
import io.striate.op.Accuracy;
import io.striate.op.Activation;
import io.striate.op.AutoPad;
import io.striate.op.BatchNorm;
import io.striate.op.Binary;
import io.striate.op.Conv;
import io.striate.op.ConvPool;
import io.striate.op.ConvTranspose;
import io.striate.op.Copy;
import io.striate.op.Epilogue;
import io.striate.op.Gemm;
import io.striate.op.KernelRequest;
import io.striate.op.Lrn;
import io.striate.op.Operand;
import io.striate.op.PRelu;
import io.striate.op.Pad;
import io.striate.op.Pool;
import io.striate.op.Reduce;
import io.striate.op.Resize;
import io.striate.op.Softmax;
import io.striate.op.Unary;
import io.striate.op.Window;
import io.striate.tensor.Shape;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Translates a {@link KernelRequest} into the structs of {@code striate.h}. Differences of the two
 * contracts end here: ranks that broadcasting leaves open become equal by leading ones, an axis
 * that a reduction drops comes back with size one, a scalar becomes a vector of one element.
 */
final class NativeRequests {
  /** A request that the C ABI cannot express; the message becomes the refusal. */
  static final class Inexpressible extends Exception {
    private static final long serialVersionUID = 1L;

    Inexpressible(String message) {
      super(message, null, false, false);
    }
  }

  private NativeRequests() {}

  /**
   * The request in C terms.
   *
   * @param arena holds copies of constants that lie on the heap
   * @param kernelId the wanted kernel or null
   */
  static NativeRequest of(KernelRequest request, Arena arena, @Nullable String kernelId)
      throws Inexpressible {
    List<NativeTensor> src = new ArrayList<>();
    List<@Nullable MemorySegment> constants = new ArrayList<>();
    for (int i = 0; i < request.inputs().size(); i++) {
      Operand operand = request.inputs().get(i);
      src.add(tensor(operand.desc(), rankOf(request, i)));
      constants.add(operand.isConstant() ? constant(operand, arena) : null);
    }
    return new NativeRequest(
        op(request),
        params(request),
        src,
        constants,
        List.of(destination(request)),
        request.threads(),
        kernelId,
        accuracy(request.accuracy()));
  }

  private static int accuracy(Accuracy accuracy) {
    return switch (accuracy) {
      case STRICT -> Abi.ACCURACY_STRICT;
      case DEFAULT -> Abi.ACCURACY_DEFAULT;
      case FAST -> Abi.ACCURACY_FAST;
    };
  }

  private static int op(KernelRequest request) {
    return switch (request.op()) {
      case Conv _ -> Abi.OP_CONV;
      case ConvTranspose _ -> Abi.OP_CONV_TRANSPOSE;
      case Gemm _ -> Abi.OP_GEMM;
      case Pool _ -> Abi.OP_POOL;
      case BatchNorm _ -> Abi.OP_BATCH_NORM;
      case Lrn _ -> Abi.OP_LRN;
      case Unary _ -> Abi.OP_UNARY;
      case PRelu _ -> Abi.OP_PRELU;
      case Softmax _ -> Abi.OP_SOFTMAX;
      case Binary _ -> Abi.OP_BINARY;
      case Reduce _ -> Abi.OP_REDUCE;
      case Pad _ -> Abi.OP_PAD;
      case Resize _ -> Abi.OP_RESIZE;
      case Copy _ -> Abi.OP_COPY;
      case ConvPool _ -> Abi.OP_CONV_POOL;
    };
  }

  private static @Nullable NativeParams params(KernelRequest request) throws Inexpressible {
    Shape x = request.input(0).shape();
    return switch (request.op()) {
      case Conv o -> conv(o.groups(), o.window(), o.epilogue());
      case ConvTranspose o -> conv(o.groups(), o.window(), o.epilogue());
      case Gemm o -> new NativeParams.Gemm(o.transA(), o.transB(), epilogue(o.epilogue()));
      case Pool o -> pool(o);
      case BatchNorm o -> {
        Activation a = o.activation();
        yield new NativeParams.BatchNorm(o.epsilon(), activation(a), a.alpha(), a.beta());
      }
      case Lrn o -> new NativeParams.Lrn(o.size(), o.alpha(), o.beta(), o.k(), o.within());
      case Unary o -> {
        Activation a = o.activation();
        yield new NativeParams.Unary(activation(a), a.alpha(), a.beta());
      }
      case PRelu _ -> null;
      case Softmax o -> new NativeParams.Softmax(x.axis(o.axis()), o.log());
      case Binary o -> {
        Activation a = o.activation();
        yield new NativeParams.Binary(binary(o.kind()), activation(a), a.alpha(), a.beta());
      }
      case Reduce o -> new NativeParams.Reduce(reduce(o.kind()), o.mask(x));
      case Pad o -> new NativeParams.Pad(pad(o.mode()), o.value(), longs(o.begin()));
      case Resize o ->
          new NativeParams.Resize(
              switch (o.mode()) {
                case NEAREST -> Abi.RESIZE_NEAREST;
                case LINEAR -> Abi.RESIZE_LINEAR;
              },
              coordinates(o.coordinates()),
              nearest(o.nearest()),
              scales(o.scalesFor(x)));
      case Copy _ -> null;
      case ConvPool o -> {
        Conv c = o.conv();
        yield new NativeParams.ConvPool(conv(c.groups(), c.window(), c.epilogue()), pool(o.pool()));
      }
    };
  }

  private static NativeParams.Conv conv(int groups, Window window, Epilogue epilogue)
      throws Inexpressible {
    return new NativeParams.Conv(groups, window(window), epilogue(epilogue));
  }

  private static NativeParams.Pool pool(Pool o) throws Inexpressible {
    return new NativeParams.Pool(pool(o.kind()), o.p(), window(o.window()));
  }

  private static NativeParams.Window window(Window w) throws Inexpressible {
    if (w.autoPad() != AutoPad.EXPLICIT) {
      throw new Inexpressible(
          "padding is " + w.autoPad() + "; resolve it to explicit amounts first (Window.resolve)");
    }
    return new NativeParams.Window(
        longs(w.kernel()),
        longs(w.stride()),
        longs(w.dilation()),
        longs(w.padBegin()),
        longs(w.padEnd()));
  }

  private static NativeParams.Epilogue epilogue(Epilogue e) {
    Activation a = e.activation();
    return new NativeParams.Epilogue(
        e.hasBias(), e.hasResidual(), activation(a), a.alpha(), a.beta());
  }

  private static int activation(Activation a) {
    return switch (a.kind()) {
      case NONE -> Abi.ACT_NONE;
      case RELU -> Abi.ACT_RELU;
      case LEAKY_RELU -> Abi.ACT_LEAKY_RELU;
      case ELU -> Abi.ACT_ELU;
      case SELU -> Abi.ACT_SELU;
      case SIGMOID -> Abi.ACT_SIGMOID;
      case TANH -> Abi.ACT_TANH;
      case SCALED_TANH -> Abi.ACT_SCALED_TANH;
      case HARD_SIGMOID -> Abi.ACT_HARD_SIGMOID;
      case HARD_SWISH -> Abi.ACT_HARD_SWISH;
      case GELU -> Abi.ACT_GELU;
      case GELU_TANH -> Abi.ACT_GELU_TANH;
      case SILU -> Abi.ACT_SILU;
      case CLIP -> Abi.ACT_CLIP;
    };
  }

  private static int pool(Pool.Kind kind) {
    return switch (kind) {
      case MAX -> Abi.POOL_MAX;
      case AVERAGE_INCLUDE_PAD -> Abi.POOL_AVERAGE_INCLUDE_PAD;
      case AVERAGE_EXCLUDE_PAD -> Abi.POOL_AVERAGE_EXCLUDE_PAD;
      case LP -> Abi.POOL_LP;
      case WEIGHTED -> Abi.POOL_WEIGHTED;
    };
  }

  private static int binary(Binary.Kind kind) {
    return switch (kind) {
      case ADD -> Abi.BINARY_ADD;
      case SUB -> Abi.BINARY_SUB;
      case MUL -> Abi.BINARY_MUL;
      case DIV -> Abi.BINARY_DIV;
    };
  }

  private static int reduce(Reduce.Kind kind) {
    return switch (kind) {
      case SUM -> Abi.REDUCE_SUM;
      case MEAN -> Abi.REDUCE_MEAN;
      case MAX -> Abi.REDUCE_MAX;
    };
  }

  private static int pad(Pad.Mode mode) {
    return switch (mode) {
      case CONSTANT -> Abi.PAD_CONSTANT;
      case REFLECT -> Abi.PAD_REFLECT;
      case EDGE -> Abi.PAD_EDGE;
    };
  }

  private static int coordinates(Resize.Coordinates coordinates) {
    return switch (coordinates) {
      case HALF_PIXEL -> Abi.RESIZE_HALF_PIXEL;
      case PYTORCH_HALF_PIXEL -> Abi.RESIZE_PYTORCH_HALF_PIXEL;
      case ALIGN_CORNERS -> Abi.RESIZE_ALIGN_CORNERS;
      case ASYMMETRIC -> Abi.RESIZE_ASYMMETRIC;
    };
  }

  private static int nearest(Resize.Nearest nearest) {
    return switch (nearest) {
      case ROUND_PREFER_FLOOR -> Abi.RESIZE_ROUND_PREFER_FLOOR;
      case ROUND_PREFER_CEIL -> Abi.RESIZE_ROUND_PREFER_CEIL;
      case FLOOR -> Abi.RESIZE_FLOOR;
      case CEIL -> Abi.RESIZE_CEIL;
    };
  }

  /** Batch and channels keep their size. */
  private static float[] scales(float[] spatial) {
    float[] scales = new float[spatial.length + 2];
    scales[0] = 1;
    scales[1] = 1;
    System.arraycopy(spatial, 0, scales, 2, spatial.length);
    return scales;
  }

  /** The rank that the C contract wants an operand to have. */
  private static int rankOf(KernelRequest request, int operand) {
    return switch (request.op()) {
      case Binary _ -> Math.max(1, request.output().shape().rank());
      case PRelu _ -> Math.max(1, request.output().shape().rank());
      default -> request.input(operand).shape().rank();
    };
  }

  private static NativeTensor destination(KernelRequest request) throws Inexpressible {
    TensorDesc output = request.output();
    if (!(request.op() instanceof Reduce reduce) || reduce.keepDims()) {
      return tensor(output, output.shape().rank());
    }
    Shape x = request.input(0).shape();
    int mask = reduce.mask(x);
    long[] dims = new long[x.rank()];
    long[] strides = new long[x.rank()];
    int kept = 0;
    for (int i = 0; i < dims.length; i++) {
      boolean reduced = (mask >> i & 1) != 0;
      dims[i] = reduced ? 1 : output.shape().dim(kept);
      strides[i] = reduced ? 1 : output.layout().stride(kept);
      kept += reduced ? 0 : 1;
    }
    requireRank(dims.length);
    return new NativeTensor(output.dtype().code(), dims, strides);
  }

  /** A tensor, with leading dimensions of one up to {@code rank}. */
  private static NativeTensor tensor(TensorDesc desc, int rank) throws Inexpressible {
    int own = desc.shape().rank();
    int total = Math.max(1, Math.max(own, rank));
    requireRank(total);
    long[] dims = new long[total];
    long[] strides = new long[total];
    Arrays.fill(dims, 1);
    Arrays.fill(strides, 1);
    for (int i = 0; i < own; i++) {
      dims[total - own + i] = desc.shape().dim(i);
      strides[total - own + i] = desc.layout().stride(i);
    }
    return new NativeTensor(desc.dtype().code(), dims, strides);
  }

  private static void requireRank(int rank) throws Inexpressible {
    if (rank > Abi.MAX_RANK) {
      throw new Inexpressible(
          "rank " + rank + " is above " + Abi.MAX_RANK + ", the most that striate.h describes");
    }
  }

  private static MemorySegment constant(Operand operand, Arena arena) {
    if (operand.constant().isEmpty()) {
      return arena.allocate(1); // to be restored: says that it is a constant, and is not read
    }
    MemorySegment data = operand.constant().get();
    if (!data.isNative()) {
      data = arena.allocate(data.byteSize(), 64).copyFrom(data);
    }
    return data.asSlice(offsetBytes(operand.desc()));
  }

  /** Bytes from the start of a tensor's memory to its element 0. */
  static long offsetBytes(TensorDesc desc) {
    return desc.layout().offset() * desc.dtype().bytes();
  }

  private static long[] longs(List<? extends Number> values) {
    long[] array = new long[values.size()];
    for (int i = 0; i < array.length; i++) {
      array[i] = values.get(i).longValue();
    }
    return array;
  }
}
