package io.striate.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a figure depends on besides the code. Names no host. */
record Machine(String cpu, String isa, int cores, String os, String jdk, double load) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  static Machine here() {
    String arch = System.getProperty("os.arch", "unknown");
    Map<String, String> info = cpuInfo();
    String name = info.getOrDefault("model name", arch);
    String family = info.getOrDefault("cpu family", "");
    String model = info.getOrDefault("model", "");
    if (!family.isEmpty() && !model.isEmpty()) {
      name += " (family " + family + ", model " + model + ")";
    }
    String cap = System.getenv("STRIATE_MAX_ISA");
    return new Machine(
        name,
        isa(info, arch) + (cap == null ? "" : ", capped at " + cap),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name", "unknown") + " " + arch,
        System.getProperty("java.vm.name", "JVM")
            + " "
            + System.getProperty("java.vm.version", "unknown"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** The first processor's lines, or nothing where the system has no such file. */
  private static Map<String, String> cpuInfo() {
    Map<String, String> info = new LinkedHashMap<>();
    try {
      List<String> lines = Files.isReadable(CPU_INFO) ? Files.readAllLines(CPU_INFO) : List.of();
      for (String line : lines) {
        int colon = line.indexOf(':');
        if (colon > 0) {
          info.putIfAbsent(line.substring(0, colon).strip(), line.substring(colon + 1).strip());
        }
      }
    } catch (IOException e) {
      System.err.println("The processor stays unnamed, " + CPU_INFO + " cannot be read: " + e);
    }
    return info;
  }

  private static String isa(Map<String, String> info, String arch) {
    String flags = " " + info.getOrDefault("flags", "") + " ";
    if (flags.contains(" avx512f ")) {
      return "AVX-512";
    }
    return flags.contains(" avx2 ") ? "AVX2" : arch;
  }

  /** Whether other work on the machine would disturb a measurement. */
  boolean isBusy() {
    return load > 0.3 * cores;
  }

  Map<String, Object> toJson() {
    Map<String, Object> m = new LinkedHashMap<>();
    m.put("cpu", cpu);
    m.put("isa", isa);
    m.put("cores", cores);
    m.put("os", os);
    m.put("jdk", jdk);
    m.put("loadAverageAtStart", load);
    return m;
  }
}
