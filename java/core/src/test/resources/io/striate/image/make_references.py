"""Makes the reference files of this folder with Pillow (made with 9.4.0 and libjpeg-turbo 6.2 API).

resize.tsv: source and target size, channels, filter, CRC-32 of the result. The source pixels are the bytes of a
linear congruential generator, see pixels().
jpeg-*.jpg, png-*.png, ...: small pictures of every kind; decoded.tsv: what Pillow makes of them (after convert("RGB"),
or "L" for grey ones), as size, channels and hexadecimal pixels.
"""

import io
import os
import random
import struct
import zlib

from PIL import Image

HERE = os.path.dirname(os.path.abspath(__file__))
FILTERS = {
    "nearest": Image.NEAREST,
    "box": Image.BOX,
    "bilinear": Image.BILINEAR,
    "hamming": Image.HAMMING,
    "bicubic": Image.BICUBIC,
    "lanczos": Image.LANCZOS,
}
SIZES = [
    (1, 1, 1, 1), (1, 1, 5, 7), (7, 5, 1, 1), (2, 3, 3, 2), (5, 5, 5, 5), (32, 32, 28, 28), (28, 28, 32, 32),
    (50, 37, 50, 20), (50, 37, 20, 37), (64, 48, 31, 29), (31, 29, 64, 48), (100, 75, 99, 74), (97, 101, 13, 11),
    (200, 3, 7, 30), (376, 263, 366, 256), (333, 500, 256, 384), (845, 563, 384, 256), (17, 300, 256, 4514),
]


def pixels(count):
    state = 12345
    out = bytearray()
    for _ in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        out.append(state >> 16 & 255)
    return bytes(out)


def resize():
    with open(os.path.join(HERE, "resize.tsv"), "w") as out:
        for w, h, tw, th in SIZES:
            for channels, mode in ((1, "L"), (3, "RGB")):
                image = Image.frombytes(mode, (w, h), pixels(w * h * channels))
                for name, code in FILTERS.items():
                    crc = zlib.crc32(image.resize((tw, th), code).tobytes())
                    print(w, h, tw, th, channels, name, "%08x" % crc, sep="\t", file=out)


def smooth(w, h, mode):
    n = len(mode)
    random.seed(1)
    data = bytearray()
    for y in range(h):
        for x in range(w):
            for c in range(n):
                data.append(min(255, max(0, (x * (9 - 3 * c) + y * (2 + 5 * c) + 40 * c + random.randrange(9)) % 256)))
    return Image.frombytes(mode, (w, h), bytes(data))


def jpeg(image, **options):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=88, **options)
    return out.getvalue()


def segments(data):
    """Splits a JPEG into its header segments and the rest from SOS on."""
    at, parts = 2, []
    while data[at + 1] != 0xDA:
        length = struct.unpack(">H", data[at + 2 : at + 4])[0]
        parts.append(data[at : at + 2 + length])
        at += 2 + length
    return parts, data[at:]


def without_app(data):
    parts, rest = segments(data)
    return [p for p in parts if p[1] not in (0xE0, 0xEE)], rest


def join(parts, rest):
    return b"\xff\xd8" + b"".join(parts) + rest


def adobe(transform):
    return b"\xff\xee\x00\x0eAdobe\x00\x64\x00\x00\x00\x00" + bytes([transform])


def exif(orientation, order):
    tiff = (b"MM" if order == ">" else b"II") + struct.pack(order + "HIHHHIHHI", 42, 8, 1, 0x112, 3, 1, orientation, 0, 0)
    body = b"Exif\0\0" + tiff
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def rename(parts, rest, ids):
    out = []
    for p in parts:
        if p[1] == 0xC0:
            p = bytearray(p)
            for i, c in enumerate(ids):
                p[10 + 3 * i] = c
            p = bytes(p)
        out.append(p)
    rest = bytearray(rest)
    for i, c in enumerate(ids):
        rest[5 + 2 * i] = c
    return join(out, bytes(rest))


def pictures():
    rgb, grey, cmyk = smooth(21, 13, "RGB"), smooth(21, 13, "L"), smooth(21, 13, "CMYK")
    files = {
        "jpeg-grey.jpg": jpeg(grey),
        "jpeg-444.jpg": jpeg(rgb, subsampling=0),
        "jpeg-422.jpg": jpeg(rgb, subsampling=1),
        "jpeg-420.jpg": jpeg(rgb, subsampling=2),
        "jpeg-progressive.jpg": jpeg(rgb, subsampling=2, progressive=True),
        "jpeg-cmyk.jpg": jpeg(cmyk),
    }
    parts, rest = without_app(files["jpeg-cmyk.jpg"])
    files["jpeg-ycck.jpg"] = join([adobe(2)] + parts, rest)
    parts, rest = without_app(files["jpeg-444.jpg"])
    files["jpeg-no-marker-444.jpg"] = join(parts, rest)
    files["jpeg-rgb-adobe.jpg"] = join([adobe(0)] + parts, rest)
    files["jpeg-rgb-ids.jpg"] = rename(parts, rest, b"RGB")
    files["jpeg-odd-ids.jpg"] = rename(parts, rest, b"\x00\x01\x02")
    # 16x16 pixels are two blocks of luma per unit in 4:2:2 and in 4:4:0, so one may be declared to be the other.
    parts, rest = segments(jpeg(smooth(16, 16, "RGB"), subsampling=1))
    files["jpeg-440.jpg"] = join([p.replace(b"\x01\x21\x00", b"\x01\x12\x00") for p in parts], rest)
    files["jpeg-440-cut.jpg"] = files["jpeg-440.jpg"].replace(b"\x08\x00\x10\x00\x10", b"\x08\x00\x0b\x00\x0d")
    parts, rest = segments(files["jpeg-grey.jpg"])
    for orientation in range(1, 9):
        order = ">" if orientation % 2 else "<"
        files["exif-%d.jpg" % orientation] = join([exif(orientation, order)] + parts, rest)
    for name, image in {
        "png-rgb.png": rgb,
        "png-grey.png": grey,
        "png-rgba.png": smooth(21, 13, "RGBA"),
        "png-grey-alpha.png": smooth(21, 13, "LA"),
        "png-palette.png": rgb.quantize(17),
        "png-bilevel.png": grey.convert("1"),
        "gif-palette.gif": rgb.quantize(40),
        "bmp-rgb.bmp": rgb,
        "bmp-palette.bmp": rgb.quantize(9),
        "bmp-grey.bmp": grey,
    }.items():
        out = io.BytesIO()
        image.save(out, name.split(".")[-1].upper())
        files[name] = out.getvalue()
    with open(os.path.join(HERE, "decoded.tsv"), "w") as out:
        for name, data in sorted(files.items()):
            with open(os.path.join(HERE, name), "wb") as file:
                file.write(data)
            image = Image.open(io.BytesIO(data))
            if name.startswith("exif"):
                from PIL import ImageOps

                image = ImageOps.exif_transpose(image)
            mode = "L" if image.mode in ("L", "LA", "1") else "RGB"
            image = image.convert(mode)
            print(name, image.width, image.height, len(mode), image.tobytes().hex(), sep="\t", file=out)


if __name__ == "__main__":
    resize()
    pictures()
