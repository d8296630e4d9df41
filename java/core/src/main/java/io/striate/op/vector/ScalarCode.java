package io.striate.op.vector;

import static java.lang.constant.ConstantDescs.CD_int;

import java.lang.classfile.CodeBuilder;
import java.lang.classfile.Label;
import java.lang.classfile.TypeKind;
import java.lang.constant.ClassDesc;
import java.lang.constant.MethodTypeDesc;

/** The part of {@link VectorCode} without vectors: local variables, loops, offsets. */
class ScalarCode {
  final CodeBuilder code;

  ScalarCode(CodeBuilder code) {
    this.code = code;
  }

  static ClassDesc desc(Class<?> type) {
    return type.describeConstable().orElseThrow();
  }

  /** Slot of parameter {@code index}. */
  int parameter(int index) {
    return code.parameterSlot(index);
  }

  int newLong() {
    return code.allocateLocal(TypeKind.LONG);
  }

  int newInt() {
    return code.allocateLocal(TypeKind.INT);
  }

  final int newReference() {
    return code.allocateLocal(TypeKind.REFERENCE);
  }

  /** {@code for (counter = start; counter < end; counter += step) body}, all ints. */
  void loop(int counter, Runnable start, int end, int step, Runnable body) {
    Label head = code.newLabel();
    Label exit = code.newLabel();
    start.run();
    code.istore(counter).labelBinding(head).iload(counter).iload(end).if_icmpge(exit);
    body.run();
    code.iinc(counter, step).goto_(head).labelBinding(exit);
  }

  /**
   * {@code do body while (a != b)}, longs; several bodies take turns, with a test after each. If
   * body moves a by more than 1 at a time, C2 does not take this for a counted loop: it leaves
   * range checks and the body as they are. The branch back is a plain goto, at which nothing is on
   * the stack for the safepoint to remember.
   */
  void untilEqual(int a, int b, Runnable... bodies) {
    Label head = code.newLabel();
    Label exit = code.newLabel();
    code.labelBinding(head);
    for (Runnable body : bodies) {
      body.run();
      code.lload(a).lload(b).lcmp().ifeq(exit);
    }
    code.goto_(head).labelBinding(exit);
  }

  /**
   * {@code for (int i = 0; i < count; i++) body}, uncounted as {@link #untilEqual}.
   *
   * @param counter a long of its own
   */
  void repeat(int counter, int count, Runnable body) {
    Label exit = code.newLabel();
    int zero = newLong();
    code.iload(count).ifle(exit).iload(count).i2l().iconst_1().lshl().lstore(counter);
    setLong(zero, 0);
    untilEqual(
        counter,
        zero,
        () -> {
          body.run();
          advanceBy(counter, -2);
        });
    code.labelBinding(exit);
  }

  /** Pushes an int constant. */
  void pushInt(int value) {
    code.loadConstant(value);
  }

  /** Pushes an int variable. */
  void pushIntVariable(int slot) {
    code.iload(slot);
  }

  /** Pushes a long variable. */
  void pushLong(int slot) {
    code.lload(slot);
  }

  /** {@code to = min(a, b)}, ints. */
  void minimum(int a, int b, int to) {
    code.iload(a)
        .iload(b)
        .invokestatic(desc(Math.class), "min", MethodTypeDesc.of(CD_int, CD_int, CD_int))
        .istore(to);
  }

  /** {@code slot = value}. */
  void setLong(int slot, long value) {
    code.loadConstant(value).lstore(slot);
  }

  /** {@code to = from}, longs. */
  void copyLong(int from, int to) {
    code.lload(from).lstore(to);
  }

  /** {@code slot += by}, longs. */
  void advance(int slot, int by) {
    code.lload(slot).lload(by).ladd().lstore(slot);
  }

  /** {@code slot -= by}, longs. */
  void retreat(int slot, int by) {
    code.lload(slot).lload(by).lsub().lstore(slot);
  }

  /** {@code slot += by}. */
  void advanceBy(int slot, long by) {
    code.lload(slot).loadConstant(by).ladd().lstore(slot);
  }

  /** Adds {@code counter·factor}, an int and a long, to the long on the stack. */
  void addProduct(int counter, int factor) {
    code.iload(counter).i2l().lload(factor).lmul().ladd();
  }

  /** {@code to = (end - first)·each·factor}; first and end are ints, each a long. */
  void span(int first, int end, int each, int factor, int to) {
    code.iload(end).iload(first).isub().i2l().lload(each).lmul();
    code.loadConstant((long) factor).lmul().lstore(to);
  }

  /** {@code to = (number / by + more)·each}; number is an int, each a long. */
  void tiles(int number, int by, int more, int each, int to) {
    code.iload(number).loadConstant(by).idiv().loadConstant(more).iadd().i2l();
    code.lload(each).lmul().lstore(to);
  }

  /** Pushes {@code table[first + at / 4]}; first is an int, at a long. */
  void pushEntryAt(int table, int first, int at) {
    code.aload(table).iload(first).lload(at).iconst_2().lshr().l2i().iadd().laload();
  }

  /** Adds {@code table[index + constant]} to the long on the stack. */
  void addEntry(int table, int index, int constant) {
    code.aload(table).iload(index).loadConstant(constant).iadd().laload().ladd();
  }

  /** Adds {@code counter·bytes} to the long on the stack. */
  void addScaled(int counter, int bytes) {
    code.iload(counter).i2l().loadConstant((long) bytes).lmul().ladd();
  }

  /** Adds a long variable to the long on the stack. */
  void addLong(int slot) {
    code.lload(slot).ladd();
  }

  /** Pops a long into a variable. */
  void popLong(int slot) {
    code.lstore(slot);
  }
}
