"""Decoders of masks on frozen encoders in PyTorch, on a built-in set: what the evaluation of masks does, fast enough to try settings.

Reads what e2e/tools/drawSynthetic.ts wrote, with masks, and a checkpoint; prints as JSON the Dice of validation films with a mask on
the pretrained encoder and on random ones, mean over draws of labelled patients, by finding. No test film is looked at.

    npx tsx e2e/tools/drawSynthetic.ts 101 out/set101 classroom 256 48
    python3 e2e/torch/masks.py out/set101 out/run/checkpoint.safetensors --share 0.1
"""

import argparse
import json
from pathlib import Path

import numpy as np
import torch

import tensorfile
from supervised import normalised, read, resized
from unet import Decoder, Segmenter, mask_loss

BATCH, LEAST_STEPS, DECAY = 16, 8, 1e-6


def encoder(width, checkpoint, seed):
    torch.manual_seed(seed)
    model = Segmenter(width)
    if checkpoint is not None:
        tensors, _ = tensorfile.read(checkpoint)
        known = model.state_dict().keys()
        given = {name: torch.from_numpy(values) for name, values in tensors.items() if name in known}
        missing = model.load_state_dict(given, strict=False).missing_keys
        assert all(name.startswith("decoder.") for name in missing), missing
    return model.eval().encoder


@torch.no_grad()
def levels(model, images, kept):
    """All films at each of the five levels; those that are not kept are zeros."""
    parts = [model.levels(images[at : at + 256], bottlenecks=True) for at in range(0, len(images), 256)]
    return [torch.cat(maps) * float(level + 1 in kept) for level, maps in enumerate(zip(*parts))]


def dice(drawn, truth):
    both = (drawn & truth).sum((1, 2))
    return 2 * both / (drawn.sum((1, 2)) + truth.sum((1, 2)))


def train(plain, mirrored, truth, parts, patients, args, draw):
    """Dice of validation films with a mask, at the epoch of the lowest loss on all validation films."""
    rng = np.random.default_rng(draw)
    torch.manual_seed(draw)
    side = truth.shape[1:]
    has = truth.any((1, 2))
    val = np.flatnonzero(parts == 1)
    people = rng.permutation(np.unique(patients[parts == 0]))
    labelled = people[: max(2, round(args.share * len(people)))]
    fit = np.flatnonzero((parts == 0) & np.isin(patients, labelled))
    positive, negative = fit[has[fit]], fit[~has[fit]]
    target = torch.from_numpy(truth.astype(np.float32))
    decoder = Decoder(args.width)
    optimiser = torch.optim.AdamW(decoder.parameters(), lr=args.rate, weight_decay=DECAY)
    films = len(positive) + min(len(positive), len(negative))
    batch = min(BATCH, films)
    order, best = [], None
    for epoch in range(1, args.epochs + 1):
        decoder.train()
        for _ in range(max(LEAST_STEPS, films // batch)):
            while len(order) < batch:
                some = rng.permutation(negative)[: len(positive)]
                order += list(rng.permutation(np.concatenate([positive, some])))
            rows, order = order[:batch], order[batch:]
            flip = torch.from_numpy(rng.random(batch) < 0.5)
            pick = flip[:, None, None, None]
            maps = [torch.where(pick, b[rows], a[rows]) for a, b in zip(plain, mirrored)]
            wanted = torch.where(flip[:, None, None], target[rows].flip(2), target[rows])
            loss = mask_loss(decoder(maps, side), wanted)
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
        decoder.eval()
        with torch.no_grad():
            logits = decoder([level[val] for level in plain], side)
        loss = float(mask_loss(logits, target[val]))
        if best is None or loss < best[0]:
            shown = has[val]
            best = (loss, epoch, float(dice((logits > 0).numpy()[shown], truth[val][shown]).mean()))
        elif epoch - best[1] >= args.patience:
            break
    return best[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("--share", type=float, default=0.1)
    parser.add_argument("--draws", type=int, default=2)
    parser.add_argument("--random", type=int, default=2)
    parser.add_argument("--rate", type=float, default=3e-3)
    parser.add_argument("--epochs", type=int, default=30)
    parser.add_argument("--patience", type=int, default=10)
    parser.add_argument("--width", type=int, default=8)
    parser.add_argument("--masks", nargs="+", help="all, or findings; everything where left out")
    parser.add_argument("--levels", type=int, nargs="+", default=[1, 2, 3, 4, 5])
    args = parser.parse_args()
    torch.set_num_threads(1)
    findings, planes, _, parts = read(args.folder)
    films, side = len(planes), json.loads((args.folder / "set.json").read_text())["maskSide"]
    patients = np.fromfile(args.folder / "patients.bin", np.uint32)
    masks = np.fromfile(args.folder / "masks.bin", np.uint8).reshape(films, len(findings), side, side) > 0
    images = torch.cat([normalised(resized(planes[at : at + 256], side)) for at in range(0, films, 256)])
    starts = {"pretrained": encoder(args.width, args.checkpoint, 0)}
    starts.update({f"random {seed}": encoder(args.width, None, seed) for seed in range(1, args.random + 1)})
    maps = {name: [levels(model, x, args.levels) for x in (images, images.flip(3))] for name, model in starts.items()}
    for name in args.masks or ["all", *findings]:
        truth = masks.any(1) if name == "all" else masks[:, findings.index(name)]
        scores = {
            start: np.mean([train(*both, truth, parts, patients, args, draw) for draw in range(args.draws)])
            for start, both in maps.items()
        }
        gain = scores["pretrained"] - np.mean([scores[start] for start in starts if start != "pretrained"])
        print(json.dumps({"masks": name, **{k: round(v, 3) for k, v in scores.items()}, "gain": round(gain, 3)}), flush=True)


if __name__ == "__main__":
    main()
