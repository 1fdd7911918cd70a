"""The fixture files: safetensors, one description per kind, and an index of them all."""

import json
import os
import struct

import numpy as np

DTYPES = {"float64": "F64", "int64": "I64", "float32": "F32", "int32": "I32", "uint8": "U8"}
WIDE_FIRST = ["F64", "I64", "F32", "I32", "U8"]


def as_array(tensor):
    return np.ascontiguousarray(tensor.detach().numpy() if hasattr(tensor, "detach") else tensor)


def checksum(tensor):
    """Order-sensitive sum that tolerates rounding."""
    x = as_array(tensor).astype(np.float64).ravel()
    return float((x * ((np.arange(x.size) * 7919 % 1009) / 1009 - 0.5)).sum())


def stats(tensor):
    x = as_array(tensor).astype(np.float64)
    return {"mean": x.mean(), "std": x.std(), "min": x.min(), "max": x.max(),
            "l2": float(np.sqrt((x**2).sum())), "checksum": checksum(x), "shape": list(x.shape)}


def write_safetensors(path, tensors):
    arrays = {name: np.ascontiguousarray(as_array(t)) for name, t in tensors.items()}
    arrays = {name: a.reshape(as_array(tensors[name]).shape) for name, a in arrays.items()}
    order = sorted(arrays, key=lambda name: WIDE_FIRST.index(DTYPES[arrays[name].dtype.name]))
    header, end = {}, 0
    for name in order:
        begin, end = end, end + arrays[name].nbytes
        header[name] = {"dtype": DTYPES[arrays[name].dtype.name], "shape": list(arrays[name].shape),
                        "data_offsets": [begin, end]}
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name in order:
            file.write(arrays[name].tobytes())
    return header


class Folder:
    def __init__(self, path):
        self.path = path
        self.kinds = {}
        os.makedirs(path, exist_ok=True)

    def add(self, kind, name, tensors, **description):
        file = f"{name}.safetensors"
        header = write_safetensors(os.path.join(self.path, file), tensors)
        shapes = {key: {"dtype": entry["dtype"], "shape": entry["shape"]} for key, entry in header.items()}
        fixture = {"name": name, "kind": kind, "file": file, **description, "tensors": shapes}
        self.kinds.setdefault(kind, []).append(fixture)

    def close(self):
        index = {"kinds": []}
        for kind, fixtures in self.kinds.items():
            with open(os.path.join(self.path, f"{kind}.json"), "w") as file:
                json.dump({"kind": kind, "fixtures": fixtures}, file)
            entries = [{"name": f["name"], "file": f["file"]} for f in fixtures]
            index["kinds"].append({"kind": kind, "json": f"{kind}.json", "fixtures": entries})
        with open(os.path.join(self.path, "index.json"), "w") as file:
            json.dump(index, file)
