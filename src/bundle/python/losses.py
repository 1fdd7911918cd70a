"""The losses, measured over the whole batch wherever its films are.

Variances, covariances, correlations and negatives are of all films of a batch, so embeddings are gathered from all processes
first, with their gradient (`gather`), and every process computes the same loss. Terms carry the names of the playground's curves.
"""

import torch
import torch.distributed as dist
from torch import nn
from torch.nn import functional

HEADS = "global", "local"


class Gather(torch.autograd.Function):
    """Rows of all processes, in order of rank. Backward sums what every process wants of the own rows: the loss of each depends
    on them. DistributedDataParallel then takes the mean over processes, which makes that the gradient of one loss over the whole
    batch. dist.all_gather by itself has no gradient, and what was gathered by it would miss from the update."""

    @staticmethod
    def forward(ctx, rows):
        parts = [torch.empty_like(rows) for _ in range(dist.get_world_size())]
        dist.all_gather(parts, rows.contiguous())
        ctx.rows = rows.shape[0]
        return torch.cat(parts)

    @staticmethod
    def backward(ctx, gradient):
        gradient = gradient.contiguous().clone()
        dist.all_reduce(gradient)
        return gradient[dist.get_rank() * ctx.rows :][: ctx.rows]


def several():
    return dist.is_available() and dist.is_initialized() and dist.get_world_size() > 1


def gather(rows):
    return Gather.apply(rows) if several() else rows


class GatheredBatchNorm(nn.modules.batchnorm._BatchNorm):
    """Batch norm over the films of all processes where SyncBatchNorm, which is for GPUs alone, cannot be: slow, for checks."""

    def _check_input_dim(self, x):
        pass

    def forward(self, x):
        if not self.training:
            return super().forward(x)
        everything = super().forward(gather(x))
        return everything[dist.get_rank() * x.shape[0] :][: x.shape[0]]


def synchronised(network, device):
    """The network with batch norms that see the films of all processes; names stay as they are."""
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for module in network.modules():
        if isinstance(module, nn.modules.batchnorm._BatchNorm):
            module.__class__ = GatheredBatchNorm
    return network


def off_diagonal(square):
    return square - torch.diag(torch.diagonal(square))


def vicreg_terms(a, b):
    """arXiv 2105.04906, section 4, on [N, D] of both views; a mean over D instead of a sum for the invariance."""
    invariance = functional.mse_loss(a, b)
    variance = covariance = 0
    for view in (a, b):
        deviation = torch.sqrt(view.var(dim=0) + 1e-4)
        variance = variance + torch.relu(1 - deviation).mean() / 2
        centred = view - view.mean(dim=0)
        products = centred.T @ centred / (len(view) - 1)
        covariance = covariance + off_diagonal(products).pow(2).sum() / view.shape[1]
    return {"invariance": invariance, "variance": variance, "covariance": covariance}


def barlow_terms(a, b):
    """arXiv 2103.03230, equation 1."""
    standardised = [functional.batch_norm(view, None, None, training=True, eps=1e-5) for view in (a, b)]
    correlations = standardised[0].T @ standardised[1] / len(a)
    on_diagonal = (torch.diagonal(correlations) - 1).pow(2).sum()
    return {"on-diagonal": on_diagonal, "off-diagonal": off_diagonal(correlations).pow(2).sum()}


def contrastive_terms(a, b, temperature):
    """NT-Xent, arXiv 2002.05709, equation 1: each of the 2N views shall find the other one of its film."""
    unit = functional.normalize(torch.cat([a, b]))
    logits = unit @ unit.T / temperature
    logits = logits.masked_fill(torch.eye(len(unit), dtype=torch.bool, device=a.device), float("-inf"))
    partners = torch.arange(len(unit), device=a.device).roll(len(a))
    return {"contrastive": functional.cross_entropy(logits, partners)}


def distance_terms(first, second):
    """BYOL, arXiv 2006.07733, equation 2: the prediction of each view against the target of the other."""
    one = 2 - 2 * functional.cosine_similarity(first["prediction"], second["target"].detach())
    other = 2 - 2 * functional.cosine_similarity(second["prediction"], first["target"].detach())
    return {"distance": one.mean() + other.mean()}


def terms_of(config, head, first, second):
    """The terms of the method's loss on a head and, by term, its weight."""
    method, a, b = config["method"], first[head], second[head]
    if method == "byol":
        return distance_terms(first, second), {"distance": 1}
    if method == "barlow":
        return barlow_terms(a, b), {"on-diagonal": 1, "off-diagonal": config["offDiagonalWeight"]}
    if method == "simclr":
        return contrastive_terms(a, b, config["temperature"]), {"contrastive": 1}
    terms = vicreg_terms(a, b)
    return terms, {name: config[f"{name}Weight"] for name in terms}


@torch.no_grad()
def statistics(config, a, b):
    """What the playground measures of every head, whatever the loss is made of; of directions, where only these count."""
    if config["method"] == "byol":
        a, b = (functional.normalize(view) * view.shape[1] ** 0.5 for view in (a, b))
    spread = torch.stack([torch.sqrt(view.var(dim=0) + 1e-4).mean() for view in (a, b)]).mean()
    return {**vicreg_terms(a, b), "std": spread}


def loss_of(config, first, second, measure=True):
    """The loss of embeddings by head, those of view 1 and of view 2, with its terms by the names of the curves."""
    loss, log = 0, {}
    # Sums over a batch want single precision, whatever the network ran in.
    first, second = ({name: gather(rows.float()) for name, rows in view.items()} for view in (first, second))
    for head in [name for name in HEADS if name in first]:
        terms, weights = terms_of(config, head, first, second)
        total = sum(weights[name] * term for name, term in terms.items())
        loss = loss + total * (config["localWeight"] if head == "local" else 1)
        if measure:
            log.update({f"{head}/{name}": value for name, value in statistics(config, first[head], second[head]).items()})
            log.update({f"{head}/{name}": term for name, term in terms.items()})
            log.update({f"{head}/weighted-{name}": weights[name] * term for name, term in terms.items()})
            log[f"{head}/total"] = total
    return loss, {"loss/total": loss, **log}
