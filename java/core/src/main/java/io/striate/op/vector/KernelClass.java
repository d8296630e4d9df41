package io.striate.op.vector;

import static java.lang.constant.ConstantDescs.CD_Class;
import static java.lang.constant.ConstantDescs.CD_Object;
import static java.lang.constant.ConstantDescs.INIT_NAME;
import static java.lang.constant.ConstantDescs.MTD_void;

import java.lang.classfile.Attributes;
import java.lang.classfile.ClassFile;
import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.classfile.attribute.CodeAttribute;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodHandles.Lookup;
import java.lang.invoke.MethodType;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.Arrays;
import java.util.function.Consumer;

/**
 * Makes kernel classes: hidden ones with one method, written by the class file API of the JDK.
 *
 * <p>C1 refuses the methods, so that they go from the interpreter straight to C2: C1 boxes every
 * vector anyway, and of the larger kernels it can make its tier 2 (taken while C2's queue is long)
 * but not its tier 3, the only way on from there; then they would stay in boxing code for good. So
 * kernels must be {@link WarmUp warmed up}.
 *
 * <p>What C2 compiles must not depend on what else the JVM does, before or later:
 *
 * <ul>
 *   <li>{@link #sharpen} tells it the classes that it would guess by profiles of all code.
 *   <li>{@link #pad} has it inline all calls in one and the same way.
 *   <li>Heap segments are made known before the first kernel. Else C2 takes off-heap ones for all
 *       that there are, throws every kernel away when the first heap segment is made, anywhere in
 *       the JVM, and leaves them to the interpreter for seconds.
 *   <li>{@link #keepFromOsr} keeps a kernel that was thrown away from being compiled for the middle
 *       of a loop: that took C2 up to ten seconds, while all other kernels had to wait.
 * </ul>
 */
final class KernelClass {
  /** C2 compiles no method of more than 8000 bytes. See {@link #pad}. */
  private static final int BYTES = 7990;

  private static final ClassDesc SEGMENT = ScalarCode.desc(MemorySegment.class);

  static {
    MemorySegment.ofArray(new byte[0]); // makes heap segments known
  }

  private KernelClass() {}

  /** What off-heap segments are that map no file. */
  static final class NativeSegments {
    static final Class<?> CLASS = MemorySegment.NULL.getClass();

    private NativeSegments() {}
  }

  /**
   * An instance of a new class that implements {@code contract}, an interface of this package with
   * one method, whose first parameter is a segment. The method does nothing if that is null. It
   * returns nothing, or an int: 0 then, else what the body leaves on the stack.
   *
   * @param body writes the method; slots of its parameters come from {@link ScalarCode#parameter}
   */
  static <T> T implement(Class<T> contract, String name, Width width, Consumer<VectorCode> body) {
    Method method =
        Arrays.stream(contract.getDeclaredMethods())
            .filter(m -> Modifier.isAbstract(m.getModifiers()))
            .findAny()
            .orElseThrow();
    ClassDesc[] parameters =
        Arrays.stream(method.getParameterTypes()).map(ScalarCode::desc).toArray(ClassDesc[]::new);
    int unpadded = codeBytes(write(contract, method, name, width, parameters, body, 0), method);
    if (unpadded > BYTES) {
      throw new IllegalStateException(
          "kernel class %s has %d bytes of code; C2 takes no more than %d"
              .formatted(name, unpadded, BYTES));
    }
    byte[] bytes = write(contract, method, name, width, parameters, body, BYTES - unpadded);
    try {
      Lookup made = MethodHandles.lookup().defineHiddenClass(bytes, true);
      MethodHandle constructor =
          made.findConstructor(made.lookupClass(), MethodType.methodType(void.class));
      return contract.cast(constructor.invoke());
    } catch (Throwable e) {
      throw new IllegalStateException("kernel class " + name + " cannot be made", e);
    }
  }

