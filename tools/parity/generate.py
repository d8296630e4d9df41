#!/usr/bin/env python3
"""Reference answers of PyTorch, for the parity test of the zoo.

generate.py OUT [NAME...]           weights, input and the output of every layer, as safetensors
generate.py --tables DIR [NAME...]  one text table per network: name, shape, parameters, MACs

Networks are torchvision's, or those of nets.py where it has none. Layers are named as
torchvision.models.feature_extraction names them. Weights are drawn from a
fixed seed, batch-norm statistics included, so that no layer is without effect. Needs torch and
torchvision (Debian: python3-torch, python3-torchvision); see README.md.
"""

import argparse
import json
import math
import pathlib
import struct
import warnings

import numpy
import torch
import torchvision
from torch import fx, nn
from torchvision.models.feature_extraction import NodePathTracer

import nets

SEED = 20
# The zoo's name: torchvision's name, side of the input.
TORCHVISION = {
    "alexnet": ("alexnet", 224),
    "vgg11": ("vgg11", 224),
    "vgg11_bn": ("vgg11_bn", 224),
    "vgg13": ("vgg13", 224),
    "vgg13_bn": ("vgg13_bn", 224),
    "vgg16": ("vgg16", 224),
    "vgg16_bn": ("vgg16_bn", 224),
    "vgg19": ("vgg19", 224),
    "vgg19_bn": ("vgg19_bn", 224),
    "googlenet": ("googlenet", 224),
    "inception_v3": ("inception_v3", 299),
    "resnet18": ("resnet18", 224),
    "resnet34": ("resnet34", 224),
    "resnet50": ("resnet50", 224),
    "resnet101": ("resnet101", 224),
    "resnet152": ("resnet152", 224),
    "squeezenet1.0": ("squeezenet1_0", 224),
    "squeezenet1.1": ("squeezenet1_1", 224),
    "mobilenet_v2": ("mobilenet_v2", 224),
    "densenet121": ("densenet121", 224),
    "efficientnet_b0": ("efficientnet_b0", 224),
}
NAMES = [*TORCHVISION, *nets.all_nets()]
# Enough for every kind of layer; the others only make larger files of the same.
DEFAULT = [
    "alexnet",
    "vgg16",
    "googlenet",
    "inception_v3",
    "resnet18",
    "resnet50",
    "squeezenet1.0",
    "squeezenet1.1",
    "mobilenet_v2",
    "densenet121",
    "efficientnet_b0",
    "googlenet_paper",
    "inception_v4",
    "se_resnet50",
    "se_inception",
    "mobilenet_v1",
    "resnet50_original",
    "plain34",
    "resnet20",
    "resnet20_b",
]


class Tracer(NodePathTracer):
    """Goes into every module but PyTorch's own layers."""

    def is_leaf_module(self, module, name):
        if isinstance(module, (torchvision.ops.StochasticDepth, nets.Leaf)):
            return True
        return module.__module__.startswith("torch.nn") and not isinstance(
            module, (nn.Sequential, nn.ModuleList, nn.ModuleDict)
        )


class Recorder(fx.Interpreter):
    """Runs a traced network and keeps the result of every layer."""

    def __init__(self, module, names):
        super().__init__(module)
        self.names = names  # by fx's own name of the node
        self.rows = []  # (name, node, result)

    def run_node(self, node):
        result = super().run_node(node)
        if isinstance(result, torch.Tensor) and node.op not in ("placeholder", "output"):
            self.rows.append((self.names[node.name], node, result.clone()))
        return result

    def is_identity(self, node):
        """Layers that do nothing in inference and that the zoo leaves out."""
        if node.op == "call_module":
            return isinstance(self.module.get_submodule(node.target), torchvision.ops.StochasticDepth)
        return node.target is torch.cat and len(node.all_input_nodes) == 1


def draw(model, image, heads):
    """He-normal weights; batch-norm statistics of the image's size, so that no value explodes."""
    generator = torch.Generator().manual_seed(SEED)

    def normal(shape, mean, deviation):
        return torch.randn(shape, generator=generator) * deviation + mean

    model.eval()
    model.training = heads  # or torchvision would not run the auxiliary heads
    norms = [m for m in model.modules() if isinstance(m, nn.BatchNorm2d)]
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, (nn.Conv2d, nn.Linear)):
                fan_in = module.weight[0].numel()
                module.weight.copy_(normal(module.weight.shape, 0, math.sqrt(2 / fan_in)))
                if module.bias is not None:
                    module.bias.copy_(normal(module.bias.shape, 0, 0.05))
            elif module in norms:
                module.weight.copy_(normal(module.weight.shape, 1, 0.1))
                module.bias.copy_(normal(module.bias.shape, 0, 0.1))
                module.momentum = 1
                module.train()
        model(torch.cat([image, -image]))
        for module in norms:
            # Second moments, not variances about the mean: subtracting a large common mean would
            # cancel digits in every layer and measure only that.
            moment = module.running_var + module.running_mean**2
            module.running_mean.copy_(normal(moment.shape, 0, 0.1) * moment.sqrt())
            module.running_var.copy_(moment * normal(moment.shape, 1, 0.1).clamp(0.5, 1.5))
    model.eval()


