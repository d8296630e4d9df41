"""Networks that torchvision does not have, in PyTorch, written from the papers.

Layers bear the names that the zoo gives them. Each function is the whole network: `net` makes a
layer when it is first run and finds it again later.
"""

import functools

import torch
from torch import nn


class Net(nn.Module):
    """A network of named layers around one function."""

    def __init__(self, body, side):
        super().__init__()
        self.body = body
        with torch.no_grad():
            self(torch.zeros(2, 3, side, side))  # gives every lazy layer its shape

    def forward(self, x):
        return self.body(self, x)

    def put(self, name, make, *inputs):
        """The layer of that name on the inputs; `make` makes it when there is none."""
        *parents, last = name.split(".")
        module = self
        for part in parents:
            if part not in module._modules:
                module.add_module(part, nn.Module())
            module = module._modules[part]
        if last not in module._modules:
            module.add_module(last, make())
        return module._modules[last](*inputs)

    def conv(self, name, x, filters, kernel, **options):
        return self.put(name, lambda: nn.LazyConv2d(filters, kernel, **options), x)

    def bn(self, name, x, eps=1e-5):
        return self.put(name, lambda: nn.LazyBatchNorm2d(eps=eps), x)

    def rectify(self, name, x):
        return self.put(name, nn.ReLU, x)

    def dense(self, name, x, units):
        return self.put(name, lambda: nn.LazyLinear(units), x)

    def cat(self, name, *xs):
        return self.put(name, Concat, *xs)


class Leaf(nn.Module):
    """A layer that counts as one."""


class Concat(Leaf):
    def forward(self, *xs):
        return torch.cat(xs, 1)


class Add(Leaf):
    def forward(self, a, b):
        return a + b


class Multiply(Leaf):
    def forward(self, a, b):
        return a * b


class Subsample(Leaf):
    def forward(self, x):
        return x[:, :, ::2, ::2]


class PadChannels(Leaf):
    def __init__(self, count):
        super().__init__()
        self.count = count

    def forward(self, x):
        return nn.functional.pad(x, (0, 0, 0, 0, self.count, self.count))


def classifier(net, x, pool, fc, classes, dropout=None):
    x = net.put(pool, lambda: nn.AdaptiveAvgPool2d(1), x)
    x = net.put("flatten", nn.Flatten, x)
    if dropout is not None:
        x = net.put("dropout", lambda: nn.Dropout(dropout), x)
    return net.dense(fc, x, classes)


