package io.striate.cli;

import io.striate.exec.CompiledModel;
import io.striate.exec.Execution;
import io.striate.graph.Value;
import io.striate.io.Npy;
import io.striate.nn.Model;
import io.striate.onnx.OnnxTensors;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Runs a model on tensors from files. */
@Command(
    name = "run",
    mixinStandardHelpOptions = true,
    description =
        "Runs a model on a tensor from a .npy or ONNX .pb file and writes the result as .npy.")
final class RunCommand implements Callable<Integer> {
  @Mixin private final ModelSource source = new ModelSource();
  @Mixin private final RunOptions run = new RunOptions();
  @Mixin private final Output output = new Output();

  @Option(
      names = {"-i", "--input"},
      paramLabel = "[NAME=]FILE",
      required = true,
      description = "Input tensor; with several inputs one option for each, with its name.")
  @SuppressWarnings("NullAway.Init")
  private List<String> inputs;

  @Option(
      names = {"-o", "--output"},
      paramLabel = "[NAME=]FILE.npy",
      required = true,
      description = "Where the output goes; with several outputs name the wanted ones.")
  @SuppressWarnings("NullAway.Init")
  private List<String> outputs;

  @CommandLine.Spec
  @SuppressWarnings("NullAway.Init")
  private CommandLine.Model.CommandSpec spec;

  @Override
  public Integer call() throws IOException {
    Model model = source.load();
    Map<String, Path> from = assign("--input", inputs, model.graph().inputs());
    Map<String, Path> to = assign("--output", outputs, model.graph().outputs());
    if (from.size() != model.graph().inputs().size()) {
      throw usage(
          "the model has the inputs " + model.graph().inputs() + "; give an --input for each");
    }
    Map<String, Tensor> given = new LinkedHashMap<>();
    for (Map.Entry<String, Path> e : from.entrySet()) {
      given.put(e.getKey(), read(e.getValue()));
    }
    Tensor first = given.values().iterator().next();
    int batch = first.shape().rank() == 0 ? 1 : Math.toIntExact(first.shape().dim(0));
    try (CompiledModel compiled = model.compile(run.options(run.one()).batch(batch));
        Execution execution = compiled.newExecution()) {
      for (Value v : compiled.inputs()) {
        Tensor data = java.util.Objects.requireNonNull(given.get(v.name()));
        Shape expected = v.shape();
        if (!data.shape().equals(expected)) {
          throw new IllegalArgumentException(
              "input "
                  + v.name()
                  + " has shape "
                  + expected
                  + ", but "
                  + from.get(v.name())
                  + " holds "
                  + data.shape());
        }
        execution.input(v.name()).copyFrom(data.toArray());
      }
      execution.run();
      for (Map.Entry<String, Path> e : to.entrySet()) {
        Tensor result = execution.output(e.getKey());
        Npy.write(e.getValue(), result);
        if (output.json()) {
          output.object(
              Map.of(
                  "output",
                  e.getKey(),
                  "shape",
                  result.shape().toString(),
                  "file",
                  e.getValue().toString()));
        } else {
          output.line("%s %s -> %s", e.getKey(), result.shape(), e.getValue());
        }
      }
    }
    return 0;
  }

  private static Tensor read(Path file) throws IOException {
    String name = file.toString();
    if (name.endsWith(".pb")) {
      return OnnxTensors.read(file);
    }
    if (name.endsWith(".npy")) {
      return Npy.read(file);
    }
    throw new IllegalArgumentException(
        "cannot tell what " + name + " holds: a .npy or .pb file is expected");
  }

  private Map<String, Path> assign(String option, List<String> given, List<Value> values) {
    List<String> names = values.stream().map(Value::name).toList();
    Map<String, Path> out = new LinkedHashMap<>();
    for (String text : given) {
      int at = text.indexOf('=');
      String name = at > 0 ? text.substring(0, at) : names.get(0);
      if (at <= 0 && names.size() > 1) {
        throw usage(option + " " + text + " needs a name: the model has " + names);
      }
      if (!names.contains(name)) {
        throw usage(option + " names '" + name + "', but the model has " + names);
      }
      if (out.put(name, Path.of(text.substring(at > 0 ? at + 1 : 0))) != null) {
        throw usage(option + " names '" + name + "' twice");
      }
    }
    return out;
  }

  private CommandLine.ParameterException usage(String message) {
    return new CommandLine.ParameterException(spec.commandLine(), message);
  }
}
