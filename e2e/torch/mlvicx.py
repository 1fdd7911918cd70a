"""MLVICX in PyTorch for the checks of this folder: the network of the bundle (src/bundle/python/model.py), but with the local
branch as it was published.

That one resizes, projects, sums and then pools, where the bundle pools first and the playground multiplies by one small matrix;
all of it is linear, so the three agree, and here that is checked. Sizes are read off a state dict.
"""

import pathlib
import sys

import torch
from torch import nn
from torch.nn import functional

sys.path.append(str(pathlib.Path(__file__).resolve().parents[2] / "src/bundle/python"))
import model  # noqa: E402


class ResizeProject(model.ResizeProject):
    def forward(self, levels):
        shape = (self.side, self.side)
        resized = [functional.interpolate(a, shape, mode="bilinear", align_corners=False) for a in levels]
        projected = sum(conv(a) for conv, a in zip(self.convs, resized))
        return self.conv_head(functional.adaptive_avg_pool2d(projected, model.POOLED_SIDE))


class Encoder(model.Encoder):
    def __init__(self, width, hidden, outputs, channels, size, final_norm):
        config = {
            "method": "mlvicx",
            "width": width,
            "projectorHidden": hidden,
            "embeddingDim": outputs,
            "levelChannels": channels,
            "levelSize": size,
            "projectorFinalNorm": final_norm,
            "trainLevelConvs": True,
        }
        super().__init__(config)
        self.resize_project = ResizeProject([width, width, 2 * width, 4 * width, 8 * width], config)

    def levels(self, images, bottlenecks=True):
        self.attends = bottlenecks
        return super().levels(images)


class Mlvicx(nn.Module):
    def __init__(self, **sizes):
        super().__init__()
        self.encoder = Encoder(**sizes)

    def forward(self, images):
        """h, z, d, and the pooled features without context bottlenecks."""
        levels = self.encoder.levels(images, bottlenecks=True)
        h = levels[-1].mean(dim=(2, 3))
        plain = self.encoder.levels(images, bottlenecks=False)[-1].mean(dim=(2, 3))
        z = self.encoder.projetion(h)
        d = self.encoder.resize_project(levels)
        return {"h": h, "plain": plain, "z": z, "d": d}


def sizes_of(shapes, level_size):
    """Arguments of Mlvicx for a state dict, from the shapes of its tensors by name."""
    return {
        "width": shapes["encoder.encoder.0.weight"][0],
        "hidden": shapes["encoder.projetion.l1.0.weight"][0],
        "outputs": shapes["encoder.projetion.l3.0.weight"][0],
        "channels": shapes["encoder.resize_project.convs.0.weight"][0],
        "final_norm": "encoder.projetion.l3.1.weight" in shapes,
        "size": level_size,
    }
