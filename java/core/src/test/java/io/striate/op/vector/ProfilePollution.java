package io.striate.op.vector;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.channels.FileChannel.MapMode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorSpecies;

/** Leaves type profiles of every kind of segment, arena and vector width in the JDK's methods. */
final class ProfilePollution {
  private static final int BYTES = 4096;
  private static final int CALLS = 400;

  private ProfilePollution() {}

  static void run(Path folder) throws IOException {
    Path file = Files.write(folder.resolve("mapped"), new byte[BYTES]);
    float sum = 0;
    try (Arena shared = Arena.ofShared();
        Arena confined = Arena.ofConfined();
        FileChannel channel =
            FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      List<MemorySegment> segments =
          new ArrayList<>(
              List.of(
                  MemorySegment.ofArray(new byte[BYTES]),
                  confined.allocate(BYTES),
                  shared.allocate(BYTES),
                  Arena.ofAuto().allocate(BYTES),
                  Arena.global().allocate(BYTES),
                  channel.map(MapMode.READ_WRITE, 0, BYTES, shared)));
      List<VectorSpecies<Float>> widths =
          List.of(FloatVector.SPECIES_128, FloatVector.SPECIES_256, FloatVector.SPECIES_512);
      for (int i = 0; i < CALLS; i++) {
        for (MemorySegment segment : segments) {
          for (VectorSpecies<Float> width : widths) {
            sum += use(segment, width);
          }
        }
      }
    }
    assertEquals(0, sum, "sum of zeros");
  }

  private static float use(MemorySegment memory, VectorSpecies<Float> width) {
    float sum = 0;
    for (long at = 0; at < memory.byteSize(); at += width.vectorByteSize()) {
      FloatVector v = FloatVector.fromMemorySegment(width, memory, at, ByteOrder.LITTLE_ENDIAN);
      v.fma(v, v).add(v).max(v).intoMemorySegment(memory, at, ByteOrder.LITTLE_ENDIAN);
      sum += memory.get(ValueLayout.JAVA_FLOAT_UNALIGNED, at);
    }
    return sum;
  }
}
