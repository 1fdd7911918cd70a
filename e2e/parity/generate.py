"""Fixtures of other seeds and shapes in the format that `npm run headless -- parity` reads, made by the plain
PyTorch in method.py. For a machine with Debian's python3-torch (and python3-pil for the augmentation):

    /usr/bin/python3 e2e/parity/generate.py --seed 3 --out out/fixtures

The optimiser steps of a draw are a fair test only where PyTorch in single precision, whose distance is printed, stays
close to itself in double: with few films a step, or where a unit lies within rounding of its threshold, any two
correct programs part ways.
"""

import argparse
import math

import numpy as np
import torch

import method
from decoder import decoder
from finetune import finetune
from fixtures import Folder, checksum, stats
from objective import momentum, objective

torch.set_num_threads(1)


def single(tensor):
    """As references are stored: rounded to single precision."""
    return tensor.detach().float()


def loss(folder, generator):
    for n, d in [(2, 7), (5, 9), (9, 5), (16, 30), (13, 13)]:
        for mode in ["plain", "near", "collapsed"]:
            noise = {"plain": 0.8, "near": 1e-3, "collapsed": 0.0}[mode]
            z = [torch.randn(d, generator=generator).expand(n, d) * (mode != "plain")
                 + noise * torch.randn(n, d, generator=generator) for _ in range(2)]
            z = [view.contiguous() for view in z]
            a, b = (view.double().requires_grad_() for view in z)
            terms = method.vicreg_terms(a, b)
            tensors = {"z1": z[0], "z2": z[1], "std1": terms.pop("std1"), "std2": terms.pop("std2")}
            for term in ["total", "sim", "var", "cov"]:
                gradients = torch.autograd.grad(terms[term], [a, b], retain_graph=True)
                tensors.update({f"grad_{term}_z{i + 1}": g for i, g in enumerate(gradients)})
            folder.add("loss", f"loss-n{n}d{d}-{mode}", tensors, N=n, D=d, mode=mode,
                       coeffs={"sim": 25.0, "std": 25.0, "cov": 1.0},
                       values_f64={key: value.item() for key, value in terms.items()})


