"""Losses of the other methods and the moving average of a target network, with plain formulas in double precision."""

import math

import torch
import torch.nn.functional as F


def unit(z):
    return F.normalize(z, dim=1)


def simclr(z1, z2, temperature):
    n = len(z1)
    rows = unit(torch.cat([z1, z2]))
    logits = (rows @ rows.T / temperature).masked_fill(torch.eye(2 * n, dtype=torch.bool), -math.inf)
    return {"total": F.cross_entropy(logits, torch.arange(2 * n).roll(n))}


def barlow(z1, z2, weight):
    standard = lambda z: (z - z.mean(0)) / torch.sqrt(z.var(0, unbiased=False) + 1e-5)
    c = standard(z1).T @ standard(z2) / len(z1)
    on = (c.diagonal() - 1).pow(2).sum()
    off = c.pow(2).sum() - c.diagonal().pow(2).sum()
    return {"total": on + weight * off, "on_diagonal": on, "off_diagonal": off}


def cosines(p1, p2, t1, t2):
    return (unit(p1) * unit(t2)).sum(1).mean(), (unit(p2) * unit(t1)).sum(1).mean()


def byol(*given):
    first, second = cosines(*given)
    return {"total": (2 - 2 * first) + (2 - 2 * second)}


def simsiam(*given):
    first, second = cosines(*given)
    return {"total": -(first + second) / 2}


def moco(query, key, queue, temperature):
    same = (unit(query) * unit(key)).sum(1, keepdim=True)
    logits = torch.cat([same, unit(query) @ queue.T], 1) / temperature
    return {"total": F.cross_entropy(logits, torch.zeros(len(query), dtype=torch.long))}


def objective(folder, generator):
    random = lambda n, d: torch.randn(n, d, generator=generator)

    def add(method, n, d, loss, given, trained, **config):
        double = {name: t.double().requires_grad_(name in trained) for name, t in given.items()}
        values = loss(*double.values())
        values["total"].backward()
        gradients = {f"grad_{name}": double[name].grad for name in trained}
        folder.add("objective", f"{method}-n{n}d{d}", {**given, **gradients}, method=method,
                   config={"N": n, "D": d, "mode": "plain", **config},
                   values_f64={name: value.item() for name, value in values.items()})

    for n, d, temperature in [(3, 7, 0.4), (10, 33, 0.15), (21, 12, 0.2)]:
        z1 = random(n, d)
        pair = {"z1": z1, "z2": z1 + 0.6 * random(n, d)}
        add("simclr", n, d, lambda a, b: simclr(a, b, temperature), pair, ["z1", "z2"], temperature=temperature)
        add("barlow", n, d, lambda a, b: barlow(a, b, temperature / 20), pair, ["z1", "z2"],
            **{"lambda": temperature / 20})
        targets = {"t1": random(n, d), "t2": random(n, d)}
        predictions = {name: 0.4 * target + random(n, d) for name, target in zip(["p1", "p2"], targets.values())}
        for method, loss in (("byol", byol), ("simsiam", simsiam)):
            add(method, n, d, loss, {**predictions, **targets}, ["p1", "p2"])
        given = {"query": z1, "key": z1 + 0.5 * random(n, d), "queue": unit(random(3 * n, d))}
        add("moco", n, d, lambda q, k, queue: moco(q, k, queue, temperature), given, ["query"],
            temperature=temperature, queue=3 * n)


def momentum(folder, generator):
    for size, steps, total, base in [(11, 9, 9, 0.9), (130, 17, 60, 0.995)]:
        online = torch.randn(steps, size, generator=generator)
        target = torch.randn(size, generator=generator)
        coefficients = [1 - (1 - base) * (math.cos(math.pi * k / total) + 1) / 2 for k in range(steps)]
        result = target.double()
        for tau, parameters in zip(coefficients, online.double()):
            result = tau * result + (1 - tau) * parameters
        folder.add("momentum", f"momentum-{size}", {"online": online, "target": target, "result": result,
                   "coefficients": torch.tensor(coefficients, dtype=torch.float64)},
                   config={"size": size, "steps": steps, "totalSteps": total, "base": base})
