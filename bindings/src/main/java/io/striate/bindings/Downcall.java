package io.striate.bindings;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The one way into native code: a handle for functions of up to six integers or pointers, linked
 * without an address, which it takes as its first argument. It stays {@code static final}, so the
 * JIT inlines the call.
 *
 * <p>All functions share it, because a JVM spends 5 ms and 15 generated classes on linking and
 * calling each further signature (see ADR 16). It says {@code long} where they say {@code int32_t}
 * or nothing and passes zeros where they have fewer parameters. On the processors that Striate
 * supports that is the same call: up to six integers travel in registers of 64 bits, of which the
 * callee reads those of its parameters, 32 bits of an {@code int32_t} (System V x86-64 psABI,
 * section 3.2.3; AAPCS64, section 6.8.2). An {@code int32_t} result leaves the upper half
 * undefined: cast it.
 *
 * <p>Addresses are {@code long}: a {@code MemorySegment} would cost a check of its liveness each.
 * The caller keeps all memory alive during the call. No call is {@code critical}.
 */
@SuppressWarnings("restricted") // this module is the one that is granted native access
final class Downcall {
  private static final MethodHandle SIX =
      Linker.nativeLinker()
          .downcallHandle(
              FunctionDescriptor.of(
                  JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));

  private Downcall() {}

  static long call(MemorySegment function) {
    return call(function, 0, 0, 0, 0, 0, 0);
  }

  static long call(MemorySegment function, long a) {
    return call(function, a, 0, 0, 0, 0, 0);
  }

  static long call(MemorySegment function, long a, long b) {
    return call(function, a, b, 0, 0, 0, 0);
  }

  static long call(MemorySegment function, long a, long b, long c) {
    return call(function, a, b, c, 0, 0, 0);
  }

  static long call(MemorySegment function, long a, long b, long c, long d) {
    return call(function, a, b, c, d, 0, 0);
  }

  static long call(MemorySegment function, long a, long b, long c, long d, long e) {
    return call(function, a, b, c, d, e, 0);
  }

  static long call(MemorySegment function, long a, long b, long c, long d, long e, long f) {
    try {
      return (long) SIX.invokeExact(function, a, b, c, d, e, f);
    } catch (Throwable t) { // nothing checked: only errors of the VM, such as a stack overflow
      if (t instanceof Error error) {
        throw error;
      }
      throw t instanceof RuntimeException runtime ? runtime : new IllegalStateException(t);
    }
  }
}
