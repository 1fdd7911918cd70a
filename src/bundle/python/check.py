"""Holds one step here against the same step in the playground: the loss, every gradient, and the weights after the update.

    python3 check.py                                     (step.safetensors and checkpoint.safetensors beside it)
    torchrun --nproc_per_node=2 check.py
    python3 check.py --double                            (this side in double precision)

step.safetensors is written by `npm run headless -- bundle --step`: the views of the step that follows the checkpoint, and what
the playground made of them (`--steps N` writes several, which are not for this program). Status 1 when an error exceeds 1e-4.
Where a value lies within rounding of the kink of a ReLU, two programs may take it for either side, which a small network feels
in every gradient below. A step that is outside and has such values is status 2: it cannot be told by it. With --double only the
playground rounds; another step tells as well.
"""

import argparse
import json
from pathlib import Path

import torch

import checkpoint
from model import Network
from optim import make_optimiser, momentum_at
from train import backward, distributed, leave, set_up, update

TOLERANCE = 1e-4
#: Gradients that ought to be zero, such as those of biases in front of a norm, are measured by this share of the largest.
NOTHING = 1e-3
#: What single precision may be off in front of a ReLU, as a share of the values' root mean square.
ROUNDING = 1e-5
WITHIN, OUTSIDE, UNTOLD = 0, 1, 2


def errors(found, wanted):
    """||found - wanted|| / ||wanted|| by name."""
    largest = max(tensor.norm() for tensor in wanted.values())
    return {
        name: float((found[name].cpu() - tensor).norm() / max(tensor.norm(), NOTHING * largest))
        for name, tensor in wanted.items()
    }


def together(found, wanted, gradients):
    """The same of all tensors as one, but for those whose gradient is nothing but rounding: AdamW makes a whole step of it."""
    largest = max(gradient.norm() for gradient in gradients.values())
    kept = [name for name in wanted if name not in gradients or gradients[name].norm() > NOTHING * largest]
    apart = sum(float((found[name].cpu() - wanted[name]).double().pow(2).sum()) for name in kept)
    return (apart / sum(float(wanted[name].double().pow(2).sum()) for name in kept)) ** 0.5


def count_near_kinks(network):
    """Counts, from now on, what lies within rounding of zero in front of a ReLU; a list of the counts by module and call."""
    counts = []

    def look(_, inputs):
        values = inputs[0].detach()
        counts.append(int((values.abs() < ROUNDING * values.pow(2).mean().sqrt()).sum()))

    for module in network.modules():
        if isinstance(module, torch.nn.ReLU):
            module.register_forward_pre_hook(look)
    return counts


def prefixed(tensors, prefix):
    return {name[len(prefix) :]: tensor for name, tensor in tensors.items() if name.startswith(prefix)}


def main(folder, double):
    device, rank, world = set_up()
    tensors, metadata = checkpoint.read(folder / "checkpoint.safetensors")
    recorded, facts = checkpoint.read(folder / "step.safetensors")
    config = json.loads(metadata["config"])
    if len(recorded["views"]) != 2 * config["batchSize"]:
        raise SystemExit("step.safetensors holds several steps; check.py compares one.")
    network = Network(config).double() if double else Network(config)
    near = count_near_kinks(network)
    wrapped = distributed(network, device, world).train()
    optimiser = make_optimiser(config, network)
    checkpoint.load(tensors, network, optimiser, config, int(metadata["step"]))

    films = config["batchSize"] // world
    mine = slice(rank * films, (rank + 1) * films)
    kind = torch.float64 if double else torch.float32
    views = [view[mine].to(device, kind) for view in recorded["views"].chunk(2)]
    known = [rows[mine].to(device, kind) for rows in recorded["facts"].chunk(2)]
    log = backward(wrapped, views, known, config)
    gradients = {name: weight.grad.clone() for name, weight in network.named_parameters() if weight.requires_grad}
    momentum = momentum_at(config, int(facts["stepsPerEpoch"]), int(facts["step"]))
    update(network, optimiser, float(facts["rate"]), config, momentum)
    wanted = prefixed(recorded, "gradient.")
    rows = {
        "loss": abs(float(log["loss/total"]) / float(facts["loss"]) - 1),
        "gradients": errors(gradients, wanted),
        "weights after the step": together(dict(network.named_parameters()), prefixed(recorded, "weight."), wanted),
    }
    fine = True
    for title, found in rows.items():
        name, error = max(found.items(), key=lambda item: item[1]) if isinstance(found, dict) else ("", found)
        fine = fine and error <= TOLERANCE
        if rank == 0:
            verdict = "within" if error <= TOLERANCE else "OUTSIDE"
            count = f"worst of {len(found)}: {name}" if isinstance(found, dict) else ""
            where = f"{world} process(es)  {'double' if double else 'single'}"
            print(f"{config['method']:10} {where}  {title:24} {error:.1e}  {verdict}  {count}", flush=True)
    if fine or sum(near) == 0:
        return WITHIN if fine else OUTSIDE
    said = f"rank {rank} has {sum(near)} value(s) within rounding of a kink: not told by this step"
    print(f"{config['method']:10} {said}", flush=True)
    return UNTOLD


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).parent)
    parser.add_argument("--double", action="store_true", help="compute in double precision here")
    given = parser.parse_args()
    leave(main(given.folder, given.double))
