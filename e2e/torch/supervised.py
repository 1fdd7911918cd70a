"""The upper end of the built-in set: the encoder of a preset trained from scratch with all labels, in PyTorch.

Reads what e2e/tools/drawSynthetic.ts wrote; prints test AUROCs as JSON. Shows that the findings can be learnt by this encoder
at this size, so that what pretraining misses is not for want of anything to see.

    npx tsx e2e/tools/drawSynthetic.ts 11 out/synthetic-11
    python3 e2e/torch/supervised.py out/synthetic-11 --steps 800
"""

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from mlvicx import Encoder

BATCH = 32
CROP, JITTER = 0.7, 0.3
RATE, DECAY, WARMUP = 3e-3, 1e-3, 50


def read(folder):
    facts = json.loads((folder / "set.json").read_text())
    films, side, findings = facts["films"], facts["side"], facts["findings"]
    planes = np.fromfile(folder / "planes.bin", np.uint8).reshape(films, 1, side, side)
    labels = np.fromfile(folder / "labels.bin", np.uint8).reshape(films, len(findings))
    splits = np.fromfile(folder / "splits.bin", np.uint8)
    return findings, torch.from_numpy(planes), torch.from_numpy(labels).float(), splits


def normalised(grey):
    mean = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
    return (grey / 255 - mean) / deviation


def resized(planes, side):
    return functional.interpolate(planes.float(), (side, side), mode="bilinear", antialias=True)


def view(plane, rng, side):
    """A crop of at least CROP of the film, mirrored or not, brighter or darker, with more or less contrast."""
    size = plane.shape[-1]
    edge = round(size * math.sqrt(rng.uniform(CROP, 1)))
    top, left = rng.integers(size - edge + 1, size=2)
    image = resized(plane[None, :, top : top + edge, left : left + edge], side)
    if rng.random() < 0.5:
        image = image.flip(3)
    image = image * rng.uniform(1 - JITTER, 1 + JITTER)
    image = image.mean() + (image - image.mean()) * rng.uniform(1 - JITTER, 1 + JITTER)
    return image.clamp(0, 255)


class Classifier(torch.nn.Module):
    def __init__(self, width, findings):
        super().__init__()
        self.encoder = Encoder(width, 16, 16, 8, 64, True)
        self.head = torch.nn.Linear(8 * width, findings)

    def forward(self, images):
        return self.head(self.encoder.levels(images, bottlenecks=True)[-1].mean(dim=(2, 3)))


def auroc(scores, labels):
    ranks = np.empty(len(scores))
    ranks[np.argsort(scores, kind="stable")] = np.arange(1, len(scores) + 1)
    positive = labels == 1
    count = positive.sum()
    return (ranks[positive].sum() - count * (count + 1) / 2) / (count * (len(scores) - count))


def train(planes, labels, rows, args):
    torch.manual_seed(args.seed)
    rng = np.random.default_rng(args.seed)
    model = Classifier(args.width, labels.shape[1]).train()
    optimiser = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY)
    order = []
    for step in range(args.steps):
        for group in optimiser.param_groups:
            group["lr"] = RATE * min(1, (step + 1) / WARMUP) * 0.5 * (1 + math.cos(math.pi * step / args.steps))
        if len(order) < BATCH:
            order = list(rng.permutation(rows))
        batch, order = order[:BATCH], order[BATCH:]
        images = torch.cat([view(planes[row], rng, args.image) for row in batch])
        loss = functional.binary_cross_entropy_with_logits(model(normalised(images)), labels[batch])
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--steps", type=int, default=800)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--image", type=int, default=64)
    args = parser.parse_args()
    torch.set_num_threads(1)
    findings, planes, labels, splits = read(args.folder)
    model = train(planes, labels, np.flatnonzero(splits == 0), args)
    test = np.flatnonzero(splits == 2)
    with torch.no_grad():
        images = [normalised(resized(planes[test[at : at + 256]], args.image)) for at in range(0, len(test), 256)]
        logits = torch.cat([model(part) + model(part.flip(3)) for part in images]).numpy()
    scores = {name: round(auroc(logits[:, k], labels[test, k].numpy()), 4) for k, name in enumerate(findings)}
    print(json.dumps({"mean": round(sum(scores.values()) / len(scores), 4), "auroc": scores, "test": len(test)}))


if __name__ == "__main__":
    main()