def bottleneck(folder, generator):
    for n, c, h, w in [(2, 6, 5, 8), (3, 5, 9, 7), (1, 10, 13, 3), (2, 3, 2, 1)]:
        random = lambda *shape: torch.randn(*shape, generator=generator)
        given = {"input": random(n, c, h, w), "grad_output": random(n, c, h, w)}
        weights = {"cam.fc.0": random(c // 2, c, 1, 1) / math.sqrt(c), "cam.fc.2": random(c, c // 2, 1, 1),
                   "sam.conv1": random(1, 2, 7, 7) / 5}
        x = given["input"].double().requires_grad_()
        double = {name: weight.double().requires_grad_() for name, weight in weights.items()}
        out, channel, spatial = method.bottleneck(lambda name: double[name], x)
        out.backward(given["grad_output"].double())
        tensors = {**given, "output": single(out), "gate_channel": single(channel),
                   "gate_spatial": single(spatial), "grad_input": single(x.grad)}
        for name, weight in weights.items():
            tensors[f"weight.{name}.weight"] = weight
            tensors[f"grad.{name}.weight"] = single(double[name].grad)
        folder.add("bottleneck", f"bottleneck-{n}x{c}x{h}x{w}", tensors, N=n, C=c, H=h, W=w)


def resize_project(folder, generator):
    for size, outputs, first in [(11, 7, (23, 17)), (64, 12, (41, 30)), (6, 5, (9, 12))]:
        n, channels = 3, [3, 5, 6, 8, 10]
        sides = [first]
        for _ in range(4):
            sides.append(tuple((side - 1) // 2 + 1 for side in sides[-1]))
        random = lambda *shape: torch.randn(*shape, generator=generator)
        maps = [random(n, c, *side) for c, side in zip(channels, sides)]
        weights = [random(outputs, c, 1, 1) for c in channels]
        biases = [random(outputs) for _ in channels]
        upstream = random(n, 16 * outputs)
        double = [[t.double().requires_grad_() for t in group] for group in (maps, weights, biases)]
        pooled = method.resize_project(*double, size)
        pooled.backward(upstream.double())
        tensors = {"grad_pooled": upstream, "pooled": single(pooled)}
        for i in range(5):
            tensors.update({f"map{i + 1}": maps[i], f"convs.{i}.weight": weights[i], f"convs.{i}.bias": biases[i],
                            f"grad_map{i + 1}": single(double[0][i].grad),
                            f"grad.convs.{i}.weight": single(double[1][i].grad),
                            f"grad.convs.{i}.bias": single(double[2][i].grad)})
        folder.add("resize-project", f"resize-project-{size}-{first[0]}x{first[1]}", tensors, out_channels=outputs,
                   out_size=size, channels=channels, sizes=[list(side) for side in sides], N=n)


ZERO = [f"{method.GLOBAL}.l{i}.0.bias" for i in (1, 2, 3)] + [f"{method.GLOBAL}.l3.1.bias"] + \
       [f"{method.HEAD}.{i}.bias" for i in (2, 5, 8, 9)] + [f"{method.CONVS}.{i}.bias" for i in range(5)]
HYPER = {"paper": {"base_lr": 0.2, "eta": 0.001, "weight_decay": 1e-6},
         "gentle": {"base_lr": 0.004, "eta": 1.0, "weight_decay": 0.1}}
WARMUP, EPOCHS, BATCHES, STEPS, MARKS = 3, 5, 3, 10, (1, 2, 5, 10)


class ModelFixtures:
    def __init__(self, folder, generator, options):
        self.folder = folder
        self.size = options.level_size
        self.start = method.random_state(generator, options.width, options.hidden, options.dim, options.channels)
        shape = (options.batch, 3, options.height, options.breadth)
        # Two views of one film resemble each other; a film is smooth.
        film = lambda: torch.nn.functional.interpolate(
            torch.randn(options.batch, 1, 9, 9, generator=generator), shape[2:], mode="bicubic")
        self.inputs = {}
        for b in range(BATCHES):
            base = film()
            for v in (1, 2):
                noisy = base + 0.4 * film() + 0.2 * torch.randn(*shape, generator=generator)
                self.inputs[f"batch{b}.view{v}"] = noisy.contiguous()

    def add(self, role, tensors, **description):
        self.folder.add("model-tiny", f"model-tiny-{role}", tensors, **description)

    def views(self, batch, dtype=torch.float64):
        return [self.inputs[f"batch{batch}.view{v}"].to(dtype) for v in (1, 2)]

    def parameters(self, state, train_levels=True):
        return {name: p for name, p in state.items()
                if not method.is_buffer(name) and (train_levels or not name.startswith(method.CONVS))}

    def write(self):
        self.add("weights", self.start, config={"out_size": self.size})
        self.add("inputs", self.inputs)
        self.one_pass()
        self.eval("eval", self.start)
        for hp in HYPER:
            for variant in ("official", "fixed"):
                self.steps(hp, variant)

    def one_pass(self):
        state = method.fresh(self.start)
        losses, *views = method.Model(state, self.size).losses(*self.views(0))
        for made in views:
            for tensor in made.values():
                tensor.retain_grad()
        losses["total"].backward()
        named = {f"view{v}.{name}": t for v, made in enumerate(views, 1) for name, t in made.items()}
        stored = {name: single(t) for name, t in named.items() if name.startswith("view1") or "map" not in name}
        gradients = {f"grad.{name}": single(t.grad) for name, t in named.items() if name[-2:] in (".z", ".d")}
        self.add("forward", {**stored, **gradients}, losses_f64={k: v.item() for k, v in losses.items()},
                 stats={name: stats(t) for name, t in named.items()})
        found = {name: single(p.grad) for name, p in self.parameters(state).items()}
        norms = {name: p.grad.norm().item() for name, p in self.parameters(state).items()}
        actgrads = {f"actgrad.{name}": single(t.grad) for name, t in named.items()
                    if name.startswith("view1") and "map" in name}
        self.add("grads", {**found, **actgrads}, norms=norms, analytically_zero=ZERO)
        self.add("buffers", {n: t if t.dtype == torch.int64 else single(t)
                             for n, t in state.items() if method.is_buffer(n)})

    def eval(self, role, start):
        model = method.Model(method.fresh(start), self.size)
        x = self.views(1)[0]
        with torch.no_grad():
            model.mode = "eval"
            made = model.forward(x)
            tensors = {name: single(made[name]) for name in ("h", "z", "d")}
            tensors["plain"] = single(model.encode(x, attend=False)[2])
            model.mode = "batch"
            tensors["plain_trainbn"] = single(model.encode(x, attend=False)[2])
        self.add(role, tensors, input="batch1.view1")

    def steps(self, hp, variant):
        hyper = {"momentum": 0.9, "warmup_epochs": 1, **HYPER[hp], "total_epochs": EPOCHS}
        state, trajectory = self.trajectory(hyper, variant, torch.float64)
        rounded = self.trajectory(hyper, variant, torch.float32)[1]
        noise = [abs(a["total"] / b["total"] - 1) for a, b in zip(rounded["losses"], trajectory["losses"])]
        end = {n: t if t.dtype == torch.int64 else single(t) for n, t in state.items()}
        self.add(f"steps-{hp}-{variant}", end, hyperparameters=hyper, warmup_steps=WARMUP,
                 total_steps=WARMUP * EPOCHS, batch_of_step=f"step mod {BATCHES}", trajectory=trajectory,
                 noise_torch_f32={"loss": noise})
        self.eval(f"eval-after-{hp}-{variant}", end)
        print(f"{hp} {variant}: PyTorch in single precision is off by", *(f"{x:.0e}" for x in noise))

    def trajectory(self, hyper, variant, dtype):
        base = hyper["base_lr"] * self.inputs["batch0.view1"].shape[0] / 256
        state, start = method.fresh(self.start, dtype), method.fresh(self.start, dtype)
        model = method.Model(state, self.size)
        trained, momentum = self.parameters(state, variant == "fixed"), {}
        record = {"lr": [], "losses": [], "marks": {}}
        for step in range(STEPS + 1):
            losses = model.losses(*self.views(step % BATCHES, dtype))[0]
            record["losses"].append({key: value.item() for key, value in losses.items()})
            if step == STEPS:
                return state, record
            for p in self.parameters(state).values():
                p.grad = None
            losses["total"].backward()
            rate = method.learning_rate(base, WARMUP, WARMUP * EPOCHS, step)
            record["lr"].append(rate)
            method.lars(trained, momentum, rate, hyper["weight_decay"], hyper["eta"])
            if step + 1 in MARKS:
                everything = self.parameters(state)
                record["marks"][str(step + 1)] = {
                    "norm": {n: p.norm().item() for n, p in everything.items()},
                    "delta": {n: (p - start[n]).norm().item() for n, p in everything.items()},
                    "checksum": {n: checksum(p) for n, p in everything.items()},
                    "momentum": {n: m.norm().item() for n, m in momentum.items()}}


def ranked(labels, scores):
    """AUROC, average precision and all ROC points, from their definitions."""
    positive, negative = scores[labels == 1], scores[labels == 0]
    area = precision = None
    if len(positive) and len(negative):
        wins = (positive[:, None] > negative).sum() + (positive[:, None] == negative).sum() / 2
        area = float(wins / (len(positive) * len(negative)))
    thresholds = np.unique(scores)[::-1]
    hits = np.array([((scores >= t) & (labels == 1)).sum() for t in thresholds])
    alarms = np.array([((scores >= t) & (labels == 0)).sum() for t in thresholds])
    if len(positive):
        precision = float((np.diff(hits, prepend=0) / len(positive) * hits / (hits + alarms)).sum())
    return area, precision, thresholds, hits, alarms


def metrics(folder, generator):
    for i, (n, decimals) in enumerate([(31, 9), (64, 1), (90, 0), (7, 9)]):
        scores = np.round(torch.rand(n, generator=generator).numpy().astype(np.float64), decimals).astype(np.float32)
        labels = (torch.rand(n, generator=generator).numpy() < 0.4).astype(np.uint8)
        labels[:] = 0 if n == 7 else labels
        area, precision, thresholds, hits, alarms = ranked(labels, scores)
        tensors = {"labels": labels, "scores": scores}
        if area is not None:
            first = lambda x: np.concatenate([[0.0], x])
            tensors.update(fpr_full=first(alarms / alarms[-1]), tpr_full=first(hits / hits[-1]),
                           thr_full=np.concatenate([[np.inf], thresholds.astype(np.float64)]))
            bends = np.ones(len(hits), bool)
            bends[1:-1] = (np.diff(hits, 2) != 0) | (np.diff(alarms, 2) != 0)
            keep = np.concatenate([[True], bends])
            tensors.update({f"{axis}_kept": tensors[f"{axis}_full"][keep] for axis in ("fpr", "tpr", "thr")})
        folder.add("metrics", f"metrics-{i}", tensors, n=n, values={"auroc": area, "average_precision": precision})


def linear_eval(folder, generator):
    n, d, k, size, epochs = 60, 13, 4, 7, 5
    random = lambda *shape: torch.randn(*shape, generator=generator)
    features, test = random(n, d), random(n, d)
    targets = (torch.rand(n, k, generator=generator) < 0.3).to(torch.uint8)
    test_targets = (torch.rand(n, k, generator=generator) < 0.3).to(torch.uint8)
    test_targets[:, -1] = 0
    batches = torch.stack([torch.randperm(n, generator=generator)[: n // size * size].view(-1, size)
                           for _ in range(epochs)]).to(torch.int32)
    hyper = {"lr": 0.01, "eta_min": 1e-5, "T_0": 3, "T_mult": 2, "betas": [0.8, 0.99], "eps": 1e-7,
             "weight_decay": 0.02, "clip": 0.3}
    layer = torch.nn.Linear(d, k).double()
    with torch.no_grad():
        for p in layer.parameters():
            p.copy_(((torch.rand(p.shape, generator=generator) * 2 - 1) / math.sqrt(d)).float())
    tensors = {"weight.init": single(layer.weight).clone(), "bias.init": single(layer.bias).clone()}
    optimiser = torch.optim.AdamW(layer.parameters(), hyper["lr"], tuple(hyper["betas"]), hyper["eps"],
                                  hyper["weight_decay"])
    schedule = torch.optim.lr_scheduler.CosineAnnealingWarmRestarts(optimiser, hyper["T_0"], hyper["T_mult"],
                                                                    hyper["eta_min"])
    losses, norms, rates, step = [], [], [], 0
    for epoch in batches:
        rates.append(optimiser.param_groups[0]["lr"])
        for rows in epoch.long():
            optimiser.zero_grad()
            p = torch.sigmoid(layer(features[rows].double()))
            value = torch.nn.functional.binary_cross_entropy(p, targets[rows].double())
            value.backward()
            step += 1
            if step == 1:
                tensors["grad.weight.step1"], tensors["grad.bias.step1"] = (single(q.grad).clone()
                                                                            for q in layer.parameters())
            norms.append(torch.nn.utils.clip_grad_norm_(layer.parameters(), hyper["clip"]).item())
            losses.append(value.item())
            optimiser.step()
            if step in (1, 2, 5, 10):
                tensors[f"weight.step{step}"] = single(layer.weight).clone()
                tensors[f"bias.step{step}"] = single(layer.bias).clone()
        schedule.step()
    scores = torch.sigmoid(layer(test.double())).detach()
    tensors.update({"weight.final": single(layer.weight), "bias.final": single(layer.bias), "features": features,
                    "targets": targets, "eval_features": test, "eval_targets": test_targets, "batches": batches,
                    "eval_scores": scores})
    values = [ranked(test_targets[:, c].numpy(), scores[:, c].numpy())[:2] for c in range(k)]
    folder.add("linear-eval", f"linear-eval-d{d}", tensors, N=n, D=d, K=k, batch=size, epochs=epochs,
               hyperparameters=hyper, loss=losses, grad_norm_before_clipping=norms, lr_per_epoch_of_run=rates,
               auroc=[area for area, _ in values], average_precision=[precision for _, precision in values])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--kinds", help="objective,momentum and the like; all where left out")
    sizes = {"seed": 1, "width": 6, "height": 53, "breadth": 41, "batch": 7, "hidden": 22, "dim": 30, "channels": 10,
             "level-size": 18}
    for name, default in sizes.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    options = parser.parse_args()
    folder = Folder(options.out)
    kinds = [loss, bottleneck, resize_project, metrics, linear_eval]
    try:
        from augment import augment
        kinds.append(augment)
    except ImportError:
        print("PIL is not installed: no augmentation fixtures")
    # By number, so that a kind that is added changes none before it.
    numbered = [*enumerate(kinds), (6, objective), (7, momentum), (8, finetune), (9, decoder)]
    wanted = options.kinds.split(",") if options.kinds else None
    for number, kind in numbered:
        if wanted is None or kind.__name__.replace("_", "-") in wanted:
            kind(folder, torch.Generator().manual_seed(options.seed * 100 + number))
    if wanted is None or "model-tiny" in wanted:
        ModelFixtures(folder, torch.Generator().manual_seed(options.seed * 100 + 50), options).write()
    folder.close()


main()
