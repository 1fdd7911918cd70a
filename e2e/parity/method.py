"""MLVICX in plain PyTorch and double precision, as docs/method.md describes the published form: levels are resized,
projected by 1x1 convolutions, summed and pooled, and the covariance is a D x D matrix. Written for comparison only."""

import math

import torch
import torch.nn.functional as F

CONVS = "encoder.resize_project.convs"
HEAD = "encoder.resize_project.conv_head.projection"
GLOBAL = "encoder.projetion"


def bottleneck(weight, x):
    """`weight(name)` looks up cam.fc.0, cam.fc.2 and sam.conv1. Returns output, channel gate, spatial gate."""
    score = lambda v: F.conv2d(F.relu(F.conv2d(v, weight("cam.fc.0"))), weight("cam.fc.2"))
    channel = torch.sigmoid(score(F.adaptive_avg_pool2d(x, 1)) + score(F.adaptive_max_pool2d(x, 1)))
    y = channel * x
    pooled = torch.cat([y.mean(1, keepdim=True), y.max(1, keepdim=True)[0]], 1)
    spatial = torch.sigmoid(F.conv2d(pooled, weight("sam.conv1"), padding=3))
    return spatial * y, channel, spatial


def resize_project(maps, weights, biases, size):
    total = sum(F.conv2d(F.interpolate(a, (size, size), mode="bilinear", align_corners=False), w, b)
                for a, w, b in zip(maps, weights, biases))
    return F.adaptive_avg_pool2d(total, 4).flatten(1)


def vicreg_terms(a, b):
    n, d = a.shape
    terms = {"sim": F.mse_loss(a, b)}
    for view, z in enumerate([a, b], 1):
        c = z - z.mean(0)
        std = torch.sqrt(z.var(0) + 1e-4)
        cov = c.T @ c / (n - 1)
        terms[f"std{view}"] = std
        terms[f"var_view{view}"] = F.relu(1 - std).mean() / 2
        terms[f"cov_view{view}"] = (cov.pow(2).sum() - cov.diagonal().pow(2).sum()) / d
        gram = c @ c.T / (n - 1)
        terms[f"cov_view{view}_gram"] = (gram.pow(2).sum() - c.pow(2).sum(0).div(n - 1).pow(2).sum()) / d
    terms["var"] = terms["var_view1"] + terms["var_view2"]
    terms["cov"] = terms["cov_view1"] + terms["cov_view2"]
    terms["total"] = 25 * terms["sim"] + 25 * terms["var"] + terms["cov"]
    return terms


class Model:
    """A state dict and what can be done with it. `mode` is train (batch statistics, running ones follow), batch
    (batch statistics only) or eval."""

    def __init__(self, state, size):
        self.state, self.size, self.mode = state, size, "train"

    def bn(self, name, x):
        state = self.state
        mean, var = state[f"{name}.running_mean"], state[f"{name}.running_var"]
        if self.mode == "train":
            state[f"{name}.num_batches_tracked"] += 1
        elif self.mode == "batch":
            mean, var = mean.clone(), var.clone()
        return F.batch_norm(x, mean, var, state[f"{name}.weight"], state[f"{name}.bias"],
                            self.mode != "eval", 0.1, 1e-5)

    def conv(self, name, x, stride, pad):
        return F.conv2d(x, self.state[f"{name}.weight"], stride=stride, padding=pad)

    def block(self, name, x, stride):
        y = F.relu(self.bn(f"{name}.bn1", self.conv(f"{name}.conv1", x, stride, 1)))
        y = self.bn(f"{name}.bn2", self.conv(f"{name}.conv2", y, 1, 1))
        if stride > 1:
            x = self.bn(f"{name}.downsample.1", self.conv(f"{name}.downsample.0", x, stride, 0))
        return F.relu(y + x)

    def encode(self, x, attend=True):
        """Maps before and after their bottlenecks, and the pooled feature."""
        maps, attended = [], []
        for level in range(1, 6):
            if level == 1:
                x = F.relu(self.bn("encoder.encoder.1", self.conv("encoder.encoder.0", x, 2, 3)))
            else:
                x = F.max_pool2d(x, 3, 2, 1) if level == 2 else x
                x = self.block(f"encoder.encoder.{level + 2}.0", x, 1 if level == 2 else 2)
                x = self.block(f"encoder.encoder.{level + 2}.1", x, 1)
            maps.append(x)
            if attend:
                x = bottleneck(lambda part: self.state[f"encoder.cbt{level}.{part}.weight"], x)[0]
            attended.append(x)
        return maps, attended, x.mean((2, 3))

    def project(self, layers, x):
        for i, (linear, norm) in enumerate(layers):
            x = self.bn(norm, F.linear(x, self.state[f"{linear}.weight"], self.state[f"{linear}.bias"]))
            x = F.relu(x) if i < 2 else x
        return x

    def forward(self, x):
        maps, attended, h = self.encode(x)
        made = {f"map{i + 1}": m for i, m in enumerate(maps)}
        made.update({f"a_map{i + 1}": a for i, a in enumerate(attended)})
        made["h"] = h
        convs = [[self.state[f"{CONVS}.{i}.{part}"] for i in range(5)] for part in ["weight", "bias"]]
        made["local_pooled"] = resize_project(attended, *convs, self.size)
        made["z"] = self.project([(f"{GLOBAL}.l{i}.0", f"{GLOBAL}.l{i}.1") for i in (1, 2, 3)], h)
        made["d"] = self.project([(f"{HEAD}.{i}", f"{HEAD}.{i + 1}") for i in (2, 5, 8)], made["local_pooled"])
        return made

    def losses(self, view1, view2):
        a, b = self.forward(view1), self.forward(view2)
        losses = {}
        for head, key in [("global", "z"), ("local", "d")]:
            terms = vicreg_terms(a[key], b[key])
            losses.update({f"{t}_{head}": terms[t] for t in ["sim", "var", "cov"]})
            losses[f"vicreg_{head}"] = terms["total"]
        losses["total"] = losses["vicreg_global"] + losses["vicreg_local"]
        return losses, a, b


