"""The training step of a configuration in PyTorch, for `npm run bench:native`: the published formulation (levels resized to
S x S, covariance as a D x D matrix) and the factored one (level operator P a P^T, Gram matrix where the batch is smaller
than D), which has the same value and gradients. float32; TF32 only where asked.

Reads a request a line, {"form": "published", "tf32": false, "steps": 1}, and answers each with a line
{"ms": per step, "loss": of the first}. {"form": "about"} answers with the device. Every form starts from the same weights.
"""

import argparse
import json
import os
import sys
import time

import torch
import torch.nn.functional as F

HERE = os.path.dirname(os.path.abspath(__file__))
for place in (HERE, os.path.join(HERE, "..", "..", "torch")):
    sys.path.insert(0, place)
import mlvicx  # noqa: E402
import tensorfile  # noqa: E402

CONVS = "encoder.resize_project.convs."


def covariance(c, factored):
    """Sum of squared off-diagonal covariances over D, of a column-centred embedding [N, D]."""
    n, d = c.shape
    if factored and n < d:
        gram = c @ c.T / (n - 1)
        return (gram.pow(2).sum() - c.pow(2).sum(0).div(n - 1).pow(2).sum()) / d
    cov = c.T @ c / (n - 1)
    return (cov.pow(2).sum() - cov.diagonal().pow(2).sum()) / d


def vicreg(a, b, weights, factored):
    total = weights["invariance"] * F.mse_loss(a, b)
    for z in (a, b):
        c = z - z.mean(0)
        std = torch.sqrt(z.var(0) + 1e-4)
        total = total + weights["variance"] * F.relu(1 - std).mean() / 2
        total = total + weights["covariance"] * covariance(c, factored)
    return total


def level_matrix(size, side, like):
    """P = pool(4 x S) bilinear(S x side), [4, side]."""
    rows = torch.eye(side, device=like.device, dtype=like.dtype).unsqueeze(0)
    resized = F.interpolate(rows, size, mode="linear", align_corners=False)
    return F.adaptive_avg_pool1d(resized, 4)[0].T.contiguous()


class Step:
    def __init__(self, state, images, config, device, factored):
        self.config, self.factored = config, factored
        shapes = {name: tensor.shape for name, tensor in state.items()}
        model = mlvicx.Mlvicx(**mlvicx.sizes_of(shapes, config["levelSize"]))
        model.load_state_dict(state, strict=True)
        self.encoder = model.encoder.to(device).train()
        self.images = images
        named = [(n, p) for n, p in model.named_parameters()]
        self.adapted = [p for _, p in named if p.dim() > 1]
        self.plain = [p for _, p in named if p.dim() <= 1]
        self.momentum = {}
        self.adamw = None
        if config["optimiser"] == "adamw":
            groups = [
                {"params": self.adapted, "weight_decay": config["weightDecay"]},
                {"params": self.plain, "weight_decay": 0.0},
            ]
            self.adamw = torch.optim.AdamW(groups, lr=config["rate"])
        self.matrices = [level_matrix(config["levelSize"], s, images[0]) for s in config["levelSides"]]

    def embed(self, view):
        encoder = self.encoder
        levels = encoder.levels(view, bottlenecks=True)
        z = encoder.projetion(levels[-1].mean(dim=(2, 3)))
        if not self.factored:
            return z, encoder.resize_project(levels)
        pooled = torch.cat([p @ a @ p.T for p, a in zip(self.matrices, levels)], dim=1)
        convs = encoder.resize_project.convs
        weight = torch.cat([c.weight for c in convs], dim=1)
        summed = F.conv2d(pooled, weight, sum(c.bias for c in convs))
        return z, encoder.resize_project.conv_head(summed)

    def update(self):
        if self.adamw:
            self.adamw.step()
            return
        config = self.config
        with torch.no_grad():
            for p in self.adapted + self.plain:
                u = p.grad
                if p.dim() > 1:
                    u = u.add(p, alpha=config["weightDecay"])
                    norm, scale = p.norm(), u.norm()
                    one = torch.ones_like(norm)
                    ratio = torch.where((norm > 0) & (scale > 0), config["trustCoefficient"] * norm / scale, one)
                    u = u * ratio
                m = self.momentum.get(p)
                if m is None:
                    m = self.momentum[p] = torch.zeros_like(p)
                m.mul_(config["momentum"]).add_(u)
                p.add_(m, alpha=-config["rate"])

    def take(self):
        (z1, d1), (z2, d2) = (self.embed(view) for view in self.images)
        weights = self.config["weights"]
        loss = vicreg(z1, z2, weights, self.factored)
        loss = loss + self.config["localWeight"] * vicreg(d1, d2, weights, self.factored)
        for p in self.adapted + self.plain:
            p.grad = None
        loss.backward()
        self.update()
        return loss.detach()


def load(folder, device):
    with open(os.path.join(folder, "config.json")) as file:
        config = json.load(file)
    tensors, _ = tensorfile.read(os.path.join(folder, "weights.safetensors"))
    state = {name: torch.from_numpy(a) for name, a in tensors.items() if not name.startswith("optimiser.")}
    images, _ = tensorfile.read(os.path.join(folder, "images.safetensors"))
    both = torch.from_numpy(images["images"]).permute(0, 3, 1, 2).contiguous().to(device)
    return config, state, both.chunk(2)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    folder = parser.parse_args().folder
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    config, state, images = load(folder, device)
    made = {}
    # PyTorch counts cores its own way; every core is to be used, as by the engine beside it.
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count())
    wait = torch.cuda.synchronize if device.type == "cuda" else lambda: None
    for line in sys.stdin:
        asked = json.loads(line)
        if asked["form"] == "about":
            name = torch.cuda.get_device_name() if device.type == "cuda" else f"{torch.get_num_threads()} CPU threads"
            answer = {"torch": torch.__version__, "device": name, "cuda": device.type == "cuda"}
        else:
            torch.backends.cuda.matmul.allow_tf32 = asked["tf32"]
            torch.backends.cudnn.allow_tf32 = asked["tf32"]
            torch.backends.cudnn.benchmark = True
            key = (asked["form"], asked["tf32"])
            if key not in made:
                made[key] = Step(state, images, config, device, asked["form"] == "factored")
            wait()
            begin = time.perf_counter()
            losses = [made[key].take() for _ in range(asked["steps"])]
            wait()
            ms = (time.perf_counter() - begin) * 1000 / asked["steps"]
            answer = {"ms": ms, "loss": float(losses[0])}
        print(json.dumps(answer), flush=True)


main()
