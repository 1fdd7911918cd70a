"""What single precision can make of steps of training: PyTorch's own, and that of twins.

AdamW divides a gradient by its own size, so that its first steps are as large where the gradient is small as where it is large.
Where a value lies within rounding of the kink of a ReLU, programs take it for either side, every gradient below is another, and a
weight whose gradient is smaller than that change may step the other way: by the whole rate. So a fixture holds, beside what double
precision makes of its steps, the least and the most that twins make of each number, and another program has to lie between them.
Twins are single precision, the same with every weight one rounding off, and double precision with each value that is so near to a
kink on its other side, alone and two at a time.
"""

import copy
import itertools

import torch
from torch import nn

#: Single precision next to one.
ROUNDING = 2**-23
ROUNDED_OFF = 24
#: A value is near to a kink by so many times what single precision is off by in front of that ReLU, root mean square.
NEAR = 4
#: Of those near to a kink the nearest so many are turned.
TURNED = 10


def state_of(model, prefix):
    state = model.state_dict().items()
    return {f"{prefix}{name}": value.float() for name, value in state if "num_batches" not in name}


def rounded_off(start, seed):
    """A copy in which every weight is one rounding larger or smaller."""
    twin, drawn = copy.deepcopy(start), torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for weight in twin.parameters():
            weight.mul_(1 + ROUNDING * (2 * torch.randint(2, weight.shape, generator=drawn) - 1))
    return twin


def watched(model, turned=()):
    """A list of what will lie in front of ReLUs in training, call by call. Values of `turned`, pairs of call and place, pass where
    they would not, and the other way round."""
    seen = []

    def look(module, inputs, output):
        # Nothing is differentiated in evaluation mode: neither a frozen encoder nor the logits after the steps.
        if not module.training:
            return output
        places = [place for call, place in turned if call == len(seen)]
        seen.append(inputs[0].detach().clone())
        if not places:
            return output
        passes = inputs[0].detach() > 0
        passes.view(-1)[places] ^= True
        return inputs[0] * passes

    for module in model.modules():
        if isinstance(module, nn.ReLU):
            module.register_forward_hook(look)
    return seen


def near_kinks(single, double):
    """Pairs of call and place, the nearest first."""
    found = []
    for call, (rounded, values) in enumerate(zip(single, double)):
        off = (rounded - values).pow(2).mean().sqrt()
        distances = (values.abs() / off).flatten()
        # What is zero to the last bit has no other side.
        for place in ((distances < NEAR) & (values.flatten() != 0)).nonzero().flatten().tolist():
            found.append((float(distances[place]), call, place))
    return [pair for _, *pair in sorted(found)]


def made_of(model, images, steps):
    """`steps` trains a model and returns the optimiser and the losses. Losses; state, first moments and logits after it."""
    optimiser, losses = steps(model)
    moments = {name: optimiser.state[weight]["exp_avg"] for name, weight in model.named_parameters() if weight.requires_grad}
    with torch.no_grad():
        logits = model.eval()(images.to(next(model.parameters()).dtype)).double()
    return losses, {**state_of(model, "after."), **{f"moment.{name}": value.float() for name, value in moments.items()},
                    "logits": logits}


def among_twins(name, start, images, steps):
    """Losses in double precision, and the tensors of a fixture."""
    model, single = copy.deepcopy(start).double(), copy.deepcopy(start)
    in_double, in_single = watched(model), watched(single)
    losses, wanted = made_of(model, images, steps)
    made = [wanted, made_of(single, images, steps)[1]]
    made += [made_of(rounded_off(start, seed), images, steps)[1] for seed in range(1, ROUNDED_OFF + 1)]
    # Later steps are of weights that may have parted, so that what they are off by is no rounding.
    first = len(in_double) // len(losses)
    near = near_kinks(in_single[:first], in_double[:first])
    kept = near[:TURNED]
    for turned in itertools.chain(itertools.combinations(kept, 1), itertools.combinations(kept, 2)):
        twin = copy.deepcopy(start).double()
        watched(twin, turned)
        made.append(made_of(twin, images, steps)[1])
    trained = [weight for weight, value in model.named_parameters() if value.requires_grad]
    bounds, steps_open, count = {}, 0, 0
    for key in [*(f"{kind}.{weight}" for kind in ("after", "moment") for weight in trained), "logits"]:
        values = torch.stack([tensors[key] for tensors in made])
        bounds[f"least.{key}"], bounds[f"most.{key}"] = values.amin(dim=0), values.amax(dim=0)
    begun = dict(start.named_parameters())
    for weight in trained:
        moved = (wanted[f"after.{weight}"] - begun[weight]).abs()
        width = bounds[f"most.after.{weight}"] - bounds[f"least.after.{weight}"]
        # Weights without a gradient stand still, whatever rounding does.
        steps_open += int(((width > moved / 2) & (width > 8 * ROUNDING * begun[weight].abs())).sum())
        count += moved.numel()
    said = f"{len(near)} values near to a kink, {len(kept)} turned"
    print(f"{name}: {said}; rounding decides the steps of {steps_open} of {count} weights")
    return losses, {**wanted, **bounds}