def build(name, weights=True):
    """The network and its layers' results for one seeded image."""
    if name in TORCHVISION:
        constructor, side = TORCHVISION[name]
        extra = {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
        model = getattr(torchvision.models, constructor)(weights=None, **extra)
    else:
        body, side = nets.all_nets()[name]
        model = nets.Net(body, side)
    image = torch.randn((1, 3, side, side), generator=torch.Generator().manual_seed(SEED))
    heads = name in ("googlenet", "inception_v3")
    if weights:
        draw(model, image, heads)
    # torchvision's heads are only in the training graph; layers run in inference mode all the same.
    model.train(mode=heads)
    tracer = Tracer()
    graph = tracer.trace(model)
    model.eval()
    traced = fx.GraphModule(model, graph)
    recorder = Recorder(traced, {n.name: q for n, q in tracer.node_to_qualname.items()})
    for node in traced.graph.nodes:  # or a layer's result would be overwritten by the activation behind it
        if "inplace" in node.kwargs:
            node.kwargs = {**node.kwargs, "inplace": False}
    for module in model.modules():
        if hasattr(module, "inplace"):
            module.inplace = False
    with torch.no_grad():
        recorder.run(image)
        plain = model(image)
        plain = plain[0] if isinstance(plain, tuple) else plain
    if not any(torch.equal(result, plain) for _, _, result in recorder.rows):
        raise RuntimeError(f"{name}: the traced layers do not give the network's own answer")
    return model, recorder, image, plain


def save_safetensors(path, tensors):
    header, offset = {}, 0
    for name, t in tensors.items():
        size = t.numel() * 4
        header[name] = {"dtype": "F32", "shape": list(t.shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text)
        for t in tensors.values():
            f.write(t.detach().contiguous().numpy().astype(numpy.float32).tobytes())


def save_parity(out, name):
    model, recorder, image, plain = build(name)
    folder = out / name
    folder.mkdir(parents=True, exist_ok=True)
    state = {k: v for k, v in model.state_dict().items() if not k.endswith("num_batches_tracked")}
    save_safetensors(folder / "weights.safetensors", state)
    save_safetensors(folder / "input.safetensors", {"input": image, "output": plain})
    layers = {n: r for n, node, r in recorder.rows if not recorder.is_identity(node)}
    save_safetensors(folder / "layers.safetensors", layers)
    print(f"{name}: {len(state)} tensors, {len(layers)} layers, largest logit {plain.abs().max():.4g}")


def macs(recorder, node, result):
    if node.op != "call_module":
        return 0
    module = recorder.module.get_submodule(node.target)
    if isinstance(module, (nn.Conv2d, nn.Linear)):
        return result.numel() * module.weight[0].numel()
    return 0


def save_table(out, name):
    model, recorder, _, _ = build(name, weights=False)
    origin = f"torchvision {torchvision.__version__}" if name in TORCHVISION else "tools/parity/nets.py"
    lines = [f"# {name} of {origin}, one image: layer, output, parameters, MACs"]
    for layer, node, result in recorder.rows:
        if recorder.is_identity(node):
            continue
        count = 0
        if node.op == "call_module":
            count = sum(p.numel() for p in recorder.module.get_submodule(node.target).parameters())
        shape = "x".join(str(d) for d in result.shape)
        lines.append(f"{layer} {shape} {count} {macs(recorder, node, result)}")
    lines.append(f"total {sum(p.numel() for p in model.parameters())}")
    (out / f"{name}.txt").write_text("\n".join(lines) + "\n")
    print(lines[-1], name)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(NAMES)}")
    parser.add_argument("--tables", action="store_true", help="write layer tables instead of tensors")
    arguments = parser.parse_args()
    for name in arguments.names:
        if name not in NAMES:
            parser.error(f"there is no network {name}; choose from {', '.join(NAMES)}")
    warnings.simplefilter("ignore")
    torch.set_num_threads(1)
    arguments.out.mkdir(parents=True, exist_ok=True)
    for name in arguments.names or (NAMES if arguments.tables else DEFAULT):
        (save_table if arguments.tables else save_parity)(arguments.out, name)


if __name__ == "__main__":
    main()
