package io.striate.bench;

import io.striate.StriateException;
import java.io.File;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The whole comparison: all models of {@code bench/bar.txt} and all engines, in parts that run in
 * processes of their own one after the other, so that a JVM serves one network and two-thread
 * figures come from several processes. Results are written after each part; parts that are there
 * already, measured at the same commit, are not measured again.
 */
public final class Bar {
  private static final int PARTS_LEFT = 3;

  private final BarOptions options;
  private final long start = System.nanoTime();
  private final String commit = Places.commit();
  private final Map<String, Object> all;

  private Bar(BarOptions options) throws IOException {
    this.options = options;
    this.all = Files.exists(options.output()) ? Results.read(options.output()) : empty();
  }

  private static Map<String, Object> empty() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("measured", now());
    all.put("machine", Machine.here().toJson());
    for (String key : List.of("engines", "leftOut", "models", "layers", "tails", "idle")) {
      all.put(key, List.of());
    }
    return all;
  }

  private static String now() {
    return Instant.now().truncatedTo(ChronoUnit.SECONDS).toString();
  }

  /** {@code --help} lists the options and the exit codes. */
  public static void main(String[] args) {
    if (Arguments.wantsHelp(args)) {
      System.out.print(BarOptions.USAGE);
      return;
    }
    BarOptions options;
    try {
      options = BarOptions.parse(args);
    } catch (IllegalArgumentException e) {
      System.err.println("bar: " + e.getMessage() + "\n\n" + BarOptions.USAGE);
      System.exit(2);
      return;
    }
    try {
      System.exit(new Bar(options).run());
    } catch (StriateException | IllegalArgumentException | IllegalStateException | IOException e) {
      System.err.println("bar: " + e.getMessage());
      System.exit(1);
    } catch (InterruptedException e) {
      System.err.println("bar: interrupted; what was measured stands in the results");
      System.exit(1);
    }
  }

  private int run() throws IOException, InterruptedException {
    if (options.parts().contains(BarOptions.Part.ORACLE)) {
      oracles();
    }
    List<BarPart> parts = BarPart.of(options);
    int done = 0;
    int failed = 0;
    for (BarPart part : parts) {
      if (part.isComplete(current(part.key()), leftOut())) {
        done++;
        continue;
      }
      if (options.budget().isPresent() && elapsed() + part.seconds() > options.budget().get()) {
        break;
      }
      System.out.println("== " + part);
      if (measure(part)) {
        done++;
      } else {
        failed++;
      }
    }
    System.out.printf(
        "%d of %d parts measured, %d failed; results in %s%n",
        done, parts.size(), failed, options.output());
    return failed > 0 ? 1 : done < parts.size() ? PARTS_LEFT : 0;
  }

  private double elapsed() {
    return (System.nanoTime() - start) / 1e9;
  }

  /** The answers that the parts compute when they lack them, ahead of all measurements. */
  private void oracles() {
    int largest = options.batches().stream().mapToInt(b -> b).max().orElse(1);
    for (String model : options.models()) {
      System.out.println("== oracle, " + model + ", batch " + largest);
      Oracle.Answer answer = Oracle.answer(Subject.of(model, largest));
      System.out.printf("%d values of %d MMAC%n", answer.output().length, answer.macs() / 1000000);
    }
  }

  private List<Map<String, Object>> current(String key) {
    return Results.rows(all, key).stream()
        .filter(r -> options.keepOther() || commit.equals(r.get("commit")))
        .toList();
  }

  private Set<String> leftOut() {
    return Results.rows(all, "leftOut").stream()
        .map(r -> Results.text(r, "engine"))
        .collect(Collectors.toSet());
  }

  /** Whether the part's process succeeded; its rows are in the file then. */
  private boolean measure(BarPart part) throws IOException, InterruptedException {
    Path answer = Files.createTempFile("striate-bar", ".json");
    try {
      double load = Machine.here().load();
      long handOff = HandOff.nanos();
      List<String> command = new ArrayList<>(command(part.main()));
      command.addAll(List.of("--output", answer.toString()));
      command.addAll(part.args());
      Process process = new ProcessBuilder(command).inheritIO().start();
      Thread killer = new Thread(process::destroyForcibly);
      Runtime.getRuntime().addShutdownHook(killer);
      int code = process.waitFor();
      Runtime.getRuntime().removeShutdownHook(killer);
      if (code != 0) {
        System.err.println("bar: " + part + " ended with exit code " + code);
        return false;
      }
      add(part, Results.read(answer), load, Math.max(handOff, HandOff.nanos()));
      Results.write(options.output(), all);
      return true;
    } finally {
      Files.deleteIfExists(answer);
    }
  }

  /** This JVM with these options and another main class. */
  private static List<String> command(Class<?> main) {
    List<String> command = new ArrayList<>();
    command.add(System.getProperty("java.home") + File.separator + "bin" + File.separator + "java");
    command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
    return command;
  }

  private void add(BarPart part, Map<String, Object> answer, double load, long handOff) {
    List<Map<String, Object>> answered = Results.rows(answer, part.key());
    List<Map<String, Object>> rows = part.without(answered, Results.rows(all, part.key()));
    for (Map<String, Object> row : answered) {
      Map<String, Object> whole = new LinkedHashMap<>(part.identity());
      whole.keySet().removeAll(row.keySet());
      whole.putAll(row);
      whole.put("measured", now());
      whole.put("commit", commit);
      whole.put("loadBefore", load);
      whole.put("handOffNanos", handOff);
      rows.add(whole);
    }
    all.put(part.key(), rows);
    for (String key : List.of("engines", "leftOut")) {
      Map<String, Map<String, Object>> byEngine = new LinkedHashMap<>();
      Results.rows(all, key).forEach(r -> byEngine.put(Results.text(r, "engine"), r));
      Results.rows(answer, key).forEach(r -> byEngine.put(Results.text(r, "engine"), r));
      all.put(key, new ArrayList<>(byEngine.values()));
    }
  }
}
