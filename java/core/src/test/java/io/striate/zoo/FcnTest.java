package io.striate.zoo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.striate.graph.Constant.Role;
import io.striate.nn.Model;
import io.striate.nn.Summary;
import io.striate.tensor.Shape;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** FCN: layer tables at 500×500, and an answer for every pixel of images of any size. */
class FcnTest {
  private static final String BACKBONE =
      """
      input    | 500x500x3
      conv1_1  | 698x698x64  | 64*3*3*3+64        | | 698*698*64*3*3*3
      conv1_2  | 698x698x64  | 64*3*3*64+64       | | 698*698*64*3*3*64
      pool1    | 349x349x64
      conv2_1  | 349x349x128 | 128*3*3*64+128     | | 349*349*128*3*3*64
      conv2_2  | 349x349x128 | 128*3*3*128+128    | | 349*349*128*3*3*128
      pool2    | 175x175x128
      conv3_1  | 175x175x256 | 256*3*3*128+256    | | 175*175*256*3*3*128
      conv3_2  | 175x175x256 | 256*3*3*256+256    | | 175*175*256*3*3*256
      conv3_3  | 175x175x256 | 256*3*3*256+256    | | 175*175*256*3*3*256
      pool3    | 88x88x256
      conv4_1  | 88x88x512   | 512*3*3*256+512    | | 88*88*512*3*3*256
      conv4_2  | 88x88x512   | 512*3*3*512+512    | | 88*88*512*3*3*512
      conv4_3  | 88x88x512   | 512*3*3*512+512    | | 88*88*512*3*3*512
      pool4    | 44x44x512
      conv5_1  | 44x44x512   | 512*3*3*512+512    | | 44*44*512*3*3*512
      conv5_2  | 44x44x512   | 512*3*3*512+512    | | 44*44*512*3*3*512
      conv5_3  | 44x44x512   | 512*3*3*512+512    | | 44*44*512*3*3*512
      pool5    | 22x22x512
      fc6      | 16x16x4096  | 4096*7*7*512+4096  | | 16*16*4096*7*7*512
      fc7      | 16x16x4096  | 4096*4096+4096     | | 16*16*4096*4096
      score_fr | 16x16x21    | 21*4096+21         | | 16*16*21*4096
      """;
  private static final String POOL4 =
      """
      upscore2    | 34x34x21 | 21*21*4*4 | | 16*16*21*21*4*4
      score_pool4 | 44x44x21 | 21*512+21 | | 44*44*21*512
      fuse_pool4  | 34x34x21
      """;
  private static final String POOL3 =
      """
      upscore_pool4 | 70x70x21 | 21*21*4*4 | | 34*34*21*21*4*4
      score_pool3   | 88x88x21 | 21*256+21 | | 88*88*21*256
      fuse_pool3    | 70x70x21
      """;

  private static Summary check(String name, String table, String end) {
    Model model = Zoo.of(name).build();
    Summary s = model.summary();
    // Crops rename elements: they take no memory, and one of them has the size of the image.
    LayerTable.check(s, table + end);
    assertEquals("500x500x21", LayerTable.output(s.row("score").output()));
    assertEquals(Shape.of(1, 21, 500, 500), model.graph().outputs().get(0).shape());
    return s;
  }

  /** Table 1 of the paper: 134 million parameters, receptive field 404, stride 32. */
  @Test
  void stride32() {
    Summary s = check("fcn32s_vgg16", BACKBONE, "upscore | 544x544x21 | | | 16*16*21*64*64");
    assertEquals(134_346_581, s.parameters());
    assertEquals(404, s.row("score_fr").receptiveField().get(0));
    assertEquals(32, s.row("score_fr").stride().get(0));
    long fixed = Zoo.of("fcn32s_vgg16").build().graph().elements(Role.FIXED);
    assertEquals(21 * 64 * 64, fixed);
  }

  @Test
  void stride16() {
    Summary s =
        check("fcn16s_vgg16", BACKBONE + POOL4, "upscore16 | 560x560x21 | | | 34*34*21*32*32");
    assertEquals(134_364_410, s.parameters());
  }

  @Test
  void stride8() {
    Summary s =
        check(
            "fcn8s_vgg16", BACKBONE + POOL4 + POOL3, "upscore8 | 568x568x21 | | | 70*70*21*16*16");
    assertEquals(134_376_863, s.parameters());
  }

  @ParameterizedTest
  @CsvSource({
    "1,1", "2,31", "32,32", "33,97", "224,224", "225,226", "333,500", "375,500", "511,640"
  })
  void outputHasTheSizeOfTheInput(long height, long width) {
    for (String name : new String[] {"fcn32s_vgg16", "fcn16s_vgg16", "fcn8s_vgg16"}) {
      Model model = Zoo.of(name).build(ZooOptions.defaults().withImage(height, width));
      assertEquals(Shape.of(1, 21, height, width), model.graph().outputs().get(0).shape(), name);
    }
  }

  /**
   * Where the scores are one everywhere, enlarging keeps them one: all weights of a pixel sum up.
   */
  @ParameterizedTest
  @ValueSource(ints = {8, 16, 32})
  void enlargingIsInterpolation(int stride) {
    Model model = Zoo.of("fcn" + stride + "s_vgg16").build();
    var fixed =
        model.graph().constants().entrySet().stream()
            .filter(e -> e.getValue().role() == Role.FIXED)
            .findFirst()
            .orElseThrow();
    float[] w = fixed.getValue().data().toArray();
    int size = 2 * stride;
    for (int y = 0; y < stride; y++) {
      for (int x = 0; x < stride; x++) {
        double sum = 0;
        for (int k = 0; k < 4; k++) {
          sum += w[(y + k / 2 * stride) * size + x + k % 2 * stride];
        }
        assertEquals(1, sum, 1e-6);
      }
    }
  }
}
