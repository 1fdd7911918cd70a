"""Steps of fine-tuning in plain PyTorch (e2e/torch/tuned.py): three at one rate on labels that count alike, and one with a rate for
the layer and weights for positives."""

import os
import sys

import torch

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))
from tuned import UNKNOWN, Tuned, adamw, known_loss  # noqa: E402

from twins import among_twins, state_of  # noqa: E402

DECAY = 1e-2


def steps(model, images, labels, positives, rates, count):
    optimiser = adamw(model, *rates, DECAY)
    losses = []
    for _ in range(count):
        optimiser.zero_grad()
        weights = torch.tensor(positives, dtype=torch.float64)
        loss = known_loss(model(images.to(next(model.parameters()).dtype)), labels, weights)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return optimiser, losses


def finetune(folder, generator):
    for width, classes, films, size, rate, apart in [(4, 3, 8, 32, 3e-4, False), (8, 5, 6, 48, 1e-3, False),
                                                     (4, 3, 8, 32, 1e-4, True), (6, 4, 7, 45, 3e-4, True)]:
        torch.manual_seed(int(torch.randint(1 << 30, (1,), generator=generator)))
        model = Tuned(width, classes)
        images = torch.randn(films, 3, size, size, generator=generator)
        labels = torch.randint(0, 2, (films, classes), generator=generator, dtype=torch.uint8)
        labels[torch.rand(films, classes, generator=generator) < 0.25] = UNKNOWN
        # Thirds of a power of two: the same in single and in double precision would be too kind.
        positives = [2.0 ** i / 3 for i in range(classes)] if apart else [1.0] * classes
        layer_rate = 10 * rate if apart else rate
        tensors = {"images": images, "labels": labels, **state_of(model, "before.")}
        name = f"finetune-w{width}n{films}{'-apart' if apart else ''}"
        given = images, labels, positives, (rate, layer_rate), 1 if apart else 3
        losses, made = among_twins(name, model.train(), images, lambda twin: steps(twin, *given))
        tensors.update(made)
        config = {"width": width, "classes": classes, "size": size, "rate": rate, "layerRate": layer_rate,
                  "decay": DECAY, "positives": positives}
        folder.add("finetune", name, tensors, config=config, losses=losses)
