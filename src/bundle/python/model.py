"""The network: a ResNet-18 whose five levels may each pass a context bottleneck, and the heads of each method on it.

Every parameter has the name that it has in the playground's checkpoints (`projetion` is spelt as in the published module), so
a checkpoint loads with strict=True. `config` holds the settings of the run by name.
"""

import math

import torch
from torch import nn
from torch.nn import functional

POOLED_SIDE = 4
#: Methods with a projector of two layers; that of the others has three, or is not there.
SHORT = "simclr", "byol", "moco"
#: Methods with a target network.
FOLLOWED = "byol", "moco"


class BasicBlock(nn.Module):
    def __init__(self, inputs, outputs, stride):
        super().__init__()
        self.conv1 = nn.Conv2d(inputs, outputs, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(outputs)
        self.conv2 = nn.Conv2d(outputs, outputs, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(outputs)
        self.relu = nn.ReLU()
        self.downsample = None
        if stride != 1:
            shortcut = nn.Conv2d(inputs, outputs, 1, stride, bias=False)
            self.downsample = nn.Sequential(shortcut, nn.BatchNorm2d(outputs))

    def forward(self, x):
        identity = x if self.downsample is None else self.downsample(x)
        y = self.relu(self.bn1(self.conv1(x)))
        return self.relu(self.bn2(self.conv2(y)) + identity)


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


class Projector(nn.Module):
    """The features to z: layers l1, l2, ..., of which the last has no ReLU, and a norm only where one is asked for."""

    def __init__(self, widths, final_norm, norms=True):
        super().__init__()
        *hidden, (inputs, outputs) = zip(widths, widths[1:])
        for number, (before, after) in enumerate(hidden, 1):
            norm = [nn.BatchNorm1d(after)] if norms else []
            setattr(self, f"l{number}", nn.Sequential(nn.Linear(before, after), *norm, nn.ReLU()))
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
        if method == "supervised":
            self.classifier = nn.Linear(widths[4], config["classifierOutputs"])
        else:
            self.add_heads(config, widths)

    def add_heads(self, config, widths):
        method, hidden, outputs = config["method"], config["projectorHidden"], config["embeddingDim"]
        layers = [hidden] if method in SHORT else [hidden, hidden]
        final_norm = method == "simsiam" or (method == "mlvicx" and config["projectorFinalNorm"])
        self.projetion = Projector([widths[4], *layers, outputs], final_norm, norms=method != "moco")
        if method == "byol":
            self.predictor = Projector([outputs, hidden, outputs], False)
        if method == "simsiam":
            bottleneck = max(1, math.floor(outputs / config["predictorBottleneck"] + 0.5))
            self.predictor = Projector([outputs, bottleneck, outputs], False)
            # The paper has no affine part there.
            self.projetion.l3[1].requires_grad_(False)
        if method == "vicregl":
            self.maps_projector = Projector([widths[4], *[config["localDim"]] * 3], False)
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
        """The embedding of each head, [N, D], by the head's name, [N, P, D] where it looks at places; and what a predictor or
        a classifier makes of it."""
        levels = self.levels(images)
        features = levels[-1].mean(dim=(2, 3))
        if hasattr(self, "classifier"):
            return {"global": features, "logits": self.classifier(features)}
        embeddings = {"global": self.projetion(features)}
        if hasattr(self, "resize_project"):
            embeddings["local"] = self.resize_project(levels)
        if hasattr(self, "maps_projector"):
            films, channels, height, width = levels[-1].shape
            rows = levels[-1].permute(0, 2, 3, 1).reshape(-1, channels)
            embeddings["local"] = self.maps_projector(rows).reshape(films, height * width, -1)
        if hasattr(self, "predictor"):
            embeddings["prediction"] = self.predictor(embeddings["global"])
        return embeddings


class Network(nn.Module):
    """Both views go through in one forward pass, as DistributedDataParallel wants it, but one after the other: batch norm
    takes the statistics of each view for itself. The target network of BYOL and MoCo is the encoder and its projector once
    more; the queue of MoCo holds keys of earlier steps, [D, K], each of length one."""

    def __init__(self, config):
        super().__init__()
        self.encoder = Encoder(config)
        if config["method"] in FOLLOWED:
            self.target = nn.Module()
            self.target.encoder = Encoder(config)
            if hasattr(self.target.encoder, "predictor"):
                del self.target.encoder.predictor
            self.target.requires_grad_(False)
            self.follow(0)
        self.register_buffer("queue", None)
        if config["method"] == "moco":
            keys = torch.randn(config["embeddingDim"], config["queueLength"])
            self.queue = functional.normalize(keys, dim=0)
            self.register_buffer("queue_ptr", torch.zeros(1, dtype=torch.long))

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

    @torch.no_grad()
    def remember(self, keys):
        """Puts the keys of a step, [2N, D], in place of the oldest; of more than there is room for, the last."""
        length, begin = self.queue.shape[1], int(self.queue_ptr)
        places = (begin + torch.arange(len(keys), device=keys.device)) % length
        kept = slice(max(0, len(keys) - length), None)
        self.queue[:, places[kept]] = functional.normalize(keys)[kept].T
        self.queue_ptr[0] = (begin + len(keys)) % length
