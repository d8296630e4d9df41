package io.striate.op.vector;

import static java.lang.constant.ConstantDescs.CD_float;
import static java.lang.constant.ConstantDescs.CD_int;
import static java.lang.constant.ConstantDescs.CD_long;
import static java.lang.constant.ConstantDescs.CD_void;

import io.striate.base.Memory;
import java.lang.classfile.CodeBuilder;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.Vector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Writes the one method of a kernel class, unrolled and for one vector width, with the class file
 * API of the JDK.
 *
 * <p>C2 keeps a vector in a register only where the species is a constant, the vector is a local
 * variable, and no call stands between its making and its use. Methods of the Vector API are always
 * inlined; methods of ours are not: one that was compiled on its own first is "already compiled
 * into a big method", stays a call, and its vectors are boxed (measured: GELU 100 times slower).
 * Here every operation is emitted in place, so nothing depends on the order in which the JIT gets
 * to see things, and no profile is shared between widths.
 *
 * <p>The first operand of an operation, and what is stored, must have a class that C2 knows
 * exactly, or it guesses by type profiles in the JDK's own methods, which all users of the Vector
 * API share: once a JVM has used three widths, vectors would be boxed. Exact are what {@link #load}
 * gives, what is broadcast from a vector that is exact, and the results of operations on those; not
 * so a variable that was changed in a loop.
 *
 * <p>Values are local variables: {@link Floats}, {@link Ints} and {@link Mask} name vectors, plain
 * numbers name the slots of scalars and segments. Offsets are in bytes; memory is in native order,
 * which is little-endian on every supported CPU.
 */
final class VectorCode extends ScalarCode {
  /** A variable that holds a FloatVector. */
  record Floats(int slot) {}

  /** A variable that holds an IntVector. */
  record Ints(int slot) {}

  /** A variable that holds a VectorMask. */
  record Mask(int slot) {}

  private static final ClassDesc SEGMENT = desc(MemorySegment.class);
  private static final ClassDesc FLOATS = desc(FloatVector.class);
  private static final ClassDesc INTS = desc(IntVector.class);
  private static final ClassDesc VECTOR = desc(Vector.class);
  private static final ClassDesc SHUFFLE = desc(VectorShuffle.class);
  private static final ClassDesc MASK = desc(VectorMask.class);
  private static final ClassDesc SPECIES = desc(VectorSpecies.class);
  private static final ClassDesc ORDER = desc(ByteOrder.class);
  private static final ClassDesc LAYOUT = desc(ValueLayout.OfFloat.class);
  private static final ClassDesc OPERATORS = desc(VectorOperators.class);
  private static final ClassDesc COMPARISON = desc(VectorOperators.Comparison.class);
  private static final ClassDesc BINARY = desc(VectorOperators.Binary.class);

  private static final long MOST_ADDRESS = Long.MAX_VALUE >> 2;

  private final Width width;
  private final Floats seed;
  private final Ints seedInts;
  private final Map<Integer, Floats> constants = new HashMap<>(); // by bits, since the last seed
  private boolean seeded;

  VectorCode(CodeBuilder code, Width width) {
    super(code);
    this.width = width;
    seed = newFloats();
    seedInts = new Ints(newReference());
  }

  Floats newFloats() {
    return new Floats(newReference());
  }

  /** Some variables that hold a FloatVector. */
  Floats[] newFloats(int count) {
    return IntStream.range(0, count).mapToObj(i -> newFloats()).toArray(Floats[]::new);
  }

  // Stretches of memory whose bounds are checked once.

  /** Where {@link Memory#whole} is a constant, as C2 must know it. */
  static final class Whole {
    static final MemorySegment MEMORY = Memory.whole().orElse(MemorySegment.NULL);

    private Whole() {}
  }

  /** A variable that holds all memory, for addresses made by {@link #open}. */
  int wholeMemory() {
    int to = newReference();
    code.getstatic(desc(Whole.class), "MEMORY", SEGMENT).astore(to);
    return to;
  }

  /** Variables with the length of an off-heap segment in bytes, and its address. */
  record Extent(int bytes, int address) {}

  Extent newExtent() {
    return new Extent(newLong(), newLong());
  }

  /** {@code extent = } that of a segment. */
  void measure(int segment, Extent extent) {
    code.aload(segment).invokeinterface(SEGMENT, "byteSize", MethodTypeDesc.of(CD_long));
    code.lstore(extent.bytes);
    code.aload(segment).invokeinterface(SEGMENT, "address", MethodTypeDesc.of(CD_long));
    code.lstore(extent.address);
  }

  /**
   * Turns {@code at}, an offset in a segment of this extent, into the address in {@link
   * #wholeMemory}, after a check that {@code bytes} bytes, a long variable, lie within the segment.
   */
  void open(Extent extent, int at, int bytes) {
    code.lload(at);
    code.lload(extent.bytes).lload(bytes).lsub().lconst_1().ladd();
    code.invokestatic(
        desc(Objects.class), "checkIndex", MethodTypeDesc.of(CD_long, CD_long, CD_long));
    code.lload(extent.address).ladd().lstore(at);
    narrow(at);
  }

  /**
   * Tells C2 that a long, an address or an offset, is far from the ends of its type, so that the
   * check of an access to {@link #wholeMemory} at the sum of two such folds away. Needed again
   * where the variable has changed in a loop.
   */
  void narrow(int slot) {
    code.lload(slot).loadConstant(MOST_ADDRESS).land().lstore(slot);
  }

  // Vectors and memory. Addresses are pushed by a Runnable: one long.

  /** {@code to = segment[at + displacement …]}. */
  void load(int segment, Runnable at, int displacement, Floats to) {
    species();
    code.aload(segment);
    address(at, displacement);
    code.invokestatic(
        FLOATS, "fromMemorySegment", MethodTypeDesc.of(FLOATS, SPECIES, SEGMENT, CD_long, ORDER));
    code.astore(to.slot);
  }

  /** The classes of vectors of floats. */
  static final class FloatClasses {
    static final Class<?> BITS_128 = FloatVector.zero(FloatVector.SPECIES_128).getClass();
    static final Class<?> BITS_256 = FloatVector.zero(FloatVector.SPECIES_256).getClass();
    static final Class<?> BITS_512 = FloatVector.zero(FloatVector.SPECIES_512).getClass();

    private FloatClasses() {}
  }

  /**
   * Tells C2 the class of a vector where it stands, as {@link KernelClass} does for segments; the
   * comparison folds away once its operation is inlined. Needed in long stretches of operations,
   * above all for variables that change in a loop: there C2 finds the class by inlining operation
   * after operation, in an order of its own, and if it meets a use too early, it takes the use for
   * a call, of which, even when inlined later, the box of the vector remains.
   */
  void exact(Floats vector) {
    KernelClass.tellClass(code, vector.slot, FloatClasses.class, "BITS_" + width.bits());
  }

  /** {@code segment[at + displacement …] = from}, whose class C2 is told. */
  void store(Floats from, int segment, Runnable at, int displacement) {
    exact(from);
    code.aload(from.slot).aload(segment);
    address(at, displacement);
    code.invokevirtual(
        FLOATS, "intoMemorySegment", MethodTypeDesc.of(CD_void, SEGMENT, CD_long, ORDER));
  }

  /** {@code to = } the float at {@code segment[at]} in every lane. */
  void broadcast(int segment, Runnable at, Floats to) {
    species();
    pushFloat(segment, at);
    spreadSpecies(to);
  }

  /** As above, in a vector like {@code like}, a loaded one. */
  void broadcast(int segment, Runnable at, Floats like, Floats to) {
    code.aload(like.slot);
    pushFloat(segment, at);
    spreadLike(to);
  }

  private void pushFloat(int segment, Runnable at) {
    code.aload(segment).getstatic(desc(ValueLayout.class), "JAVA_FLOAT_UNALIGNED", LAYOUT);
    at.run();
    code.invokeinterface(SEGMENT, "get", MethodTypeDesc.of(CD_float, LAYOUT, CD_long));
  }

  /**
   * Loads vectors at this address to make {@link #constant constants} from; all code after it, up
   * to the next seed, must be reached through it.
   */
  void seed(int segment, Runnable at) {
    load(segment, at, 0, seed);
    code.getstatic(INTS, "SPECIES_" + width.bits(), SPECIES).aload(segment);
    address(at, 0);
    code.invokestatic(
            INTS, "fromMemorySegment", MethodTypeDesc.of(INTS, SPECIES, SEGMENT, CD_long, ORDER))
        .astore(seedInts.slot);
    seeded = true;
    constants.clear();
  }

  private void address(Runnable at, int displacement) {
    at.run();
    code.loadConstant((long) displacement).ladd().getstatic(ORDER, "LITTLE_ENDIAN", ORDER);
  }

  private void species() {
    code.getstatic(FLOATS, "SPECIES_" + width.bits(), SPECIES);
  }

  /** Spreads the float on the stack over a vector like the one below it. */
  private void spreadLike(Floats to) {
    code.invokevirtual(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, CD_float)).astore(to.slot);
  }

  /** Spreads the float on the stack over a vector of the species below it. */
  private void spreadSpecies(Floats to) {
    code.invokestatic(FLOATS, "broadcast", MethodTypeDesc.of(FLOATS, SPECIES, CD_float))
        .astore(to.slot);
  }

  // Arithmetic.

  /** A constant in every lane. */
  Floats constant(float value) {
    Runnable pushed = () -> code.loadConstant(value);
    return seeded
        ? constants.computeIfAbsent(Float.floatToRawIntBits(value), bits -> spread(pushed))
        : spread(pushed);
  }

  /** A float variable in every lane. */
  Floats variable(int slot) {
    return spread(() -> code.fload(slot));
  }

  private Floats spread(Runnable pushed) {
    Floats to = newFloats();
    if (seeded) {
      code.aload(seed.slot);
      pushed.run();
      spreadLike(to);
    } else {
      species();
      pushed.run();
      spreadSpecies(to);
    }
    return to;
  }

  /** {@code to = } of every group of lanes its lane k, in all its lanes. */
  void spreadInGroups(Floats from, int group, int k, Floats to) {
    code.aload(from.slot)
        .loadConstant(Shuffles.groups(width, group, k))
        .invokevirtual(FLOATS, "rearrange", MethodTypeDesc.of(FLOATS, SHUFFLE))
        .astore(to.slot);
  }

  /** Lane l of from at lane {@code l ^ distance}. */
  Floats exchanged(Floats from, int distance) {
    Floats to = newFloats();
    code.aload(from.slot)
        .loadConstant(Shuffles.exchange(width, distance))
        .invokevirtual(FLOATS, "rearrange", MethodTypeDesc.of(FLOATS, SHUFFLE))
        .astore(to.slot);
    return to;
  }

  /** The lanes whose number has this bit. */
  Mask lanesWith(int bit) {
    Mask to = new Mask(newReference());
    code.loadConstant(Shuffles.lanesWith(width, bit)).astore(to.slot);
    return to;
  }

  /** {@code sum = a·b + sum}, rounded once. */
  void accumulate(Floats sum, Floats a, Floats b) {
    fma(a, b, sum, sum);
  }

  /** a·b + c, rounded once. */
  Floats fma(Floats a, Floats b, Floats c) {
    Floats to = newFloats();
    fma(a, b, c, to);
    return to;
  }

  private void fma(Floats a, Floats b, Floats c, Floats to) {
    code.aload(a.slot)
        .aload(b.slot)
        .aload(c.slot)
        .invokevirtual(FLOATS, "fma", MethodTypeDesc.of(FLOATS, VECTOR, VECTOR));
    code.astore(to.slot);
  }

  Floats add(Floats a, Floats b) {
    return binary("add", a, b);
  }

  Floats sub(Floats a, Floats b) {
    return binary("sub", a, b);
  }

  Floats mul(Floats a, Floats b) {
    return binary("mul", a, b);
  }

  Floats div(Floats a, Floats b) {
    return binary("div", a, b);
  }

  private Floats binary(String name, Floats a, Floats b) {
    Floats to = newFloats();
    code.aload(a.slot).aload(b.slot).invokevirtual(FLOATS, name, MethodTypeDesc.of(FLOATS, VECTOR));
    code.astore(to.slot);
    return to;
  }

  Floats sqrt(Floats a) {
    return unary("sqrt", a);
  }

  /** {@code to = from}. */
  void move(Floats from, Floats to) {
    code.aload(from.slot).astore(to.slot);
  }

  Floats abs(Floats a) {
    return unary("abs", a);
  }

  Floats neg(Floats a) {
    return unary("neg", a);
  }

  private Floats unary(String name, Floats a) {
    Floats to = newFloats();
    code.aload(a.slot).invokevirtual(FLOATS, name, MethodTypeDesc.of(FLOATS));
    code.astore(to.slot);
    return to;
  }

  /** a &lt; b. */
  Mask less(Floats a, Floats b) {
    return compare("LT", a, b);
  }

  /** Whether a is NaN. */
  Mask isNan(Floats a) {
    return compare("NE", a, a);
  }

  /** a &lt;= b. */
  Mask atMost(Floats a, Floats b) {
    return compare("LE", a, b);
  }

  private Mask compare(String comparison, Floats a, Floats b) {
    Mask to = new Mask(newReference());
    code.aload(a.slot)
        .getstatic(OPERATORS, comparison, COMPARISON)
        .aload(b.slot)
        .invokevirtual(FLOATS, "compare", MethodTypeDesc.of(MASK, COMPARISON, VECTOR))
        .astore(to.slot);
    return to;
  }

  /** mask ? b : a. */
  Floats blend(Floats a, Floats b, Mask mask) {
    Floats to = newFloats();
    code.aload(a.slot)
        .aload(b.slot)
        .aload(mask.slot)
        .invokevirtual(FLOATS, "blend", MethodTypeDesc.of(FLOATS, VECTOR, MASK));
    code.astore(to.slot);
    return to;
  }

  /** The bits of a, plus a constant. */
  Ints bitsPlus(Floats a, int constant) {
    return plus(
        constant,
        () ->
            code.aload(a.slot).invokevirtual(FLOATS, "reinterpretAsInts", MethodTypeDesc.of(INTS)));
  }

  private Ints plus(int constant, Runnable pushed) {
    Ints to = new Ints(newReference());
    if (seeded) {
      code.aload(seedInts.slot)
          .loadConstant(constant)
          .invokevirtual(INTS, "broadcast", MethodTypeDesc.of(INTS, CD_int));
    } else {
      code.getstatic(INTS, "SPECIES_" + width.bits(), SPECIES)
          .loadConstant(constant)
          .invokestatic(INTS, "broadcast", MethodTypeDesc.of(INTS, SPECIES, CD_int));
    }
    pushed.run();
    code.invokevirtual(INTS, "add", MethodTypeDesc.of(INTS, VECTOR)).astore(to.slot);
    return to;
  }

  /** {@code a << by}, or with a negative count {@code a >> -by}. */
  Ints shift(Ints a, int by) {
    Ints to = new Ints(newReference());
    code.aload(a.slot)
        .getstatic(OPERATORS, by < 0 ? "ASHR" : "LSHL", BINARY)
        .loadConstant(Math.abs(by))
        .invokevirtual(INTS, "lanewise", MethodTypeDesc.of(INTS, BINARY, CD_int))
        .astore(to.slot);
    return to;
  }

  Ints sub(Ints a, Ints b) {
    Ints to = new Ints(newReference());
    code.aload(a.slot)
        .aload(b.slot)
        .invokevirtual(INTS, "sub", MethodTypeDesc.of(INTS, VECTOR))
        .astore(to.slot);
    return to;
  }

  /** The floats whose bits are a plus a constant, shifted left; only to be a second operand. */
  Floats floats(Ints a, int constant, int shift) {
    Ints sum = plus(constant, () -> code.aload(a.slot));
    Floats to = newFloats();
    code.aload(shift(sum, shift).slot)
        .invokevirtual(INTS, "reinterpretAsFloats", MethodTypeDesc.of(FLOATS))
        .astore(to.slot);
    return to;
  }
}