def conv_bn(net, x, conv, bn, filters, kernel, stride=1):
    x = net.conv(conv, x, filters, kernel, stride=stride, padding=kernel // 2, bias=False)
    return net.bn(bn, x)


# Residual networks, He et al. 2015


def cifar_resnet(net, x, layers, shortcut):
    """Section 4.2: 6n+2 layers."""
    x = net.rectify("relu", conv_bn(net, x, "conv1", "bn1", 16, 3))
    for stage, width in enumerate((16, 32, 64)):
        for i in range((layers - 2) // 6):
            name = f"layer{stage + 1}.{i}."
            changes = stage > 0 and i == 0
            y = conv_bn(net, x, name + "conv1", name + "bn1", width, 3, 2 if changes else 1)
            y = net.rectify(name + "relu", y)
            y = conv_bn(net, y, name + "conv2", name + "bn2", width, 3)
            if changes and shortcut == "A":
                x = net.put(name + "shortcut.subsample", Subsample, x)
                x = net.put(name + "shortcut.pad", functools.partial(PadChannels, width // 4), x)
            elif changes and shortcut == "B":
                x = conv_bn(net, x, name + "shortcut.0", name + "shortcut.1", width, 1, 2)
            y = net.put(name + "add", Add, y, x) if shortcut else y
            x = net.rectify(name + "relu_1", y)
    return classifier(net, x, "avgpool", "linear", 10)


def resnet(net, x, depths, bottleneck, stride_first=False, shortcuts=True, excited=False):
    """Table 1."""
    x = net.rectify("relu", conv_bn(net, x, "conv1", "bn1", 64, 7, 2))
    x = net.put("maxpool", lambda: nn.MaxPool2d(3, 2, 1), x)
    channels = 64
    for stage, depth in enumerate(depths):
        width = 64 << stage
        out = width * 4 if bottleneck else width
        for i in range(depth):
            name, stride = f"layer{stage + 1}.{i}.", 2 if stage > 0 and i == 0 else 1
            if bottleneck:
                first, second = (stride, 1) if stride_first else (1, stride)
                y = conv_bn(net, x, name + "conv1", name + "bn1", width, 1, first)
                y = net.rectify(name + "relu", y)
                y = conv_bn(net, y, name + "conv2", name + "bn2", width, 3, second)
                y = net.rectify(name + "relu_1", y)
                y = conv_bn(net, y, name + "conv3", name + "bn3", out, 1)
            else:
                y = conv_bn(net, x, name + "conv1", name + "bn1", width, 3, stride)
                y = net.rectify(name + "relu", y)
                y = conv_bn(net, y, name + "conv2", name + "bn2", out, 3)
            if excited:
                y = excite(net, y, name + "se", out)
            if shortcuts:
                if stride == 2 or channels != out:
                    x = conv_bn(net, x, name + "downsample.0", name + "downsample.1", out, 1, stride)
                y = net.put(name + "add", Add, y, x)
            x = net.rectify(name + ("relu_2" if bottleneck else "relu_1"), y)
            channels = out
    return classifier(net, x, "avgpool", "fc", 1000)


def excite(net, x, name, channels):
    """Hu et al. 2017, section 3."""
    z = net.put(name + ".avgpool", lambda: nn.AdaptiveAvgPool2d(1), x)
    z = net.rectify(name + ".activation", net.conv(name + ".fc1", z, channels // 16, 1))
    z = net.put(name + ".scale_activation", nn.Sigmoid, net.conv(name + ".fc2", z, channels, 1))
    return net.put(name + ".mul", Multiply, x, z)


# MobileNet v1, Howard et al. 2017, table 1


def mobilenet_v1(net, x):
    x = net.rectify("relu", conv_bn(net, x, "conv1", "bn1", 32, 3, 2))
    strides = (1, 2, 1, 2, 1, 2, 1, 1, 1, 1, 1, 2, 1)
    widths = (32, 64, 128, 128, 256, 256, 512, 512, 512, 512, 512, 512, 1024, 1024)
    for i, stride in enumerate(strides):
        name = f"block{i + 1}."
        x = net.conv(
            name + "depthwise", x, widths[i], 3, stride=stride, padding=1, groups=widths[i], bias=False
        )
        x = net.rectify(name + "relu", net.bn(name + "bn1", x))
        x = conv_bn(net, x, name + "pointwise", name + "bn2", widths[i + 1], 1)
        x = net.rectify(name + "relu_1", x)
    return classifier(net, x, "avgpool", "fc", 1000)


# GoogLeNet, Szegedy et al. 2014: table 1

INCEPTION = {
    "3a": (64, 96, 128, 16, 32, 32),
    "3b": (128, 128, 192, 32, 96, 64),
    "4a": (192, 96, 208, 16, 48, 64),
    "4b": (160, 112, 224, 24, 64, 64),
    "4c": (128, 128, 256, 24, 64, 64),
    "4d": (112, 144, 288, 32, 64, 64),
    "4e": (256, 160, 320, 32, 128, 128),
    "5a": (256, 160, 320, 32, 128, 128),
    "5b": (384, 192, 384, 48, 128, 128),
}


def googlenet_paper(net, x):
    """With both heads; names are those of Caffe's model."""

    def conv(x, group, name, filters, kernel, **options):
        x = net.conv(f"{group}.{name}", x, filters, kernel, padding=kernel // 2, **options)
        return net.rectify(f"{group}.relu_{name.removesuffix('_s2')}", x)

    def pool(x, group):
        return net.put(f"{group}.3x3_s2", lambda: nn.MaxPool2d(3, 2, ceil_mode=True), x)

    def lrn(x, name):
        return net.put(name, lambda: nn.LocalResponseNorm(5, 1e-4, 0.75, 1), x)

    def head(x, name):
        x = net.put(f"{name}.ave_pool", lambda: nn.AvgPool2d(5, 3), x)
        x = conv(x, name, "conv", 128, 1)
        x = net.put(f"{name}.flatten", nn.Flatten, x)
        x = net.rectify(f"{name}.relu_fc", net.dense(f"{name}.fc", x, 1024))
        x = net.put(f"{name}.drop_fc", lambda: nn.Dropout(0.7), x)
        return net.dense(f"{name}.classifier", x, 1000)

    x = conv(x, "conv1", "7x7_s2", 64, 7, stride=2)
    x = lrn(pool(x, "pool1"), "pool1.norm1")
    x = conv(conv(x, "conv2", "3x3_reduce", 64, 1), "conv2", "3x3", 192, 3)
    x = pool(lrn(x, "conv2.norm2"), "pool2")
    heads = []
    for module, (c1, r3, c3, r5, c5, proj) in INCEPTION.items():
        name = "inception_" + module
        one = conv(x, name, "1x1", c1, 1)
        three = conv(conv(x, name, "3x3_reduce", r3, 1), name, "3x3", c3, 3)
        five = conv(conv(x, name, "5x5_reduce", r5, 1), name, "5x5", c5, 5)
        pooled = net.put(name + ".pool", lambda: nn.MaxPool2d(3, 1, 1), x)
        x = net.cat(name + ".output", one, three, five, conv(pooled, name, "pool_proj", proj, 1))
        if module in ("3b", "4e"):
            x = pool(x, "pool" + module[0])
        if module in ("4a", "4d"):
            heads.append(head(x, f"loss{len(heads) + 1}"))
    x = net.put("pool5.7x7_s1", lambda: nn.AvgPool2d(7, 1), x)
    x = net.put("pool5.flatten", nn.Flatten, x)
    x = net.put("pool5.drop_7x7_s1", lambda: nn.Dropout(0.4), x)
    return (net.dense("loss3.classifier", x, 1000), *heads)


def unit(net, x, name, filters, kernel, stride=1, padding=None):
    """Convolution, batch normalisation, ReLU of the Inception networks; padding keeps the size."""
    if padding is None:
        padding = (kernel[0] // 2, kernel[1] // 2) if isinstance(kernel, tuple) else kernel // 2
    x = net.conv(name + ".conv", x, filters, kernel, stride=stride, padding=padding, bias=False)
    return net.rectify(name + ".relu", net.bn(name + ".bn", x, eps=0.001))


def se_inception(net, x):
    """torchvision's GoogLeNet with squeeze and excitation behind each module."""

    def pool(x, stage, size=3):
        return net.put(f"maxpool{stage}", lambda: nn.MaxPool2d(size, 2, ceil_mode=True), x)

    x = pool(unit(net, x, "conv1", 64, 7, 2), 1)
    x = pool(unit(net, unit(net, x, "conv2", 64, 1), "conv3", 192, 3), 2)
    for module, (c1, r3, c3, r5, c5, proj) in INCEPTION.items():
        name = "inception" + module
        one = unit(net, x, name + ".branch1", c1, 1)
        three = unit(net, unit(net, x, name + ".branch2.0", r3, 1), name + ".branch2.1", c3, 3)
        five = unit(net, unit(net, x, name + ".branch3.0", r5, 1), name + ".branch3.1", c5, 3)
        pooled = net.put(name + ".branch4.0", lambda: nn.MaxPool2d(3, 1, 1, ceil_mode=True), x)
        pooled = unit(net, pooled, name + ".branch4.1", proj, 1)
        x = net.cat(name + ".cat", one, three, five, pooled)
        x = excite(net, x, name + ".se", c1 + c3 + c5 + proj)
        if module in ("3b", "4e"):
            x = pool(x, module[0], 3 if module == "3b" else 2)
    return classifier(net, x, "avgpool", "fc", 1000, dropout=0.2)


# Inception-v4, Szegedy et al. 2016: figures 3 to 9


def inception_v4(net, x):
    def chain(x, name, *units):
        for i, (filters, kernel, *rest) in enumerate(units):
            x = unit(net, x, f"{name}.{i}" if len(units) > 1 else name, filters, kernel, *rest)
        return x

    def pool(x, name):
        return net.put(name, lambda: nn.MaxPool2d(3, 2), x)

    def pooled(x, name, filters):
        x = net.put(name + ".0", lambda: nn.AvgPool2d(3, 1, 1, count_include_pad=False), x)
        return unit(net, x, name + ".1", filters, 1)

    def stem(x):
        x = unit(net, x, "features.0", 32, 3, 2, 0)
        x = unit(net, x, "features.1", 32, 3, 1, 0)
        x = unit(net, x, "features.2", 64, 3)
        x = net.cat("features.3.cat", pool(x, "features.3.maxpool"), chain(x, "features.3.conv", (96, 3, 2, 0)))
        x = net.cat(
            "features.4.cat",
            chain(x, "features.4.branch0", (64, 1), (96, 3, 1, 0)),
            chain(x, "features.4.branch1", (64, 1), (64, (1, 7)), (64, (7, 1)), (96, 3, 1, 0)),
        )
        return net.cat("features.5.cat", chain(x, "features.5.conv", (192, 3, 2, 0)), pool(x, "features.5.maxpool"))

    def block_a(x, n):
        return net.cat(
            n + ".cat",
            chain(x, n + ".branch0", (96, 1)),
            chain(x, n + ".branch1", (64, 1), (96, 3)),
            chain(x, n + ".branch2", (64, 1), (96, 3), (96, 3)),
            pooled(x, n + ".branch3", 96),
        )

    def block_b(x, n):
        return net.cat(
            n + ".cat",
            chain(x, n + ".branch0", (384, 1)),
            chain(x, n + ".branch1", (192, 1), (224, (1, 7)), (256, (7, 1))),
            chain(x, n + ".branch2", (192, 1), (192, (7, 1)), (224, (1, 7)), (224, (7, 1)), (256, (1, 7))),
            pooled(x, n + ".branch3", 128),
        )

    def block_c(x, n):
        one = chain(x, n + ".branch0", (256, 1))
        b = unit(net, x, n + ".branch1_0", 384, 1)
        three = net.cat(
            n + ".cat",
            unit(net, b, n + ".branch1_1a", 256, (1, 3)),
            unit(net, b, n + ".branch1_1b", 256, (3, 1)),
        )
        b = unit(net, x, n + ".branch2_0", 384, 1)
        b = unit(net, b, n + ".branch2_1", 448, (3, 1))
        b = unit(net, b, n + ".branch2_2", 512, (1, 3))
        twice = net.cat(
            n + ".cat_1",
            unit(net, b, n + ".branch2_3a", 256, (1, 3)),
            unit(net, b, n + ".branch2_3b", 256, (3, 1)),
        )
        return net.cat(n + ".cat_2", one, three, twice, pooled(x, n + ".branch3", 256))

    x = stem(x)
    for i in range(6, 10):
        x = block_a(x, f"features.{i}")
    x = net.cat(
        "features.10.cat",
        chain(x, "features.10.branch0", (384, 3, 2, 0)),
        chain(x, "features.10.branch1", (192, 1), (224, 3), (256, 3, 2, 0)),
        pool(x, "features.10.branch2"),
    )
    for i in range(11, 18):
        x = block_b(x, f"features.{i}")
    x = net.cat(
        "features.18.cat",
        chain(x, "features.18.branch0", (192, 1), (192, 3, 2, 0)),
        chain(x, "features.18.branch1", (256, 1), (256, (1, 7)), (320, (7, 1)), (320, 3, 2, 0)),
        pool(x, "features.18.branch2"),
    )
    for i in range(19, 22):
        x = block_c(x, f"features.{i}")
    return classifier(net, x, "avgpool", "last_linear", 1000, dropout=0.2)


def all_nets():
    """The zoo's name: function, side of the input."""
    nets = {
        "googlenet_paper": (googlenet_paper, 224),
        "inception_v4": (inception_v4, 299),
        "se_inception": (se_inception, 224),
        "mobilenet_v1": (mobilenet_v1, 224),
    }
    depths = {18: (2, 2, 2, 2), 34: (3, 4, 6, 3), 50: (3, 4, 6, 3), 101: (3, 4, 23, 3), 152: (3, 8, 36, 3)}
    part = functools.partial
    for n in (50, 101, 152):
        body = part(resnet, depths=depths[n], bottleneck=True, stride_first=True)
        nets[f"resnet{n}_original"] = (body, 224)
    for n in (18, 34):
        nets[f"plain{n}"] = (part(resnet, depths=depths[n], bottleneck=False, shortcuts=False), 224)
    nets["se_resnet50"] = (part(resnet, depths=depths[50], bottleneck=True, excited=True), 224)
    for n in (20, 32, 44, 56, 110):
        nets[f"resnet{n}"] = (part(cifar_resnet, layers=n, shortcut="A"), 32)
        nets[f"resnet{n}_b"] = (part(cifar_resnet, layers=n, shortcut="B"), 32)
        nets[f"plain{n}"] = (part(cifar_resnet, layers=n, shortcut=None), 32)
    return nets
