package io.striate.bench;

import io.striate.exec.Strategies;
import io.striate.op.Accuracy;
import io.striate.op.Conv;
import io.striate.op.ConvTranspose;
import io.striate.op.Kernel;
import io.striate.op.KernelOp;
import io.striate.op.KernelRequest;
import io.striate.op.Offer;
import io.striate.op.Operand;
import io.striate.op.Provider;
import io.striate.tensor.Layout;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import io.striate.tensor.TensorDesc;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Every kernel that any provider but the oracle offers for an op on real operands, in any accuracy
 * mode: what the offers list is what is measured, so that no algorithm can be left out.
 */
final class Candidates {
  /**
   * One algorithm's answer.
   *
   * @param algorithm provider, op and algorithm, as {@code cpu conv/winograd4x4}
   * @param mode the strictest accuracy mode that offers it
   */
  record Answer(String algorithm, String kernel, Accuracy mode, float[] output) {}

  private final KernelOp op;
  private final List<Tensor> operands;
  private final List<Boolean> constant;
  private final Shape result;

  /**
   * An op on these operands.
   *
   * @param constant for each operand whether it is given when the kernel is created
   */
  Candidates(KernelOp op, List<Tensor> operands, List<Boolean> constant, Shape result) {
    this.op = resolved(op, operands.get(0).shape());
    this.operands = List.copyOf(operands);
    this.constant = List.copyOf(constant);
    this.result = result;
  }

  private static KernelOp resolved(KernelOp op, Shape x) {
    return switch (op) {
      case Conv c -> new Conv(c.window().resolve(x), c.groups(), c.epilogue());
      case ConvTranspose t -> t.resolve(x);
      default -> op;
    };
  }

  /** The providers of all strategies that this machine has, but for the oracle's. */
  static List<Provider> providers() {
    List<Provider> providers = new ArrayList<>();
    for (Strategies.Strategy s : Strategies.all()) {
      Provider first = s.first();
      boolean own = first.name().equals(s.name()) && !s.name().equals(Engine.ORACLE);
      if (own && first.unavailable().isEmpty()) {
        providers.add(first);
      }
    }
    return providers;
  }

  /** Runs the first kernel of every algorithm of every provider. */
  List<Answer> run() {
    List<Answer> answers = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      List<MemorySegment> memory = new ArrayList<>();
      List<Operand> described = new ArrayList<>();
      for (int i = 0; i < operands.size(); i++) {
        Tensor given = operands.get(i);
        if (constant.get(i)) {
          described.add(Operand.constant(given.desc(), given.data()));
          memory.add(MemorySegment.NULL);
        } else {
          Tensor placed = Tensor.allocate(arena, desc(given.shape()));
          placed.copyFrom(given.toArray());
          described.add(Operand.of(placed.desc()));
          memory.add(placed.data());
        }
      }
      for (Provider provider : providers()) {
        Map<String, Answer> found = new LinkedHashMap<>();
        for (Accuracy mode : Accuracy.values()) {
          KernelRequest request =
              new KernelRequest(op, described, desc(result), 1, mode, Optional.empty());
          if (provider.offer(request) instanceof Offer.Accepted accepted) {
            for (Offer.Candidate c : accepted.candidates()) {
              String algorithm = provider.name() + " " + algorithm(c.id());
              if (!found.containsKey(algorithm)) {
                float[] output = output(c, memory);
                found.put(algorithm, new Answer(algorithm, c.id(), mode, output));
              }
            }
          }
        }
        answers.addAll(found.values());
      }
    }
    return answers;
  }

  /** Channels last, as inside a network. */
  private static TensorDesc desc(Shape shape) {
    return TensorDesc.f32(
        shape, shape.rank() < 3 ? Layout.rowMajor(shape) : Layout.channelsLast(shape));
  }

  private float[] output(Offer.Candidate candidate, List<MemorySegment> memory) {
    try (Arena arena = Arena.ofConfined();
        Kernel kernel = candidate.create()) {
      Tensor dst = Tensor.allocate(arena, desc(result));
      MemorySegment scratch =
          arena.allocate(Math.max(Tensor.ALIGNMENT, kernel.scratchBytes()), Tensor.ALIGNMENT);
      kernel.bind(memory, dst.data()).run(0, kernel.tiles(), scratch);
      return dst.toArray();
    }
  }

  /** Op and algorithm of a kernel id, its first two parts. */
  static String algorithm(String id) {
    String[] parts = id.split("/", -1);
    if (parts.length < 2) {
      throw new IllegalArgumentException("'" + id + "' is no kernel id of the form OP/ALGORITHM/…");
    }
    return (parts[0] + "/" + parts[1]).toLowerCase(Locale.ROOT);
  }
}