def is_buffer(name):
    return name.rsplit(".", 1)[1] in ("running_mean", "running_var", "num_batches_tracked")


def random_state(generator, width, hidden, out, channels):
    """Weights by PyTorch's defaults; norms and statistics off their trivial values."""
    state = {}
    normal = lambda *shape: torch.randn(*shape, generator=generator)
    uniform = lambda fan, *shape: (torch.rand(*shape, generator=generator) * 2 - 1) / math.sqrt(fan)

    def conv(name, o, i, k):
        state[f"{name}.weight"] = normal(o, i, k, k) * math.sqrt(2 / (k * k * o))

    def norm(name, n):
        state[f"{name}.weight"] = 0.6 + 0.8 * torch.rand(n, generator=generator)
        state[f"{name}.bias"] = 0.2 * normal(n)
        state[f"{name}.running_mean"] = 0.2 * normal(n)
        state[f"{name}.running_var"] = 0.5 + torch.rand(n, generator=generator)
        state[f"{name}.num_batches_tracked"] = torch.tensor(0)

    def linear(name, o, i):
        state[f"{name}.weight"], state[f"{name}.bias"] = uniform(i, o, i), uniform(i, o)

    widths = [width, width, 2 * width, 4 * width, 8 * width]
    conv("encoder.encoder.0", width, 3, 7)
    norm("encoder.encoder.1", width)
    for level in range(1, 5):
        o, below = widths[level], widths[level - 1]
        for block in (0, 1):
            name = f"encoder.encoder.{level + 3}.{block}"
            conv(f"{name}.conv1", o, o if block else below, 3)
            norm(f"{name}.bn1", o)
            conv(f"{name}.conv2", o, o, 3)
            norm(f"{name}.bn2", o)
            if block == 0 and level > 1:
                conv(f"{name}.downsample.0", o, below, 1)
                norm(f"{name}.downsample.1", o)
    for i, (o, below) in enumerate([(hidden, widths[4]), (hidden, hidden), (out, hidden)], 1):
        linear(f"{GLOBAL}.l{i}.0", o, below)
        norm(f"{GLOBAL}.l{i}.1", o)
    for i, c in enumerate(widths, 1):
        state[f"encoder.cbt{i}.cam.fc.0.weight"] = uniform(c, c // 2, c, 1, 1)
        state[f"encoder.cbt{i}.cam.fc.2.weight"] = uniform(c // 2, c, c // 2, 1, 1)
        state[f"encoder.cbt{i}.sam.conv1.weight"] = uniform(98, 1, 2, 7, 7)
    for i, below in zip((2, 5, 8), (16 * channels, out, out)):
        linear(f"{HEAD}.{i}", out, below)
        norm(f"{HEAD}.{i + 1}", out)
    for i, c in enumerate(widths):
        state[f"{CONVS}.{i}.weight"], state[f"{CONVS}.{i}.bias"] = uniform(c, channels, c, 1, 1), uniform(c, channels)
    return {name: t if t.dtype == torch.int64 else t.float() for name, t in state.items()}


def fresh(state, dtype=torch.float64):
    """A copy to work on; parameters take gradients."""
    return {name: t.clone() if t.dtype == torch.int64 else t.to(dtype, copy=True).requires_grad_(not is_buffer(name))
            for name, t in state.items()}


def learning_rate(base, warmup, total, step):
    if step < warmup:
        return base * step / warmup
    q = (1 + math.cos(math.pi * (step - warmup) / total)) / 2
    return base * q + 0.001 * base * (1 - q)


def lars(parameters, momentum, rate, decay, eta):
    """One update of the named parameters from their gradients, in place."""
    with torch.no_grad():
        for name, p in parameters.items():
            u = p.grad.clone()
            if p.dim() > 1:
                u += decay * p
                if p.norm() > 0 and u.norm() > 0:
                    u *= eta * p.norm() / u.norm()
            momentum[name] = 0.9 * momentum.get(name, torch.zeros_like(p)) + u
            p -= rate * momentum[name]
