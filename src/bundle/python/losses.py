"""The losses, measured over the whole batch wherever its films are.

Variances, covariances, correlations and negatives are of all films of a batch, so embeddings are gathered from all processes
first, with their gradient (`gather`), and every process computes the same loss. Terms carry the names of the playground's curves.
"""

import math

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
    # Nothing can be gathered of rows without columns.
    return Gather.apply(rows) if several() and rows.numel() > 0 else rows


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


def spread_of(view):
    return torch.sqrt(view.var(dim=0) + 1e-4)


def vicreg_terms(a, b):
    """arXiv 2105.04906, section 4, on [N, D] of both views; a mean over D instead of a sum for the invariance. Of [N, T, D], T
    pairs of places, the mean over the pairs of what each says."""
    invariance = functional.mse_loss(a, b)
    variance = covariance = 0
    for view in (a, b):
        variance = variance + torch.relu(1 - spread_of(view)).mean() / 2
        centred = view - view.mean(dim=0)
        if view.ndim == 2:
            off = off_diagonal(centred.T @ centred / (len(view) - 1)).pow(2).sum()
        else:
            # The squares of a covariance and of its Gram matrix, which may be far smaller, have the same sum.
            columns = centred.transpose(0, 1)
            gram = columns @ columns.transpose(1, 2) / (len(view) - 1)
            off = (gram.pow(2).sum((1, 2)) - view.var(dim=0).pow(2).sum(1)).mean()
        covariance = covariance + off / view.shape[-1]
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


def cosine_terms(first, second, stop):
    """SimSiam, arXiv 2011.10566, equation 2."""
    one, other = (view["global"].detach() if stop else view["global"] for view in (first, second))
    cosines = functional.cosine_similarity(first["prediction"], other), functional.cosine_similarity(second["prediction"], one)
    return {"cosine": -(cosines[0].mean() + cosines[1].mean()) / 2}


def queue_terms(first, second, queue, temperature):
    """MoCo, arXiv 1911.05722, equation 1, both views asking: the key of the other view against the keys in the queue, [D, K]."""
    queries = functional.normalize(torch.cat([first["global"], second["global"]]))
    keys = functional.normalize(torch.cat([second["target"], first["target"]])).detach()
    logits = torch.cat([(queries * keys).sum(dim=1, keepdim=True), queries @ queue], dim=1) / temperature
    return {"contrastive": functional.cross_entropy(logits, torch.zeros(len(logits), dtype=torch.long, device=logits.device))}


def label_terms(first, second, labels):
    """Both views against the labels of their film, [N, findings]; -1 is not known."""
    logits = torch.cat([first["logits"], second["logits"]])
    wanted = torch.cat([labels, labels])
    logits = logits[:, : wanted.shape[1]]
    known = wanted >= 0
    losses = functional.binary_cross_entropy_with_logits(logits[known], wanted[known], reduction="sum")
    # No label known: a loss of zero that every weight takes part in.
    return {"cross-entropy": losses / known.sum().clamp(min=1) + 0 * first["logits"].sum()}


#: Distances are the same where the larger, times this, is no larger than the other: then the first place is taken.
ALIKE = 1 - 1e-5


def first_of(distances):
    """The first of the smallest along the last dimension, and its distance."""
    place = (distances * ALIKE <= distances.min(dim=-1, keepdim=True)[0]).int().argmax(dim=-1)
    return place, distances.gather(-1, place[..., None])[..., 0]


def matched(own, other, distances, count):
    """Of each place [N, P, D] the nearest of the other view; those `count` pairs that lie closest, in the order of own places."""
    nearest, shortest = first_of(distances)
    kept = torch.full_like(shortest, count == own.shape[1], dtype=torch.bool)
    while int(kept[0].sum()) < count:
        place, _ = first_of(shortest.masked_fill(kept, float("inf")))
        kept.scatter_(1, place[:, None], True)
    places = kept.nonzero()[:, 1].reshape(len(own), count)
    take = lambda rows, index: rows.gather(1, index[..., None].expand(-1, -1, rows.shape[2]))
    return take(own, places), take(other, nearest.gather(1, places))


