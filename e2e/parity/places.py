"""VICReg on matched places in plain PyTorch and double precision, on features in closed form: prints the numbers that
src/methods/vicregl/vicregl.test.ts holds the kernels to.

    /usr/bin/python3 e2e/parity/places.py
"""

import math

import torch
import torch.nn.functional as F


def vicreg(x, y):
    """x, y [N, K, D]: statistics of each of K pairs over N films, means over the pairs."""
    spread = lambda z: F.relu(1 - torch.sqrt(z.var(0) + 1e-4)).mean() / 2
    variance = spread(x) + spread(y)
    covariance = 0
    for z in (x, y):
        c = (z - z.mean(0)).transpose(0, 1)
        cov = c.transpose(1, 2) @ c / (len(z) - 1)
        off = cov.pow(2).sum((1, 2)) - torch.diagonal(cov, dim1=1, dim2=2).pow(2).sum(1)
        covariance = covariance + (off / z.shape[2]).mean()
    return torch.stack([F.mse_loss(x, y), variance, covariance])


def matched(own, other, distances, count):
    """Of each place the nearest, and of those pairs the `count` closest, in the order of own places."""
    shortest, nearest = distances.min(2)
    kept = shortest.argsort(1)[:, :count].sort(1)[0]
    pick = lambda z, index: torch.gather(z, 1, index[:, :, None].expand(-1, -1, z.shape[2]))
    return pick(own, kept), pick(other, torch.gather(nearest, 1, kept))


def local_terms(z1, z2, where1, where2, counts):
    """Means over the matchings by feature and by location, from view 1 and from view 2."""
    places = z1.shape[1]
    by_feature, by_location = torch.cdist(z1, z2), torch.cdist(where1, where2)
    matchings = [matched(z1, z2, by_feature, places), matched(z2, z1, by_feature.transpose(1, 2), places),
                 matched(z1, z2, by_location, counts[0]), matched(z2, z1, by_location.transpose(1, 2), counts[1])]
    return torch.stack([vicreg(x, y) for x, y in matchings]).mean(0)


def grid(location, height, width):
    """Where the places of a map lie, [P, 2], from the six numbers of a view."""
    v, u = torch.meshgrid(*[(torch.arange(n) + 0.5) / n for n in (height, width)], indexing="ij")
    x0, xu, xv, y0, yu, yv = location
    return torch.stack([x0 + u * xu + v * xv, y0 + u * yu + v * yv], 2).reshape(-1, 2).double()


def main():
    n, height, width, d = 5, 2, 3, 4
    feature = lambda view, i, place, j: math.sin(0.7 * i + 1.3 * j + 0.9 * place + 0.11 * i * j) + 0.3 * view * math.cos(0.5 * i - 0.9 * j + place)
    z = torch.tensor([[[[feature(view, i, place, j) for j in range(d)] for place in range(height * width)]
                       for i in range(n)] for view in (0, 1)], dtype=torch.float64).requires_grad_()
    location = lambda view, i: [10 + 3 * i + 7 * view, 90 - 20 * view, 4 * i, 5 + 2 * i, -3 * i, 80 + 9 * view]
    where = [torch.stack([grid(location(view, i), height, width) for i in range(n)]) for view in (0, 1)]
    terms = local_terms(z[0], z[1], *where, (4, 2))
    (25 * terms[0] + 25 * terms[1] + 0.5 * terms[2]).backward()
    print("terms", *(f"{value:.10f}" for value in terms.tolist()))
    print("gradient norms", *(f"{z.grad[view].norm().item():.8f}" for view in (0, 1)))


if __name__ == "__main__":
    main()
