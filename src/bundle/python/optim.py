"""LARS, AdamW and the schedule of the rate, as the playground has them.

Weight decay and the scaling of LARS are for tensors of two or more dimensions; biases and norms are left alone.
"""

import math

import torch

#: Batch size that the base rate of LARS refers to.
REFERENCE_BATCH = 256
#: The cosine ends at this share of the base rate.
FLOOR = 0.001
#: The optimiser's state in checkpoints: the name there, and PyTorch's.
SLOTS = {"lars": {"momentum": "momentum"}, "adamw": {"moment1": "exp_avg", "moment2": "exp_avg_sq"}}


class Lars(torch.optim.Optimizer):
    """You et al., 2017: u = g + decay w, scaled by eta |w| / |u|; m = momentum m + u; w -= rate m."""

    def __init__(self, parameters, momentum, trust):
        super().__init__(parameters, {"lr": 0.0, "weight_decay": 0.0, "momentum": momentum, "trust": trust})

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for weight in group["params"]:
                update = weight.grad
                if weight.ndim > 1:
                    update = update.add(weight, alpha=group["weight_decay"])
                    of_weight, of_update = weight.norm(), update.norm()
                    scaled = group["trust"] * of_weight / of_update
                    update = update * torch.where((of_weight > 0) & (of_update > 0), scaled, torch.ones_like(scaled))
                state = self.state[weight]
                if "momentum" not in state:
                    state["momentum"] = torch.zeros_like(weight)
                state["momentum"].mul_(group["momentum"]).add_(update)
                weight.sub_(state["momentum"], alpha=group["lr"])


def make_optimiser(config, network):
    trained = [weight for weight in network.parameters() if weight.requires_grad]
    groups = [
        {"params": [weight for weight in trained if weight.ndim > 1], "weight_decay": config["weightDecay"]},
        {"params": [weight for weight in trained if weight.ndim <= 1], "weight_decay": 0.0},
    ]
    if config["optimiser"] == "lars":
        return Lars(groups, config["momentum"], config["trustCoefficient"])
    return torch.optim.AdamW(groups, lr=0.0, betas=(config["momentum"], 0.999), eps=1e-8)


def base_rate(config):
    """LARS multiplies the rate of the settings by batch / 256; AdamW takes it as it is."""
    rate = config["learningRate"]
    return rate * config["batchSize"] / REFERENCE_BATCH if config["optimiser"] == "lars" else rate


def run_length(config, steps_per_epoch):
    return config["maxSteps"] or config["epochs"] * steps_per_epoch


def rate_at(config, steps_per_epoch, step):
    """The rate of step 0, 1, ...: linear from zero, then a cosine over the length of the whole run."""
    base = base_rate(config)
    warmup = math.floor(config["warmupEpochs"] * steps_per_epoch + 0.5)
    if step < warmup:
        return base * step / warmup
    q = 0.5 * (1 + math.cos(math.pi * (step - warmup) / run_length(config, steps_per_epoch)))
    return base * q + FLOOR * base * (1 - q)


def momentum_at(config, steps_per_epoch, step):
    """What a target network keeps of itself after a step: with BYOL from the setting to one, along a cosine. None without one."""
    if config["method"] == "moco":
        return config["keyMomentum"]
    if config["method"] != "byol":
        return None
    progress = step / run_length(config, steps_per_epoch)
    return 1 - (1 - config["targetMomentum"]) * (math.cos(math.pi * progress) + 1) / 2


def set_rate(optimiser, rate):
    for group in optimiser.param_groups:
        group["lr"] = rate