def places_in_film(locations, height, width):
    """Where the middles of the places lie, [N, P, 2], from the six numbers of each view (views.py)."""
    down = (torch.arange(height * width, device=locations.device) // width + 0.5) / height
    along = (torch.arange(height * width, device=locations.device) % width + 0.5) / width
    x, y = (locations[:, k : k + 1] + along * locations[:, k + 1 : k + 2] + down * locations[:, k + 2 : k + 3] for k in (0, 3))
    return torch.stack([x, y], dim=2)


def place_terms(config, a, b, locations):
    """VICRegL, arXiv 2210.01571, section 3: VICReg on matched places, by feature and by location, from either view. Also the
    spread of what was matched."""
    side = round(a.shape[1] ** 0.5)
    counts = [max(1, math.floor(config[f"matchesFrom{view}"] * a.shape[1] / 49 + 0.5)) for view in (1, 2)]
    apart = lambda one, other: torch.cdist(one, other, compute_mode="donot_use_mm_for_euclid_dist").pow(2)
    with torch.no_grad():
        by_feature = apart(a, b)
        by_place = apart(*(places_in_film(where, side, side) for where in locations))
    pairs = [
        matched(a, b, by_feature, a.shape[1]),
        matched(b, a, by_feature.transpose(1, 2), a.shape[1])[::-1],
        matched(a, b, by_place, counts[0]),
        matched(b, a, by_place.transpose(1, 2), counts[1])[::-1],
    ]
    terms = [vicreg_terms(*pair) for pair in pairs]
    spread = torch.stack([spread_of(view).mean() for pair in pairs for view in pair]).mean().detach()
    return {name: sum(one[name] for one in terms) / 4 for name in terms[0]}, spread


def terms_of(config, head, first, second, known):
    """The terms of the method's loss on a head and, by term, its weight. `known`: facts of either view, and the queue."""
    method, a, b = config["method"], first[head], second[head]
    if method == "byol":
        return distance_terms(first, second), {"distance": 1}
    if method == "simsiam":
        return cosine_terms(first, second, config["stopGradient"]), {"cosine": 1}
    if method == "moco":
        return queue_terms(first, second, known["queue"], config["temperature"]), {"contrastive": 1}
    if method == "supervised":
        return label_terms(first, second, known["facts"][0]), {"cross-entropy": 1}
    if method == "barlow":
        return barlow_terms(a, b), {"on-diagonal": 1, "off-diagonal": config["offDiagonalWeight"]}
    if method == "simclr":
        return contrastive_terms(a, b, config["temperature"]), {"contrastive": 1}
    places = method == "vicregl" and head == "local"
    terms = place_terms(config, a, b, known["facts"])[0] if places else vicreg_terms(a, b)
    weights = {name: config[f"{name}Weight"] for name in terms}
    if method == "vicregl":
        # Its authors count the covariance of either view half.
        weights["covariance"] /= 2
    return terms, weights


def head_weight(config, head):
    if head != "local":
        return 1
    return 2 * (1 - config["alpha"]) / config["alpha"] if config["method"] == "vicregl" else config["localWeight"]


@torch.no_grad()
def statistics(config, a, b, known):
    """What the playground measures of every head, whatever the loss is made of; of directions, where only these count."""
    if a.ndim == 3:
        terms, spread = place_terms(config, a, b, known["facts"])
        return {**terms, "std": spread}
    if config["method"] in ("byol", "simsiam", "moco"):
        a, b = (functional.normalize(view) * view.shape[1] ** 0.5 for view in (a, b))
    spread = torch.stack([spread_of(view).mean() for view in (a, b)]).mean()
    return {**vicreg_terms(a, b), "std": spread}


def loss_of(config, first, second, facts, queue=None, measure=True):
    """The loss of embeddings by head, those of view 1 and of view 2, with its terms by the names of the curves. `facts` [N, ...]
    are what the method knows of each view: labels of its film, or where it lies. Also the keys of the step for a queue."""
    loss, log = 0, {}
    # Sums over a batch want single precision at least, whatever the network ran in.
    wide = lambda rows: rows if rows.dtype == torch.float64 else rows.float()
    first, second = ({name: gather(wide(rows)) for name, rows in view.items()} for view in (first, second))
    known = {"facts": [gather(rows) for rows in facts], "queue": queue}
    for head in [name for name in HEADS if name in first]:
        terms, weights = terms_of(config, head, first, second, known)
        total = sum(weights[name] * term for name, term in terms.items())
        loss = loss + total * head_weight(config, head)
        if measure:
            measured = statistics(config, first[head], second[head], known)
            log.update({f"{head}/{name}": value for name, value in measured.items()})
            log.update({f"{head}/{name}": term for name, term in terms.items()})
            log.update({f"{head}/weighted-{name}": weights[name] * term for name, term in terms.items()})
            log[f"{head}/total"] = total
    keys = torch.cat([first["target"], second["target"]]) if queue is not None else None
    return loss, {"loss/total": loss, **log}, keys
