"""Fine-tuning in PyTorch, on the encoder of mlvicx.py: a linear layer on its pooled features, the loss over the labels that are
known, in which positives may count more than once, and AdamW with a rate for the encoder and one for the layer.
"""

import torch
from torch import nn
from torch.nn import functional

from mlvicx import Mlvicx

UNKNOWN = 255


class Tuned(nn.Module):
    def __init__(self, width, classes):
        super().__init__()
        self.encoder = Mlvicx(width=width, hidden=8, outputs=8, channels=4, size=8, final_norm=False).encoder
        del self.encoder.projetion, self.encoder.resize_project
        self.encoder.classifier = nn.Linear(8 * width, classes)

    def forward(self, images):
        """Logits [N, classes]."""
        features = self.encoder.levels(images, bottlenecks=True)[-1].mean(dim=(2, 3))
        return self.encoder.classifier(features)


def known_loss(logits, labels, positives):
    """Mean over the known labels of binary cross-entropy; a positive label of a class counts `positives` times."""
    known = labels != UNKNOWN
    weights = positives.to(logits.dtype).expand_as(logits)[known]
    targets = labels[known].to(logits.dtype)
    return functional.binary_cross_entropy_with_logits(logits[known], targets, pos_weight=weights)


def adamw(model, rate, layer_rate, decay):
    """Matrices and convolutions decay, norms and biases do not."""
    groups = []
    for layer in (False, True):
        own = [weight for name, weight in model.named_parameters() if ("classifier." in name) == layer]
        for many in (False, True):
            groups.append({"params": [weight for weight in own if (weight.dim() > 1) == many],
                           "lr": layer_rate if layer else rate, "weight_decay": decay if many else 0.0})
    return torch.optim.AdamW(groups)
