"""Checkpoints of the playground: one safetensors file with weights, norms and the optimiser's state under PyTorch's names, and
the settings and the step in its metadata. Written here, they open there, and the other way round.
"""

import json
import os
import struct

import torch

from optim import SLOTS

DTYPES = {"F64": torch.float64, "F32": torch.float32, "F16": torch.float16, "BF16": torch.bfloat16, "I64": torch.int64}
CODES = {dtype: code for code, dtype in DTYPES.items()}
OPTIMISER = "optimiser."


def read(path):
    """The tensors of a safetensors file by name, and its metadata: an 8-byte length, a JSON header, raw data."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = bytearray(file.read())
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = torch.frombuffer(data[begin:end] or bytearray(8), dtype=DTYPES[entry["dtype"]])
        tensors[name] = values[: max(0, end - begin)].reshape(entry["shape"])
    return tensors, metadata


def write(path, tensors, metadata):
    """Replaces the file in one move, so that a job that is killed leaves a whole one behind. Wide types come first, so that
    every tensor is aligned."""
    header, parts, end = {"__metadata__": metadata}, [], 0
    for name, tensor in sorted(tensors.items(), key=lambda item: -item[1].element_size()):
        raw = tensor.detach().cpu().contiguous().numpy().tobytes()
        header[name] = {
            "dtype": CODES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [end, end + len(raw)],
        }
        parts.append(raw)
        end += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 8)
    with open(f"{path}.new", "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        file.writelines(parts)
    os.replace(f"{path}.new", path)


def load(tensors, network, optimiser, config, updates):
    """Puts weights and optimiser state in place; a name or shape that does not fit is an error."""
    state = {name: tensor for name, tensor in tensors.items() if not name.startswith(OPTIMISER)}
    network.load_state_dict(state, strict=True)
    for name, weight in network.named_parameters():
        for slot, ours in SLOTS[config["optimiser"]].items():
            stored = tensors.get(f"{OPTIMISER}{slot}.{name}")
            if stored is None or updates == 0:
                continue
            optimiser.state[weight][ours] = stored.to(weight).clone()
            if config["optimiser"] == "adamw":
                optimiser.state[weight]["step"] = torch.tensor(float(updates))


def tensors_of(network, optimiser, config):
    """What `load` takes. A parameter that was never updated has a state of zeros, as in the playground."""
    tensors = dict(network.state_dict())
    for name, weight in network.named_parameters():
        for slot, ours in SLOTS[config["optimiser"]].items():
            if weight.requires_grad:
                found = optimiser.state.get(weight, {}).get(ours)
                tensors[f"{OPTIMISER}{slot}.{name}"] = torch.zeros_like(weight) if found is None else found
    return tensors
