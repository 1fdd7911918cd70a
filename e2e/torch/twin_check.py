"""A run of the playground beside its PyTorch twin: the same weights, the very same views, so many steps, and how far they part.

    /usr/bin/python3 e2e/torch/twin_check.py --data DIR [--methods mlvicx,vicreg] [--steps 5,50] [--out out/twin]

Needs python3-torch, python3-numpy and python3-pil. For each method and number of steps: one step in the playground, which moves
no weight, because a warm-up begins at a rate of zero; its bundle with the steps after that, views as tensors; and the same steps
in PyTorch, by the bundle's network, losses, optimiser and schedule. Rounding grows as a run goes on, so that two programs part
even where they compute the same. How far is shown by twins that take the films of each batch in another order, which sums round
otherwise, and by one in double precision: status 1 when the playground is further from the twin than LIMIT times the farthest of
these. Twins whose weights began one rounding off part sooner and are shown beside them.
"""

import argparse
import itertools
import json
import pathlib
import sys

import torch
from bundle_check import headless

sys.path.insert(0, str(pathlib.Path(__file__).parents[2] / "src/bundle/python"))

import checkpoint
from check import NOTHING, prefixed
from model import Network
from optim import make_optimiser, momentum_at, rate_at
from train import backward, update

LIMIT = 10
#: Single precision next to one. No distance of losses counts that is smaller.
ROUNDING = 2**-23
#: Twins of either kind.
REORDERED, PERTURBED = 3, 2
#: Steps whose losses are printed.
SHOWN = 1, 2, 5, 10, 20, 30, 40, 50


class Recorded:
    """The playground's steps: what they began with, their views, losses and rates, and what they ended with."""

    def __init__(self, folder):
        self.tensors, metadata = checkpoint.read(folder / "checkpoint.safetensors")
        self.steps, self.facts = checkpoint.read(folder / "step.safetensors")
        self.config, self.first = json.loads(metadata["config"]), int(metadata["step"])
        self.losses = [float(word) for word in self.facts["loss"].split()]
        self.weights = prefixed(self.steps, "weight.")
        self.buffers = prefixed(self.steps, "buffer.")

    def rates(self):
        """Of the bundle's schedule. They are the playground's, or this is no twin."""
        per_epoch, theirs = int(self.facts["stepsPerEpoch"]), [float(word) for word in self.facts["rate"].split()]
        ours = [rate_at(self.config, per_epoch, self.first + at) for at in range(len(theirs))]
        if any(abs(a - b) > 1e-9 * b for a, b in zip(ours, theirs)):
            raise SystemExit(f"The schedules differ: {ours} here, {theirs} there.")
        return ours

    def batches(self, kind, order=slice(None)):
        """Views and facts of each step, view 1 and view 2, films in an order."""
        count = len(self.losses)
        for step in zip(self.steps["views"].chunk(count), self.steps["facts"].chunk(count)):
            yield [[view[order] for view in rows.to(kind).chunk(2)] for rows in step]


def trained(run, reorder=None, perturb=None, kind=torch.float32):
    """Losses of the steps in PyTorch, and the network after them. `reorder` and `perturb` are seeds: of the order of films in a
    batch, and of a rounding in every weight."""
    config = run.config
    shuffled = lambda seed: torch.randperm(config["batchSize"], generator=torch.Generator().manual_seed(seed))
    order = slice(None) if reorder is None else shuffled(reorder)
    network = Network(config).to(kind).train()
    optimiser = make_optimiser(config, network)
    checkpoint.load(run.tensors, network, optimiser, config, run.first)
    if perturb is not None:
        drawn = torch.Generator().manual_seed(perturb)
        with torch.no_grad():
            for weight in network.parameters():
                weight.mul_(1 + ROUNDING * (2 * torch.randint(2, weight.shape, generator=drawn) - 1))
    losses = []
    for at, (rate, (views, known)) in enumerate(zip(run.rates(), run.batches(kind, order))):
        losses.append(float(backward(network, views, known, config, measure=False)["loss/total"]))
        update(network, optimiser, rate, config, momentum_at(config, int(run.facts["stepsPerEpoch"]), run.first + at))
    return losses, network


def playground(run):
    """The same of the playground."""
    network = Network(run.config)
    network.load_state_dict({**run.weights, **run.buffers}, strict=False)
    return run.losses, network


