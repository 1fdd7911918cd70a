"""One whole step of a narrow model in plain PyTorch and double precision: terms of the loss, the gradient of every
parameter and one update by LARS from a momentum. Weights and images are made of a counter, so that the file holds what
came out alone. src/train/recordedStep.gpu.test.ts holds our step to it. For a machine with Debian's python3-torch:

    /usr/bin/python3 e2e/parity/recorded.py > e2e/parity/recorded.json
"""

import json
import math

import numpy as np
import torch

import method
from fixtures import checksum

torch.set_num_threads(1)

SHAPE = {"width": 4, "hidden": 16, "out": 16, "channels": 8, "levelSize": 8, "imageSize": 32, "films": 8}
HYPER = {"rate": 0.3, "momentum": 0.9, "weightDecay": 1e-4, "trustCoefficient": 0.01}


def uniform(stream, size):
    """Numbers in [0, 1), by a stream and their place in it: the finaliser of MurmurHash3."""
    x = np.arange(size, dtype=np.uint32) + np.uint32(stream << 20 & 0xFFFFFFFF)
    for shift, factor in [(16, 0x85EBCA6B), (13, 0xC2B2AE35)]:
        x = (x ^ (x >> np.uint32(shift))) * np.uint32(factor)
    return (x ^ (x >> np.uint32(16))).astype(np.float64) / 2**32


def bounds(name, shape):
    """Least and largest of a tensor's numbers."""
    if name.endswith("running_var"):
        return 0.5, 1.5
    if len(shape) == 1:
        return (0.6, 1.4) if name.endswith("weight") else (-0.2, 0.2)
    fan = math.prod(shape[1:])
    return -math.sqrt(3 / fan), math.sqrt(3 / fan)


def drawn(stream, name, shape):
    least, most = bounds(name, shape)
    values = least + (most - least) * uniform(stream, math.prod(shape))
    return torch.tensor(values.astype(np.float32)).reshape(shape)


def images():
    """Both views, [2, N, 3, S, S]: the second is the first with another film mixed in."""
    n, size = SHAPE["films"], SHAPE["imageSize"]
    first, other = (3 * uniform(stream, n * 3 * size * size) - 1.5 for stream in (1000, 1001))
    views = np.stack([first, 0.8 * first + 0.4 * other]).astype(np.float32)
    return torch.tensor(views).reshape(2, n, 3, size, size).double()


def main():
    generator = torch.Generator().manual_seed(0)
    example = method.random_state(generator, SHAPE["width"], SHAPE["hidden"], SHAPE["out"], SHAPE["channels"])
    shapes = {name: list(t.shape) for name, t in example.items() if t.dtype != torch.int64}
    start = {name: drawn(i, name, shape) for i, (name, shape) in enumerate(shapes.items())}
    counters = {name: t for name, t in example.items() if t.dtype == torch.int64}
    state = method.fresh({**start, **counters})
    model = method.Model(state, SHAPE["levelSize"])
    losses, _, _ = model.losses(*images())
    losses["total"].backward()

    parameters = {name: state[name] for name in shapes if not method.is_buffer(name)}
    gradients = {name: p.grad.clone() for name, p in parameters.items()}
    momentum = {name: 1e-3 * (torch.tensor(uniform(2000 + i, p.numel())).reshape(p.shape).float().double() - 0.5)
                for i, (name, p) in enumerate(parameters.items())}
    momentum = {name: m.float().double() for name, m in momentum.items()}
    method.lars(parameters, momentum, HYPER["rate"], HYPER["weightDecay"], HYPER["trustCoefficient"])

    figures = lambda t: [float(f"{v:.9g}") for v in (t.double().norm().item(), checksum(t))]
    write({
        "shape": SHAPE,
        "hyper": HYPER,
        "tensors": shapes,
        "losses": {name: value.item() for name, value in losses.items()},
        # Norm and order-sensitive sum of each.
        "gradients": {name: figures(g) for name, g in gradients.items()},
        "moved": {name: figures(p.detach() - start[name].double()) for name, p in parameters.items()},
        "buffers": {name: figures(state[name]) for name in shapes if method.is_buffer(name)},
    })


def write(tables):
    """JSON with an entry a line."""
    row = lambda entry: f"    {json.dumps(entry[0])}: {json.dumps(entry[1])}"
    table = lambda entries: "{\n" + ",\n".join(map(row, entries.items())) + "\n  }"
    print("{\n" + ",\n".join(f"  {json.dumps(name)}: {table(entries)}" for name, entries in tables.items()) + "\n}")


main()
