package io.striate.op.ffm;

import io.striate.StriateException;
import io.striate.bindings.Abi;
import io.striate.bindings.CallArena;
import io.striate.bindings.LoadResult;
import io.striate.bindings.NativeContext;
import io.striate.bindings.NativeException;
import io.striate.bindings.NativeLibrary;
import io.striate.op.Kernel;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Provider;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The kernels of a library that implements {@code striate.h}: {@code cpu} is Striate's own, {@code
 * onednn} the adapter to oneDNN. The library is loaded when the provider is first asked something,
 * and stays.
 */
public final class FfmProvider implements Provider {
  private static final FfmProvider CPU =
      new FfmProvider("cpu", () -> NativeLibrary.load(NativeLibrary.STRIATE), Abi.ISA_ANY);
  private static final FfmProvider ONEDNN =
      new FfmProvider("onednn", () -> NativeLibrary.load(NativeLibrary.ONEDNN), Abi.ISA_ANY);

  private final String name;
  private final Supplier<LoadResult> source;
  private final int maxIsa;
  private @Nullable State state;

  /** What loading came to. */
  private sealed interface State {
    record Ready(NativeContext context) implements State {}

    record Absent(String reason) implements State {}
  }

  private FfmProvider(String name, Supplier<LoadResult> source, int maxIsa) {
    this.name = name;
    this.source = source;
    this.maxIsa = maxIsa;
  }

  /** Striate's own kernels, on the best instruction set that CPU and STRIATE_MAX_ISA allow. */
  public static FfmProvider cpu() {
    return CPU;
  }

  /** oneDNN. */
  public static FfmProvider onednn() {
    return ONEDNN;
  }

  /**
   * Striate's own kernels on an instruction set chosen here: for tests and comparisons.
   *
   * @param maxIsa {@code portable}, {@code avx2} or {@code avx512}
   */
  public static FfmProvider cpu(String maxIsa) {
    int isa =
        switch (maxIsa) {
          case "portable" -> Abi.ISA_PORTABLE;
          case "avx2" -> Abi.ISA_AVX2;
          case "avx512" -> Abi.ISA_AVX512;
          default ->
              throw new IllegalArgumentException(
                  "\"" + maxIsa + "\" is no instruction set; choose portable, avx2 or avx512");
        };
    return new FfmProvider("cpu", () -> NativeLibrary.load(NativeLibrary.STRIATE), isa);
  }

  /** A provider over any library, for tests. */
  static FfmProvider of(String name, LoadResult library) {
    return new FfmProvider(name, () -> library, Abi.ISA_ANY);
  }

  private synchronized State state() {
    State known = state;
    if (known == null) {
      known =
          switch (source.get()) {
            case LoadResult.Unavailable missing -> new State.Absent(missing.message());
            case LoadResult.Loaded loaded -> open(loaded.library());
          };
      state = known;
    }
    return known;
  }

  private State open(NativeLibrary library) {
    try {
      return new State.Ready(library.createContext(maxIsa));
    } catch (NativeException e) {
      return new State.Absent(String.valueOf(e.getMessage()));
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public Optional<String> unavailable() {
    return state() instanceof State.Absent absent ? Optional.of(absent.reason()) : Optional.empty();
  }

  @Override
  public String describe() {
    return switch (state()) {
      case State.Ready ready ->
          ready.context().library().describe() + ", running " + isaName(ready.context().isa());
      case State.Absent absent -> "unavailable: " + absent.reason();
    };
  }

  private static String isaName(int isa) {
    return switch (isa) {
      case Abi.ISA_PORTABLE -> "portable";
      case Abi.ISA_AVX2 -> "avx2";
      case Abi.ISA_AVX512 -> "avx512";
      default -> "isa " + isa;
    };
  }

  @Override
  public Offer offer(KernelRequest request) {
    return switch (state()) {
      case State.Absent absent -> new Offer.Refused(absent.reason());
      case State.Ready ready -> offer(ready.context(), request);
    };
  }

  private Offer offer(NativeContext context, KernelRequest request) {
    List<String> lines;
    try (Arena arena = new CallArena()) {
      lines = context.kernels(NativeRequests.of(request, arena, null));
    } catch (NativeRequests.Inexpressible | NativeException e) {
      return new Offer.Refused(name + ": " + e.getMessage());
    }
    List<Offer.Candidate> candidates = new ArrayList<>();
    List<String> refusals = new ArrayList<>();
    List<String> slower = new ArrayList<>();
    for (String line : lines) {
      if (line.startsWith("-")) {
        refusals.add(line.substring(1));
        continue;
      }
      int reason = line.indexOf(": ");
      String id = reason < 0 ? line : line.substring(0, reason);
      if (reason >= 0) {
        slower.add(line);
      }
      if (request.kernelId().isEmpty() || request.kernelId().get().equals(id)) {
        candidates.add(new Offer.Candidate(id, () -> create(context, request, id)));
      }
    }
    if (!candidates.isEmpty()) {
      slower.addAll(refusals);
      return new Offer.Accepted(candidates, slower);
    }
    if (request.kernelId().isPresent()) {
      return new Offer.Refused(
          name + " has no kernel " + request.kernelId().get() + " for this; it has " + lines);
    }
    return new Offer.Refused(
        refusals.isEmpty()
            ? name + " has no kernel for " + request.op().type()
            : String.join("; ", refusals));
  }

  private static Kernel create(NativeContext context, KernelRequest request, String id) {
    try (Arena arena = new CallArena()) {
      return new FfmKernel(request, context.createKernel(NativeRequests.of(request, arena, id)));
    } catch (NativeRequests.Inexpressible | NativeException e) {
      throw new StriateException(id + " cannot be created: " + e.getMessage(), e);
    }
  }

  @Override
  public Kernel restore(KernelRequest request, MemorySegment copy) {
    String id = request.kernelId().orElseThrow();
    try (Arena arena = new CallArena()) {
      return new FfmKernel(
          request, context().restoreKernel(NativeRequests.of(request, arena, id), copy));
    } catch (NativeRequests.Inexpressible | NativeException e) {
      throw new StriateException(id + " cannot be restored: " + e.getMessage(), e);
    }
  }

  @Override
  public MemorySegment copyMemory(long bytes, Arena arena) {
    try {
      return context().library().allocate(bytes, arena);
    } catch (NativeException e) {
      throw new StriateException("no memory for packed weights: " + e.getMessage(), e);
    }
  }

  /** The library's description, size and time: packing may change with every build. */
  @Override
  public String copyFormat() {
    Path file = context().library().path();
    try {
      return describe() + ", " + Files.size(file) + ", " + Files.getLastModifiedTime(file);
    } catch (IOException e) {
      throw new StriateException("the library " + file + " is gone: " + e, e);
    }
  }

  private NativeContext context() {
    return switch (state()) {
      case State.Ready ready -> ready.context();
      case State.Absent absent -> throw new StriateException(name + ": " + absent.reason());
    };
  }

  @Override
  public String toString() {
    return name;
  }
}