def features(run, network):
    """Of the last views, in evaluation mode: the mean of every film taken off."""
    *_, (views, _) = run.batches(next(network.parameters()).dtype)
    with torch.no_grad():
        pooled = network.eval().encoder.levels(torch.cat(views))[-1].mean(dim=(2, 3)).double()
    return pooled - pooled.mean(dim=0)


def distances(run, one, other):
    """How far two are apart: losses, the largest distance up to each step; weights, as a share of the way that these have gone;
    statistics of norms; features of the last views."""
    losses = itertools.accumulate((abs(a / b - 1) for a, b in zip(one[0], other[0])), max)
    first = prefixed(run.steps, "gradient.")
    largest = max(gradient.norm() for gradient in first.values())
    # AdamW makes whole steps of gradients that are nothing but rounding: biases in front of a norm, which change nothing.
    names = [name for name, gradient in first.items() if gradient.norm() > NOTHING * largest]
    # Means behind such a bias move with it.
    norms = [name for name in run.buffers if "running_var" in name or name.startswith("encoder.encoder.")]
    vector = lambda state, names: torch.cat([state[name].detach().double().flatten() for name in names])
    begun = vector(run.tensors, names)
    weights, statistics = ([vector(network.state_dict(), kept) for _, network in (one, other)] for kept in (names, norms))
    seen = [features(run, network) for _, network in (one, other)]
    apart = lambda pair, scale: float((pair[0] - pair[1]).norm() / scale.norm())
    return {
        "losses": list(losses),
        "weights": apart(weights, weights[1] - begun),
        "statistics": apart(statistics, statistics[1]),
        "features": apart(seen, seen[1]),
    }


def within(found):
    """Whether the playground is as close as those that compute the same."""
    ours, others = found["playground"], [apart for name, apart in found.items() if name.startswith(("reordered", "double"))]
    farthest = [max(each) for each in zip(*(apart["losses"] for apart in others))]
    fine = all(apart <= LIMIT * max(far, ROUNDING) for apart, far in zip(ours["losses"], farthest))
    return fine and all(ours[name] <= LIMIT * max(apart[name] for apart in others) for name in ours if name != "losses")


def check(method, steps, given, films):
    folder = given.out.resolve() / f"{method}-{steps}"
    chosen = ["--preset", given.preset, "--set", f"method={method}", "--seed", given.seed, "--diagnose", 0]
    changes = [word for change in given.set for word in ("--set", change)]
    length = ["--set", f"maxSteps={given.length}", "--steps", steps]
    if not given.again:
        headless("pretrain", *films, *chosen, *changes, "--steps", 1, "--out", folder / "run")
        begun = ["--checkpoint", folder / "run/checkpoint.safetensors"]
        headless("bundle", *begun, *films, *changes, *length, "--out", folder / "bundle")
    run = Recorded(folder / "bundle")
    twin = trained(run)
    found = {"playground": distances(run, playground(run), twin)}
    for seed in range(1, REORDERED + 1):
        found[f"reordered {seed}"] = distances(run, trained(run, reorder=seed), twin)
    found["double"] = distances(run, trained(run, kind=torch.float64), twin)
    for seed in range(1, PERTURBED + 1):
        found[f"perturbed {seed}"] = distances(run, trained(run, perturb=seed), twin)
    shown = [step for step in SHOWN if step <= len(run.losses)]
    print(f"{method}, steps {shown}: loss of the twin {' '.join(f'{twin[0][step - 1]:.2f}' for step in shown)}")
    for name, apart in found.items():
        losses = " ".join(f"{apart['losses'][step - 1]:.1e}" for step in shown)
        ends = "  ".join(f"{kind} {apart[kind]:.1e}" for kind in apart if kind != "losses")
        print(f"{name:12} losses {losses}  {ends}")
    fine = within(found)
    print("within" if fine else "OUTSIDE", flush=True)
    return fine


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--methods", default="mlvicx,vicreg")
    parser.add_argument("--preset", default="demo")
    parser.add_argument("--length", type=int, default=440, help="steps of the whole schedule")
    parser.add_argument("--steps", default="5,50", help="that are compared: few, before rounding has grown, and many")
    parser.add_argument("--set", action="append", default=[], help="key=value, of the settings of the training")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--again", action="store_true", help="take the steps that lie in OUT")
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/twin"))
    given = parser.parse_args()
    torch.set_num_threads(1)
    films = ["--data", given.data.resolve()]
    cases = itertools.product(given.methods.split(","), map(int, given.steps.split(",")))
    fine = [check(method, steps, given, films) for method, steps in cases]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