  /** The class file; its method ends in {@code padding} bytes that are never reached. */
  private static byte[] write(
      Class<?> contract,
      Method method,
      String name,
      Width width,
      ClassDesc[] parameters,
      Consumer<VectorCode> body,
      int padding) {
    TypeKind result = TypeKind.from(method.getReturnType());
    Consumer<CodeBuilder> run =
        code -> {
          keepFromC1(code, result);
          sharpen(code, parameters);
          keepFromOsr(code);
          body.accept(new VectorCode(code, width));
          code.return_(result);
          pad(code, padding);
        };
    return ClassFile.of()
        .build(
            ClassDesc.of(contract.getPackageName(), name),
            type ->
                type.withFlags(ClassFile.ACC_FINAL | ClassFile.ACC_SUPER)
                    .withInterfaceSymbols(ScalarCode.desc(contract))
                    .withMethodBody(
                        INIT_NAME,
                        MTD_void,
                        0,
                        code ->
                            code.aload(0).invokespecial(CD_Object, INIT_NAME, MTD_void).return_())
                    .withMethodBody(
                        method.getName(),
                        MethodTypeDesc.of(ScalarCode.desc(method.getReturnType()), parameters),
                        ClassFile.ACC_PUBLIC,
                        run));
  }

  private static int codeBytes(byte[] type, Method method) {
    return ClassFile.of().parse(type).methods().stream()
        .filter(m -> m.methodName().equalsString(method.getName()))
        .flatMap(m -> m.findAttribute(Attributes.code()).stream())
        .mapToInt(CodeAttribute::codeLength)
        .sum();
  }

  /**
   * C1 bails out, before it does any work, of a method with an exception handler that normal
   * control flow reaches too. C2 does not mind, but takes a handler that was never entered for one
   * that never will be, and would deoptimise at the first call. So the handler can be entered: by a
   * call whose first parameter is null, which does nothing else.
   */
  private static void keepFromC1(CodeBuilder code, TypeKind result) {
    Label start = code.newLabel();
    Label end = code.newLabel();
    Label handler = code.newLabel();
    Label body = code.newLabel();
    code.labelBinding(start)
        .aload(code.parameterSlot(0))
        .invokevirtual(CD_Object, "getClass", MethodTypeDesc.of(CD_Class))
        .pop();
    code.labelBinding(end).aconst_null().labelBinding(handler).pop();
    code.exceptionCatchAll(start, end, handler);
    code.aload(code.parameterSlot(0)).ifnonnull(body);
    if (result == TypeKind.INT) {
      code.iconst_0();
    }
    code.return_(result).labelBinding(body);
  }

  /**
   * Leaves a value on the operand stack: neither compiler replaces a frame with one in the middle
   * of a loop (on-stack replacement).
   */
  private static void keepFromOsr(CodeBuilder code) {
    code.iconst_0();
  }

  /**
   * Makes the method so long that C2 inlines no call while it parses it, but all of them
   * afterwards, in the phase that it has for methods of the JDK that must be inlined: what it has
   * inlined counts as part of the method, and at 8000 bytes it changes over. Left to itself it
   * changes over at 18,000 nodes, which the larger kernels pass somewhere in their inner loop; if
   * that falls into one of the few methods that need not be inlined ({@code Unsafe.getIntUnaligned}
   * is one), the loop keeps a call, and all its vectors go through memory. Which kernels that hit
   * depended on the arenas and segments that the JVM had met: GoogLeNet 17.6 or 24 to 38 ms,
   * without native access 19 or 160 ms (ADR 3).
   */
  private static void pad(CodeBuilder code, int bytes) {
    for (int i = 0; i < bytes; i++) {
      code.nop();
    }
  }

  /**
   * Tells C2 the class of every segment: where {@code segment.getClass() == Native} has held, it
   * knows the segment's class exactly, and reads base, offset, length and session without asking a
   * profile. The profiles of the JDK's own access methods are shared by the whole JVM, and once it
   * has met heap, mapped and native segments there, C2 would take a virtual call for each of them
   * at every access, run out of nodes and leave kernels that box. A segment of another class (a
   * mapped file) gives the same results by the slower way.
   */
  private static void sharpen(CodeBuilder code, ClassDesc[] parameters) {
    for (int i = 0; i < parameters.length; i++) {
      if (parameters[i].equals(SEGMENT)) {
        tellClass(code, code.parameterSlot(i), NativeSegments.class, "CLASS");
      }
    }
  }

  /** Compares the class of a variable with that in a constant of {@code holder}. */
  static void tellClass(CodeBuilder code, int slot, Class<?> holder, String constant) {
    Label other = code.newLabel();
    code.aload(slot)
        .invokevirtual(CD_Object, "getClass", MethodTypeDesc.of(CD_Class))
        .getstatic(ScalarCode.desc(holder), constant, CD_Class)
        .if_acmpne(other)
        .labelBinding(other);
  }
}
