package io.striate.bench;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.striate.StriateException;
import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.op.Flatten;
import io.striate.tensor.Shape;
import io.striate.tensor.Tensor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What PyTorch is given. That it answers as the oracle does is {@link SessionTest}'s, which needs
 * its libraries (Maven profile {@code pytorch}).
 */
class TorchTest {
  @TempDir private Path folder;

  @Test
  void aGraphBecomesCallsOfPyTorchsFunctions() {
    Graph graph = LayerWalk.optimized(Subject.of(TinyModel.write(folder), 2));
    String source = TorchCode.of(graph).source();
    for (String part :
        List.of(
            "class Net(Module):\n",
            "def forward(self: __torch__.Net,\n",
            "torch.conv2d(",
            ", [1, 1], [1, 1], [1, 1], 1)\n",
            "torch.relu_(",
            "torch.max_pool2d(",
            ", [2, 2], [2, 2], [0, 0], [1, 1], False)\n",
            "torch.linear(",
            "torch.softmax(")) {
      assertTrue(source.contains(part), () -> part + " is not in\n" + source);
    }
    assertEquals(4, TorchCode.of(graph).weights().size());
  }

  @Test
  void theArchiveHoldsSourceAttributesAndWeights() throws IOException {
    Graph graph = LayerWalk.optimized(Subject.of(TinyModel.write(folder), 1));
    Path file = folder.resolve("net.pt");
    TorchArchive.write(graph, file);
    try (ZipFile zip = new ZipFile(file.toFile())) {
      assertEquals("3\n", new String(content(zip, "version"), StandardCharsets.UTF_8));
      String pickle = new String(content(zip, "data.pkl"), StandardCharsets.ISO_8859_1);
      assertTrue(pickle.startsWith("\u0080\u0002c__torch__\nNet\n)\u0081}("), pickle);
      assertTrue(pickle.endsWith("ub."), pickle);
      int i = 0;
      for (Map.Entry<Value, String> w : TorchCode.of(graph).weights().entrySet()) {
        assertTrue(pickle.contains(w.getValue()), w.getValue());
        Tensor expected = graph.constants().get(w.getKey()).data();
        ByteBuffer bytes =
            ByteBuffer.wrap(content(zip, "data/" + i++)).order(ByteOrder.LITTLE_ENDIAN);
        float[] values = new float[bytes.remaining() / Float.BYTES];
        bytes.asFloatBuffer().get(values);
        assertArrayEquals(expected.toArray(), values);
      }
    }
  }

  private static byte[] content(ZipFile zip, String name) throws IOException {
    try (var in = zip.getInputStream(zip.getEntry("net/" + name))) {
      return in.readAllBytes();
    }
  }

  @Test
  void anOpWithoutTranslationIsNamed() throws IOException {
    Graph.Builder g = Graph.builder("g");
    Value x = g.input("x", Shape.of(1, 2));
    g.output(g.add("odd", new Flatten(0), x));
    Graph graph = g.build();
    Path file = folder.resolve("odd.pt");
    var e = assertThrows(StriateException.class, () -> TorchArchive.write(graph, file));
    assertTrue(String.valueOf(e.getMessage()).contains("node odd"), e.getMessage());
    assertTrue(Files.notExists(file));
  }
}
