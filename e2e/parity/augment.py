"""Augmentation with given parameters by Pillow, whose resize and enhancers the published pipeline uses, and PyTorch
for the blur. One channel, as films are."""

import numpy as np
import torch
from PIL import Image, ImageEnhance, ImageOps

NAMES = {"brightness": ImageEnhance.Brightness, "contrast": ImageEnhance.Contrast}
MEAN, STD = np.array([0.485, 0.456, 0.406]), np.array([0.229, 0.224, 0.225])


def blur(image, kernel, sigma):
    radius = kernel // 2
    weights = torch.exp(-torch.arange(-radius, radius + 1).double() ** 2 / (2 * sigma * sigma))
    weights = weights / weights.sum()
    x = torch.from_numpy(np.array(image)).double()[None, None]
    x = torch.nn.functional.pad(x, [radius] * 4, mode="reflect")
    out = torch.nn.functional.conv2d(x, (weights[:, None] * weights)[None, None])
    return Image.fromarray(torch.round(out)[0, 0].numpy().astype(np.uint8))


def augment(folder, generator):
    images, films = {}, []
    for number, (height, width) in enumerate([(97, 131), (70, 45)]):
        coarse = torch.rand(1, 1, 12, 12, generator=generator)
        film = torch.nn.functional.interpolate(coarse, (height, width), mode="bicubic")[0, 0]
        film = (film + 0.05 * torch.randn(height, width, generator=generator)).clamp(0, 1) * 255
        films.append(film.numpy().astype(np.uint8))
        images[f"image{number}"] = films[-1]
    folder.add("augment", "augment-images", images)
    cases = [
        (0, 32, (5, 9, 60, 71), True, [["contrast", 1.3], ["brightness", 0.8]], 3, 0.7, None),
        (1, 45, (0, 0, 70, 45), False, [["brightness", 1.25], ["contrast", 0.7]], 5, 1.9, 128),
        (0, 50, (40, 100, 20, 17), True, [["contrast", 0.66]], 5, None, 128),
        (1, 37, (31, 8, 33, 29), False, [], 3, 1.1, None),
    ]
    for number, (image, size, (top, left, height, width), flip, jitter, kernel, sigma, threshold) in enumerate(cases):
        stages = {}
        x = Image.fromarray(films[image]).crop((left, top, left + width, top + height))
        x = stages["crop"] = x.resize((size, size), Image.BICUBIC)
        x = stages["flip"] = ImageOps.mirror(x) if flip else x
        for name, factor in jitter:
            x = NAMES[name](x).enhance(factor)
        stages["jitter"] = x
        x = stages["blur"] = x if sigma is None else blur(x, kernel, sigma)
        x = stages["solarize"] = x if threshold is None else ImageOps.solarize(x, threshold)
        tensors = {name: np.asarray(stage) for name, stage in stages.items()}
        grey = tensors["solarize"].astype(np.float64) / 255
        tensors["normalized"] = ((grey - MEAN[:, None, None]) / STD[:, None, None]).astype(np.float32)
        box = {"top": top, "left": left, "height": height, "width": width}
        folder.add("augment", f"augment-{number:02d}", tensors, parameters={
            "image": image, "size": size, "box": box, "flip": flip, "jitter": jitter, "blur_kernel": kernel,
            "sigma": sigma, "solarize_threshold": threshold})
    resized = {}
    for number, film in enumerate(films):
        for size in (33, 64):
            resized[f"image{number}_to_{size}"] = np.asarray(Image.fromarray(film).resize((size, size), Image.BILINEAR))
    folder.add("augment", "augment-resize", resized)
