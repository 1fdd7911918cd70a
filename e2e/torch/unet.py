"""The U-Net decoder of the evaluation of masks in PyTorch, on the encoder of mlvicx.py: five stages up, the first four of which
join the attended levels a4 to a1, and a 1 x 1 convolution to one logit a pixel; with the loss that it learns by.
"""

import torch
from torch import nn
from torch.nn import functional

from mlvicx import Mlvicx


class Stage(nn.Module):
    def __init__(self, inputs, outputs):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()

    def forward(self, x, skip, side):
        height, width = skip.shape[2:] if skip is not None else side
        x = functional.interpolate(x, scale_factor=2, mode="nearest")[:, :, :height, :width]
        if skip is not None:
            x = torch.cat([x, skip], dim=1)
        x = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(x)))


class Decoder(nn.Module):
    def __init__(self, width):
        super().__init__()
        outputs = [max(8, round(factor * width)) for factor in (4, 2, 1, 1 / 2, 1 / 4)]
        below = [8 * width, *outputs]
        skips = [4 * width, 2 * width, width, width, 0]
        self.blocks = nn.ModuleList(Stage(below[i] + skips[i], outputs[i]) for i in range(5))
        self.head = nn.Linear(outputs[-1], 1)

    def forward(self, levels, side):
        x = levels[-1]
        for block, skip in zip(self.blocks, [*levels[-2::-1], None]):
            x = block(x, skip, side)
        return self.head(x.permute(0, 2, 3, 1))[..., 0]


class Segmenter(nn.Module):
    def __init__(self, width):
        super().__init__()
        self.encoder = Mlvicx(width=width, hidden=8, outputs=8, channels=4, size=8, final_norm=False).encoder
        del self.encoder.projetion, self.encoder.resize_project
        self.decoder = Decoder(width)

    def forward(self, images):
        """Logits [N, height, width]."""
        return self.decoder(self.encoder.levels(images, bottlenecks=True), images.shape[2:])


def mask_loss(logits, truth):
    """Mean over pixels of binary cross-entropy, and mean over films of one less their soft Dice."""
    truth = truth.to(logits.dtype)
    p = torch.sigmoid(logits)
    both, drawn, there = ((x).sum(dim=(1, 2)) for x in (p * truth, p, truth))
    dice = 1 - (2 * both + 1) / (drawn + there + 1)
    return functional.binary_cross_entropy_with_logits(logits, truth) + dice.mean()
