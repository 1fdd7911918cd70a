"""The network: a ResNet-18 whose five levels may each pass a context bottleneck, and the heads of each method on it.

Every parameter has the name that it has in the playground's checkpoints (`projetion` is spelt as in the published module), so
a checkpoint loads with strict=True. `config` holds the settings of the run by name.
"""

import torch
from torch import nn
from torch.nn import functional

POOLED_SIDE = 4


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
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

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


def linear_norm(inputs, outputs):
    return nn.Sequential(nn.Linear(inputs, outputs), nn.BatchNorm1d(outputs), nn.ReLU())


class Projector(nn.Module):
    """The features to z: layers l1, l2, ..., of which the last has no ReLU, and a norm only where one is asked for."""

    def __init__(self, widths, final_norm):
        super().__init__()
        *hidden, (inputs, outputs) = zip(widths, widths[1:])
        for number, pair in enumerate(hidden, 1):
            setattr(self, f"l{number}", linear_norm(*pair))
        last = [nn.BatchNorm1d(outputs)] if final_norm else []
        setattr(self, f"l{len(hidden) + 1}", nn.Sequential(nn.Linear(inputs, outputs), *last))

    def forward(self, h):
        for layer in self.children():
            h = layer(h)
        return h


class LocalHead(nn.Module):
    def __init__(self, channels, outputs, final_norm):
        super().__init__()
        last = [nn.BatchNorm1d(outputs)] if final_norm else []
        self.projection = nn.Sequential(
            nn.Identity(),
            nn.Flatten(),
            nn.Linear(POOLED_SIDE**2 * channels, outputs),
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
    """The five levels to d. The published module resizes, projects by 1x1 convolutions, sums and pools to 4 x 4; all of it is
    linear, so pooling before the convolutions gives the same at 1/256 of the arithmetic."""

    def __init__(self, widths, config):
        super().__init__()
        channels = config["levelChannels"]
        self.side = config["levelSize"]
        self.convs = nn.ModuleList(nn.Conv2d(width, channels, 1) for width in widths)
        self.conv_head = LocalHead(channels, config["embeddingDim"], config["projectorFinalNorm"])

    def pooled(self, level):
        resized = functional.interpolate(level, (self.side, self.side), mode="bilinear", align_corners=False)
        return functional.adaptive_avg_pool2d(resized, POOLED_SIDE)

    def forward(self, levels):
        return self.conv_head(sum(conv(self.pooled(level)) for conv, level in zip(self.convs, levels)))


class Encoder(nn.Module):
    def __init__(self, config):
        super().__init__()
        method, width = config["method"], config["width"]
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
        for conv in self.encoder.modules():
            if isinstance(conv, nn.Conv2d):
                nn.init.kaiming_normal_(conv.weight, mode="fan_out", nonlinearity="relu")
        self.attends = method == "mlvicx" or config["bottlenecks"]
        if self.attends:
            for level, channels in enumerate(widths, 1):
                setattr(self, f"cbt{level}", ContextBottleneck(channels))
        hidden, outputs = config["projectorHidden"], config["embeddingDim"]
        layers = [hidden] if method in ("simclr", "byol", "target") else [hidden, hidden]
        final_norm = method == "mlvicx" and config["projectorFinalNorm"]
        self.projetion = Projector([widths[4], *layers, outputs], final_norm)
        if method == "byol":
            self.predictor = Projector([outputs, hidden, outputs], False)
        if method == "mlvicx":
            self.resize_project = ResizeProject(widths, config)
            # The published optimiser never sees these convolutions.
            self.resize_project.convs.requires_grad_(config["trainLevelConvs"])

    def levels(self, images):
        """The maps of the five levels, [N, C, H, W]; the last one's mean over height and width is the feature."""
        attend = [getattr(self, f"cbt{level}") if self.attends else nn.Identity() for level in range(1, 6)]
        found = [attend[0](self.encoder[:3](images))]
        below = self.encoder[3](found[0])
        for gate, layers in zip(attend[1:], self.encoder[4:]):
            found.append(gate(layers(below)))
            below = found[-1]
        return found

    def forward(self, images):
        """The embedding of each head, [N, D], by the head's name, and what a predictor makes of it."""
        levels = self.levels(images)
        embeddings = {"global": self.projetion(levels[-1].mean(dim=(2, 3)))}
        if hasattr(self, "resize_project"):
            embeddings["local"] = self.resize_project(levels)
        if hasattr(self, "predictor"):
            embeddings["prediction"] = self.predictor(embeddings["global"])
        return embeddings


class Network(nn.Module):
    """Both views go through in one forward pass, as DistributedDataParallel wants it, but one after the other: batch norm
    takes the statistics of each view for itself. The target network of BYOL is the encoder and its projector once more."""

    def __init__(self, config):
        super().__init__()
        self.encoder = Encoder(config)
        if config["method"] == "byol":
            self.target = nn.Module()
            self.target.encoder = Encoder({**config, "method": "target"})
            self.target.requires_grad_(False)
            self.follow(0)

    def forward(self, view1, view2):
        first, second = self.encoder(view1), self.encoder(view2)
        if hasattr(self, "target"):
            with torch.no_grad():
                first["target"] = self.target.encoder(view1)["global"]
                second["target"] = self.target.encoder(view2)["global"]
        return first, second

    @torch.no_grad()
    def follow(self, momentum):
        """After an update: the target keeps this part of itself and takes the rest from the trained weights."""
        trained = dict(self.encoder.named_parameters())
        for name, weight in self.target.encoder.named_parameters():
            weight.lerp_(trained[name], 1 - momentum)
