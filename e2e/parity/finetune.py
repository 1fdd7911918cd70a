"""Steps of fine-tuning in plain PyTorch: the encoder of e2e/torch/mlvicx.py with a linear layer on its pooled features, the
binary cross-entropy over known labels, AdamW with decay of matrices and convolutions alone."""

import os
import sys

import torch
from torch import nn
from torch.nn import functional

sys.path.append(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "torch"))
from mlvicx import Mlvicx  # noqa: E402

UNKNOWN = 255
STEPS = 3


def network(width, classes):
    model = Mlvicx(width=width, hidden=8, outputs=8, channels=4, size=8, final_norm=False)
    del model.encoder.projetion, model.encoder.resize_project
    model.encoder.classifier = nn.Linear(8 * width, classes)
    return model


def logits_of(model, images):
    features = model.encoder.levels(images, bottlenecks=True)[-1].mean(dim=(2, 3))
    return model.encoder.classifier(features)


def known_loss(logits, labels):
    known = labels != UNKNOWN
    return functional.binary_cross_entropy_with_logits(logits[known], labels[known].to(logits.dtype))


def state_of(model, prefix):
    state = model.state_dict().items()
    return {f"{prefix}{name}": value.float() for name, value in state if "num_batches" not in name}


def finetune(folder, generator):
    for width, classes, films, size, rate in [(4, 3, 8, 32, 3e-4), (8, 5, 6, 48, 1e-3)]:
        torch.manual_seed(int(torch.randint(1 << 30, (1,), generator=generator)))
        model = network(width, classes)
        images = torch.randn(films, 3, size, size, generator=generator)
        labels = torch.randint(0, 2, (films, classes), generator=generator, dtype=torch.uint8)
        labels[torch.rand(films, classes, generator=generator) < 0.25] = UNKNOWN
        tensors = {"images": images, "labels": labels, **state_of(model, "before.")}
        model = model.double().train()
        decayed = [weight for weight in model.parameters() if weight.dim() > 1]
        others = [weight for weight in model.parameters() if weight.dim() == 1]
        decay = 1e-2
        groups = [{"params": decayed, "weight_decay": decay}, {"params": others, "weight_decay": 0.0}]
        optimiser = torch.optim.AdamW(groups, lr=rate)
        losses = []
        for _ in range(STEPS):
            optimiser.zero_grad()
            loss = known_loss(logits_of(model, images.double()), labels)
            loss.backward()
            optimiser.step()
            losses.append(loss.item())
        tensors.update(state_of(model, "after."))
        model.eval()
        tensors["logits"] = logits_of(model, images.double()).detach()
        config = {"width": width, "classes": classes, "size": size, "rate": rate, "decay": decay}
        folder.add("finetune", f"finetune-w{width}n{films}", tensors, config=config, losses=losses)
