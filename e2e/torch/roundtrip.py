"""Weights from the playground to PyTorch and back: both sides compute features of the same images, and must agree.

    /usr/bin/python3 e2e/torch/roundtrip.py [--data DIR] [--parity DIR] [--out out/torch]

Needs python3-torch and python3-numpy. 1: a checkpoint of a short run loads into mlvicx.py strictly and without
renaming. 2: a state dict saved from mlvicx.py loads into the playground. With --parity, 3: the recorded weights and
features of the published module, where that folder is at hand. Status 1 when an error exceeds the tolerance.
"""

import argparse
import json
import pathlib
import subprocess
import sys

import numpy
import tensorfile
import torch
from mlvicx import Mlvicx, sizes_of

TOLERANCE = 1e-4
FEATURES = ["h", "plain", "z", "d"]
#: Of the model saved from PyTorch: no size that a preset has, and none that vectors of four divide everywhere.
MADE = {"width": 6, "hidden": 40, "outputs": 24, "channels": 10, "size": 20, "final_norm": True}
MADE_IMAGE = 45


def headless(*arguments):
    subprocess.run(["npm", "run", "--silent", "headless", "--", *map(str, arguments)], check=True)


def load(path, level_size):
    """The model of a checkpoint. Only the optimiser's tensors are left out; every name is used as it is."""
    tensors, metadata = tensorfile.read(path)
    if "config" in metadata:
        level_size = json.loads(metadata["config"])["levelSize"]
    state = {
        name: torch.from_numpy(values)
        for name, values in tensors.items()
        if not name.startswith("optimiser.")
    }
    model = Mlvicx(**sizes_of({name: values.shape for name, values in state.items()}, level_size))
    model.load_state_dict(state, strict=True)
    return model.eval()


def make(path, seed=7):
    """Saves a model whose norms are far from trivial, so that nothing cancels."""
    torch.manual_seed(seed)
    model = Mlvicx(**MADE)
    for module in model.modules():
        if isinstance(module, (torch.nn.BatchNorm1d, torch.nn.BatchNorm2d)):
            torch.nn.init.uniform_(module.weight, 0.5, 1.5)
            torch.nn.init.normal_(module.bias, 0, 0.2)
            module.running_mean.normal_(0, 0.2)
            module.running_var.uniform_(0.5, 1.5)
    tensorfile.write(path, {name: values.numpy() for name, values in model.state_dict().items()})


def compare(title, model, images, expected):
    """Prints ||ours - PyTorch|| / ||PyTorch|| of each kind of feature; true when all are within tolerance."""
    with torch.no_grad():
        found = model(torch.from_numpy(images))
    fine = True
    for name in FEATURES:
        ours, theirs = expected[name], found[name].numpy()
        error = numpy.linalg.norm(ours - theirs) / numpy.linalg.norm(theirs)
        verdict = "within" if error <= TOLERANCE else "OUTSIDE"
        fine = fine and error <= TOLERANCE
        print(f"{title:34} {name:6} {str(ours.shape):12} {error:.1e}  {verdict}")
    return fine


def ours_to_torch(data, out):
    headless("pretrain", "--data", data, "--preset", "smoke", "--steps", 6, "--out", out)
    checkpoint, features = out / "checkpoint.safetensors", out / "features.safetensors"
    headless("features", "--checkpoint", checkpoint, "--data", data, "--images", "--out", features)
    made, _ = tensorfile.read(features)
    return compare("playground to PyTorch", load(checkpoint, None), made["images"], made)


def torch_to_ours(data, out):
    saved, features = out / "saved.safetensors", out / "saved-features.safetensors"
    make(saved)
    size = ["--set", f"imageSize={MADE_IMAGE}", "--set", f"levelSize={MADE['size']}", "--set", "planeSize=64"]
    headless("features", "--checkpoint", saved, "--data", data, *size, "--images", "--out", features)
    made, _ = tensorfile.read(features)
    return compare("PyTorch to playground", load(saved, MADE["size"]), made["images"], made)


def published(folder):
    """The module here against recorded features of the published one."""
    inputs, _ = tensorfile.read(folder / "model-tiny-inputs.safetensors")
    wanted, _ = tensorfile.read(folder / "model-tiny-eval.safetensors")
    model = load(folder / "model-tiny-weights.safetensors", 64)
    return compare("published module to the one here", model, inputs["batch1.view1"], wanted)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default="synthetic")
    parser.add_argument("--parity", type=pathlib.Path)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/torch"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    results = [published(given.parity)] if given.parity else []
    results += [ours_to_torch(given.data, given.out), torch_to_ours(given.data, given.out)]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
