package io.striate.bench;

import io.striate.graph.Graph;
import io.striate.graph.Value;
import io.striate.tensor.Shape;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Writes a graph as a TorchScript file, which PyTorch loads without Python: a ZIP archive of the
 * module's source, a pickle of its attributes, and a file of little-endian float32 per tensor, all
 * stored without compression. The format is that of {@code torch.jit.save}, version 3; see PyTorch,
 * {@code torch/csrc/jit/docs/serialization.md}.
 */
final class TorchArchive {
  private static final String FOLDER = "net/";
  private static final byte[] NO_CONSTANTS = {(byte) 0x80, 2, ')', '.'};

  private TorchArchive() {}

  /** Writes {@code graph} to {@code file}. */
  static void write(Graph graph, Path file) throws IOException {
    TorchCode.Module module = TorchCode.of(graph);
    try (OutputStream raw = new BufferedOutputStream(Files.newOutputStream(file));
        ZipOutputStream zip = new ZipOutputStream(raw)) {
      zip.setMethod(ZipOutputStream.STORED);
      add(zip, "data.pkl", attributes(module));
      add(zip, "code/__torch__.py", module.source().getBytes(StandardCharsets.UTF_8));
      add(zip, "constants.pkl", NO_CONSTANTS);
      add(zip, "version", "3\n".getBytes(StandardCharsets.UTF_8));
      int i = 0;
      for (Value v : module.weights().keySet()) {
        var constant = graph.constants().get(v);
        if (constant == null) {
          throw new IllegalStateException("value " + v + " is no constant");
        }
        add(zip, "data/" + i++, bytes(constant.data().toArray()));
      }
    }
  }

  private static byte[] bytes(float[] values) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return bytes.array();
  }

  private static void add(ZipOutputStream zip, String name, byte[] content) throws IOException {
    ZipEntry entry = new ZipEntry(FOLDER + name);
    CRC32 sum = new CRC32();
    sum.update(content);
    entry.setCrc(sum.getValue());
    entry.setSize(content.length);
    entry.setCompressedSize(content.length);
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** The pickle, protocol 2, of an object {@code __torch__.Net} with its attributes. */
  private static byte[] attributes(TorchCode.Module module) {
    Pickle p = new Pickle();
    p.global("__torch__", "Net").text(")\u0081}(");
    p.string("training").text("\u0089");
    int i = 0;
    for (Map.Entry<Value, String> e : module.weights().entrySet()) {
      p.string(e.getValue());
      p.tensor(e.getKey().shape(), i++);
    }
    return p.text("ub.").bytes();
  }

  /** The few opcodes of pickle that a module needs. */
  private static final class Pickle {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    Pickle() {
      text("\u0080\u0002");
    }

    /** Opcodes as characters of one byte. */
    Pickle text(String opcodes) {
      out.writeBytes(opcodes.getBytes(StandardCharsets.ISO_8859_1));
      return this;
    }

    Pickle global(String module, String name) {
      return text("c" + module + "\n" + name + "\n");
    }

    Pickle string(String value) {
      byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
      text("X").int32(utf8.length);
      out.writeBytes(utf8);
      return this;
    }

    private void int32(int value) {
      out.writeBytes(
          ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
    }

    private Pickle integer(long value) {
      text("J").int32(Math.toIntExact(value));
      return this;
    }

    /** A dense tensor whose values are storage {@code index}. */
    void tensor(Shape shape, int index) {
      global("torch._utils", "_rebuild_tensor_v2").text("((");
      string("storage").global("torch", "FloatStorage");
      string("" + index).string("cpu").integer(shape.elements()).text("tQ");
      integer(0).text("(");
      for (int i = 0; i < shape.rank(); i++) {
        integer(shape.dim(i));
      }
      text("t(");
      for (int i = 0; i < shape.rank(); i++) {
        long stride = 1;
        for (int j = i + 1; j < shape.rank(); j++) {
          stride *= shape.dim(j);
        }
        integer(stride);
      }
      text("t\u0089").global("collections", "OrderedDict").text(")RtR");
    }

    byte[] bytes() {
      return out.toByteArray();
    }
  }
}
