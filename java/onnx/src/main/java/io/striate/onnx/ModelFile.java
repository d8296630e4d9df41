package io.striate.onnx;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.WireFormat;
import io.striate.io.StoredTensor;
import io.striate.io.TensorFile;
import io.striate.onnx.proto.GraphProto;
import io.striate.onnx.proto.ModelProto;
import io.striate.onnx.proto.TensorProto;
import io.striate.onnx.proto.TensorProto.DataType;
import io.striate.tensor.Shape;
import java.io.IOException;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.Optional;

/**
 * A model file of which large f32 initializers stay in the file: {@link #model} lacks their data,
 * {@link #left} has it. Everything else is as protobuf reads it. A file that is damaged, or has a
 * large initializer of another type or with anything else unusual, is left to the reader of whole
 * files, so that there is one place for errors.
 *
 * <p>Source: the wire format of protocol buffers (protobuf.dev/programming-guides/encoding).
 */
final class ModelFile {
  private static final int BUFFER_BYTES = 64 << 10;
  private static final int GRAPH = tag(ModelProto.GRAPH_FIELD_NUMBER);
  private static final int INITIALIZER = tag(GraphProto.INITIALIZER_FIELD_NUMBER);
  private static final int RAW_DATA = tag(TensorProto.RAW_DATA_FIELD_NUMBER);

  private final TensorFile file;
  private final int mostNesting;
  private final IdentityHashMap<TensorProto, StoredTensor> left = new IdentityHashMap<>();
  private ModelProto model = ModelProto.getDefaultInstance();

  private ModelFile(TensorFile file, int mostNesting) {
    this.file = file;
    this.mostNesting = mostNesting;
  }

  /**
   * Reads a file.
   *
   * @return empty if it is to be read whole
   */
  static Optional<ModelFile> read(Path path, int mostNesting) throws IOException {
    if (ByteOrder.nativeOrder() != ByteOrder.LITTLE_ENDIAN) {
      return Optional.empty(); // raw data is little-endian, and would need to be turned
    }
    TensorFile file = TensorFile.open(path);
    ModelFile read = new ModelFile(file, mostNesting);
    try {
      CodedInputStream in = CodedInputStream.newInstance(file.stream(), BUFFER_BYTES);
      read.model = read.model(in);
      file.lookThrough();
    } catch (InvalidProtocolBufferException e) {
      read.left.clear();
    } catch (IOException | RuntimeException e) {
      file.close();
      throw e;
    }
    if (read.left.isEmpty()) {
      file.close();
      return Optional.empty();
    }
    return Optional.of(read);
  }

  /** The model without what is left in the file. */
  ModelProto model() {
    return model;
  }

  /** What is left in the file, by the very initializers of {@link #model}. */
  IdentityHashMap<TensorProto, StoredTensor> left() {
    return left;
  }

  private ModelProto model(CodedInputStream in) throws IOException {
    GraphProto.Builder graph = null;
    UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == GRAPH) {
        graph = graph == null ? GraphProto.newBuilder() : graph;
        int outer = in.pushLimit(in.readRawVarint32());
        graph(in, graph);
        in.popLimit(outer);
      } else {
        add(rest, tag, in);
      }
    }
    ModelProto.Builder all = ModelProto.parseFrom(input(rest, 0)).toBuilder();
    return graph == null ? all.build() : all.setGraph(graph.build()).build();
  }

  private void graph(CodedInputStream in, GraphProto.Builder graph) throws IOException {
    UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == INITIALIZER) {
        int outer = in.pushLimit(in.readRawVarint32());
        graph.addInitializer(tensor(in));
        in.popLimit(outer);
      } else {
        add(rest, tag, in);
      }
    }
    graph.mergeFrom(GraphProto.parseFrom(input(rest, 1)));
  }

  private TensorProto tensor(CodedInputStream in) throws IOException {
    UnknownFieldSet.Builder rest = UnknownFieldSet.newBuilder();
    ByteString raw = null;
    int begin = -1;
    int size = 0;
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag != RAW_DATA) {
        add(rest, tag, in);
        continue;
      }
      size = in.readRawVarint32();
      if (size < TensorFile.LARGE) {
        raw = ByteString.copyFrom(in.readRawBytes(size));
        begin = -1;
      } else {
        raw = null;
        begin = in.getTotalBytesRead();
        in.skipRawBytes(size);
      }
    }
    TensorProto tensor = TensorProto.parseFrom(input(rest, 2));
    if (begin >= 0) {
      Optional<Shape> shape = regularShape(tensor, size);
      if (shape.isEmpty()) {
        throw new InvalidProtocolBufferException("an unusual tensor: to be read whole");
      }
      left.put(tensor, file.floats(tensor.getName(), shape.get(), begin));
      return tensor;
    }
    return raw == null ? tensor : tensor.toBuilder().setRawData(raw).build();
  }

  /** The shape of a tensor whose data is nothing but so many bytes of f32. */
  private static Optional<Shape> regularShape(TensorProto tensor, int bytes) {
    long[] dims = tensor.getDimsList().stream().mapToLong(Long::longValue).toArray();
    boolean regular =
        tensor.getDataType() == DataType.FLOAT_VALUE
            && TensorDecoder.typedCount(tensor) == 0
            && !tensor.hasSegment()
            && tensor.getDataLocation() != TensorProto.DataLocation.EXTERNAL
            && tensor.getExternalDataCount() == 0
            && dims.length <= Shape.MAX_RANK
            && Arrays.stream(dims).allMatch(d -> d > 0 && d <= bytes)
            && HostTensor.elements(dims) * Float.BYTES == bytes;
    return regular ? Optional.of(Shape.of(dims)) : Optional.empty();
  }

  private static void add(UnknownFieldSet.Builder rest, int tag, CodedInputStream in)
      throws IOException {
    if (!rest.mergeFieldFrom(tag, in)) {
      throw new InvalidProtocolBufferException("a group ends that did not begin");
    }
  }

  /** These fields again, of a message that lies so deep. */
  private CodedInputStream input(UnknownFieldSet.Builder fields, int depth) {
    CodedInputStream in = fields.build().toByteString().newCodedInput();
    in.enableAliasing(true);
    in.setRecursionLimit(mostNesting - depth);
    return in;
  }

  private static int tag(int field) {
    return field << 3 | WireFormat.WIRETYPE_LENGTH_DELIMITED;
  }
}
