"""MLVICX in PyTorch, as docs/method.md describes it, under the state_dict names of the published module.

Written apart from the TypeScript: the local branch resizes, projects, sums and pools as published, where the playground
multiplies by one small matrix. Sizes are read off a state dict.
"""

import torch
from torch import nn
from torch.nn import functional


def norm_after(layer, channels):
    return [layer, nn.BatchNorm2d(channels)]


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.downsample = None
        if stride != 1:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(*norm_after(shortcut, outputs))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        y = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(y)) + identity)


def stage(inputs, outputs, stride):
    return nn.Sequential(BasicBlock(inputs, outputs, stride), BasicBlock(outputs, outputs, 1))


class ChannelGate(nn.Module):
    def __init__(self, channels):
        super().__init__()
        half = channels // 2
        self.fc = nn.Sequential(
            nn.Conv2d(channels, half, 1, bias=False),
            nn.ReLU(),
            nn.Conv2d(half, channels, 1, bias=False),
        )

    def forward(self, x):
        mean = x.mean(dim=(2, 3), keepdim=True)
        largest = x.amax(dim=(2, 3), keepdim=True)
        return torch.sigmoid(self.fc(mean) + self.fc(largest))


class SpatialGate(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(2, 1, 7, padding=3, bias=False)

    def forward(self, x):
        both = torch.cat([x.mean(dim=1, keepdim=True), x.amax(dim=1, keepdim=True)], dim=1)
        return torch.sigmoid(self.conv1(both))


class ContextBottleneck(nn.Module):
    def __init__(self, channels):
        super().__init__()
        self.cam = ChannelGate(channels)
        self.sam = SpatialGate()

    def forward(self, x):
        y = self.cam(x) * x
        return self.sam(y) * y


class GlobalProjector(nn.Module):
    def __init__(self, inputs, hidden, outputs, final_norm):
        super().__init__()
        self.l1 = nn.Sequential(nn.Linear(inputs, hidden), nn.BatchNorm1d(hidden), nn.ReLU())
        self.l2 = nn.Sequential(nn.Linear(hidden, hidden), nn.BatchNorm1d(hidden), nn.ReLU())
        last = [nn.BatchNorm1d(outputs)] if final_norm else []
        self.l3 = nn.Sequential(nn.Linear(hidden, outputs), *last)

    def forward(self, h):
        return self.l3(self.l2(self.l1(h)))


class LocalHead(nn.Module):
    def __init__(self, channels, outputs, final_norm):
        super().__init__()
        last = [nn.BatchNorm1d(outputs)] if final_norm else []
        self.projection = nn.Sequential(
            nn.AdaptiveAvgPool2d(4),
            nn.Flatten(),
            nn.Linear(16 * channels, outputs),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Linear(outputs, outputs),
            nn.BatchNorm1d(outputs),
            nn.ReLU(),
            nn.Linear(outputs, outputs),
            *last,
        )

    def forward(self, x):
        return self.projection(x)


class ResizeProject(nn.Module):
    def __init__(self, widths, channels, size, outputs, final_norm):
        super().__init__()
        self.size = size
        self.convs = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths)
        self.conv_head = LocalHead(channels, outputs, final_norm)

    def forward(self, levels):
        shape = (self.size, self.size)
        resized = [functional.interpolate(a, shape, mode="bilinear", align_corners=False) for a in levels]
        return self.conv_head(sum(conv(a) for conv, a in zip(self.convs, resized)))


class Encoder(nn.Module):
    def __init__(self, width, hidden, outputs, channels, size, final_norm):
        super().__init__()
        widths = [width, width, 2 * width, 4 * width, 8 * width]
        self.encoder = nn.Sequential(
            nn.Conv2d(3, width, 7, 2, 3, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
            nn.MaxPool2d(3, 2, 1),
            stage(widths[0], widths[1], 1),
            stage(widths[1], widths[2], 2),
            stage(widths[2], widths[3], 2),
            stage(widths[3], widths[4], 2),
        )
        for level, channels_there in enumerate(widths, 1):
            setattr(self, f"cbt{level}", ContextBottleneck(channels_there))
        self.projetion = GlobalProjector(widths[4], hidden, outputs, final_norm)
        self.resize_project = ResizeProject(widths, channels, size, outputs, final_norm)

    def levels(self, images, bottlenecks):
        stem, rest = self.encoder[:3], self.encoder[4:]
        attend = [getattr(self, f"cbt{level}") if bottlenecks else nn.Identity() for level in range(1, 6)]
        found = [attend[0](stem(images))]
        below = self.encoder[3](found[0])
        for gate, layers in zip(attend[1:], rest):
            found.append(gate(layers(below)))
            below = found[-1]
        return found


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
