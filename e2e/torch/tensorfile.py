"""Reads and writes safetensors files with numpy alone: an 8-byte header length, a JSON header, raw little-endian data."""

import json
import struct

import numpy

DTYPES = {
    "F64": "<f8",
    "F32": "<f4",
    "I64": "<i8",
    "I32": "<i4",
    "U8": "|u1",
}
CODES = {numpy.dtype(code): name for name, code in DTYPES.items()}


def read(path):
    """The tensors of a file as arrays by name, and its metadata."""
    with open(path, "rb") as file:
        (length,) = struct.unpack("<Q", file.read(8))
        header = json.loads(file.read(length))
        data = file.read()
    metadata = header.pop("__metadata__", {})
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = numpy.frombuffer(data[begin:end], dtype=DTYPES[entry["dtype"]])
        tensors[name] = values.reshape(entry["shape"]).copy()
    return tensors, metadata


def write(path, tensors, metadata=None):
    """Writes arrays by name; wide types come first, so that every tensor is aligned."""
    header = {"__metadata__": metadata} if metadata else {}
    ordered = sorted(tensors.items(), key=lambda item: -item[1].dtype.itemsize)
    parts = []
    end = 0
    for name, array in ordered:
        raw = array.tobytes()
        shape = list(array.shape)
        header[name] = {
            "dtype": CODES[array.dtype],
            "shape": shape,
            "data_offsets": [end, end + len(raw)],
        }
        parts.append(raw)
        end += len(raw)
    text = json.dumps(header).encode()
    text += b" " * (-(8 + len(text)) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)))
        file.write(text)
        for raw in parts:
            file.write(raw)
