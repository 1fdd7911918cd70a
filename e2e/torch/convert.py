"""A state dict that torch.load reads, as safetensors, for `pretrain --init` and "Start from weights".

    /usr/bin/python3 e2e/torch/convert.py resnet18.pth resnet18.safetensors

ImageNet weights of torchvision's resnet18 are such a file; names stay as they are.
"""

import sys

import tensorfile
import torch


def main(source, target):
    state = torch.load(source, map_location="cpu")
    tensors = {name: values.numpy() for name, values in state.items()}
    tensorfile.write(target, tensors, {"format": "pt"})
    print(f"{len(tensors)} tensors in {target}")


if __name__ == "__main__":
    main(*sys.argv[1:])
