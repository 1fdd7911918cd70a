"""A step of the evaluation of masks in plain PyTorch: the decoder of e2e/torch/unet.py on a frozen encoder in evaluation mode, or
trained with it; AdamW with decay of matrices and convolutions alone."""

import os
import sys

import torch

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))
from unet import Segmenter, mask_loss  # noqa: E402

from twins import among_twins, state_of  # noqa: E402

STEPS = 1
DECAY = 1e-6


def as_seen(model, generator):
    """Running statistics as of a network that has seen something."""
    for name, value in model.named_buffers():
        if name.endswith("running_mean"):
            value.copy_(0.2 * torch.randn(value.shape, generator=generator))
        if name.endswith("running_var"):
            value.copy_(0.5 + torch.rand(value.shape, generator=generator))


def steps(model, images, truth, rate):
    trained = [weight for weight in model.parameters() if weight.requires_grad]
    groups = [{"params": [w for w in trained if w.dim() > 1], "weight_decay": DECAY},
              {"params": [w for w in trained if w.dim() == 1], "weight_decay": 0.0}]
    optimiser = torch.optim.AdamW(groups, lr=rate)
    losses = []
    for _ in range(STEPS):
        optimiser.zero_grad()
        loss = mask_loss(model(images.to(trained[0].dtype)), truth)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return optimiser, losses


def decoder(folder, generator):
    for width, films, size, rate, frozen in [(4, 4, 32, 1e-3, True), (6, 3, 45, 3e-4, False)]:
        torch.manual_seed(int(torch.randint(1 << 30, (1,), generator=generator)))
        model = Segmenter(width)
        as_seen(model, generator)
        images = torch.randn(films, 3, size, size, generator=generator)
        coarse = torch.randn(films, 1, 6, 6, generator=generator)
        truth = torch.nn.functional.interpolate(coarse, (size, size), mode="bilinear")[:, 0] > 0.5
        truth[-1] = False
        tensors = {"images": images, "truth": truth.to(torch.uint8), **state_of(model, "before.")}
        model.train()
        if frozen:
            model.encoder.eval().requires_grad_(False)
        name = f"decoder-w{width}n{films}"
        losses, made = among_twins(name, model, images, lambda twin: steps(twin, images, truth, rate))
        tensors.update(made)
        config = {"width": width, "size": size, "rate": rate, "frozen": frozen}
        folder.add("decoder", name, tensors, config=config, losses=losses)
