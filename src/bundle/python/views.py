"""The two augmented views of a film: what is drawn, and how it is applied. Distributions and arithmetic are the playground's.

Films are grey, so saturation, hue and conversion to grey, which the published list of augmentations has, would do nothing.
"""

import math

import torch
from PIL import Image, ImageEnhance, ImageOps
from torch.nn import functional

from rng import Rng

MEAN = torch.tensor([0.485, 0.456, 0.406]).view(1, 3, 1, 1)
STD = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
RATIOS = 3 / 4, 4 / 3
SIGMAS = 0.1, 2.0


def rounded(value):
    return math.floor(value + 0.5)


def draw_box(rng, width, height, least):
    """Left, top, right, bottom of a random resized crop as torchvision draws it: ten tries, then the largest in the centre."""
    for _ in range(10):
        area = width * height * rng.uniform(least, 1)
        ratio = math.exp(rng.uniform(math.log(RATIOS[0]), math.log(RATIOS[1])))
        w, h = rounded(math.sqrt(area * ratio)), rounded(math.sqrt(area / ratio))
        if 1 <= w <= width and 1 <= h <= height:
            top, left = rng.integer(height - h + 1), rng.integer(width - w + 1)
            return left, top, left + w, top + h
    w = max(1, rounded(height * RATIOS[1])) if width / height > RATIOS[1] else width
    h = max(1, rounded(width / RATIOS[0])) if width / height < RATIOS[0] else height
    left, top = (width - w) // 2, (height - h) // 2
    return left, top, left + w, top + h


def draw_view(config, view, step, film, size):
    """Every choice is drawn whether or not it is used, so that no setting shifts the draws of another."""
    rng = Rng(config["seed"], f"view{view}", step, film)
    drawn = {
        "flip": rng.chance(config["flipProbability"]),
        "jittered": rng.chance(config["jitterProbability"]),
        "brightness": rng.uniform(max(0, 1 - config["brightness"]), 1 + config["brightness"]),
        "contrast": rng.uniform(max(0, 1 - config["contrast"]), 1 + config["contrast"]),
        "brightness_first": rng.chance(0.5),
        "blurred": rng.chance(config[f"blurProbability{view}"]),
        "sigma": rng.uniform(*SIGMAS),
        "solarised": rng.chance(config[f"solariseProbability{view}"]),
    }
    drawn["rotation"] = Rng(config["seed"], f"rotation{view}", step, film).uniform(-config["rotation"], config["rotation"])
    return {**drawn, "box": draw_box(rng, *size, config["minCropScale"])}


def blur(image, sigma):
    """A Gaussian over about a tenth of the view, mirrored at its edges."""
    radius = image.width // 20
    weights = torch.exp(-(torch.arange(-radius, radius + 1, dtype=torch.float32) ** 2) / (2 * sigma**2))
    weights = weights / weights.sum()
    x = functional.pad(tensor_of(image).float()[None, None], [radius] * 4, mode="reflect")
    x = functional.conv2d(functional.conv2d(x, weights[None, None, None]), weights[None, None, :, None])
    return Image.fromarray(torch.round(x)[0, 0].to(torch.uint8).numpy())


def tensor_of(image):
    """Grey levels [H, W], uint8."""
    return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(image.height, image.width)


def cropped(plane, drawn, side):
    image = plane.crop(drawn["box"]).resize((side, side), Image.BICUBIC)
    return ImageOps.mirror(image) if drawn["flip"] else image


def taps(at, scale):
    """Places under the triangle filter around each position, and their weights, in a further dimension."""
    reach = max(scale, 1)
    places = torch.floor(at - reach + 0.5)[..., None] + torch.arange(math.ceil(2 * reach) + 1)
    return places, (reach - (places + 0.5 - at[..., None]).abs()).clamp(min=0)


def turned(plane, drawn, side):
    """Crop, flip and rotation in one sampling: corners show the film beyond the crop, black beyond the film."""
    left, top, right, bottom = drawn["box"]
    angle = math.radians(drawn["rotation"])
    sine, cosine, mirror = math.sin(angle), math.cos(angle), -1 if drawn["flip"] else 1
    across, down = (right - left) / side, (bottom - top) / side
    middle = torch.arange(side, dtype=torch.float64) + 0.5 - side / 2
    x = left + (mirror * (cosine * middle - sine * middle[:, None]) + side / 2) * across
    y = top + (cosine * middle[:, None] + sine * middle + side / 2) * down
    (rows, row_weights), (columns, column_weights) = taps(y, down), taps(x, across)
    row_weights = row_weights * ((rows >= 0) & (rows < plane.height))
    column_weights = column_weights * ((columns >= 0) & (columns < plane.width))
    rows = rows.long().clamp(0, plane.height - 1)[..., :, None]
    columns = columns.long().clamp(0, plane.width - 1)[..., None, :]
    weights = row_weights[..., :, None] * column_weights[..., None, :]
    total = weights.sum((2, 3))
    grey = torch.floor((weights * tensor_of(plane)[rows, columns]).sum((2, 3)) / total.clamp(min=1e-9) + 0.5)
    inside = (x >= 0) & (y >= 0) & (x < plane.width) & (y < plane.height)
    return Image.fromarray(torch.where(inside, grey, torch.zeros_like(grey)).to(torch.uint8).numpy())


def render(plane, drawn, config):
    side = config["imageSize"]
    image = turned(plane, drawn, side) if config["rotation"] > 0 else cropped(plane, drawn, side)
    if drawn["jittered"]:
        bright = (ImageEnhance.Brightness, drawn["brightness"], config["brightness"])
        contrast = (ImageEnhance.Contrast, drawn["contrast"], config["contrast"])
        for enhance, factor, spread in (bright, contrast) if drawn["brightness_first"] else (contrast, bright):
            image = enhance(image).enhance(factor) if spread > 0 else image
    if drawn["blurred"]:
        image = blur(image, drawn["sigma"])
    if drawn["solarised"]:
        image = ImageOps.solarize(image, 128)
    return tensor_of(image)


def location_of(drawn):
    """Where in the film, in pixels, a view shows its point (u, v), both from 0 to 1: x = [0] + u [1] + v [2],
    y = [3] + u [4] + v [5]. It was cut out, mirrored and turned about its middle, in this order."""
    left, top, right, bottom = drawn["box"]
    angle = math.radians(drawn["rotation"])
    sine, cosine = math.sin(angle), math.cos(angle)
    width, height = (left - right if drawn["flip"] else right - left), bottom - top
    numbers = []
    for middle, along, down in (
        ((left + right) / 2, width * cosine, height * sine),
        ((top + bottom) / 2, -width * sine, height * cosine),
    ):
        numbers += [middle - (along + down) / 2, along, down]
    return torch.tensor(numbers)


def views_of(plane, config, step, film):
    """Grey levels of view 1 and view 2 of a film at a step, [2, S, S], uint8, and where they lie in it, [2, 6]."""
    drawn = [draw_view(config, view, step, film, plane.size) for view in (1, 2)]
    return torch.stack([render(plane, one, config) for one in drawn]), torch.stack([location_of(one) for one in drawn])


def normalised(grey):
    """[N, S, S] grey levels as the encoder sees them: three equal channels, [N, 3, S, S]."""
    scaled = grey[:, None].float() / 255
    return (scaled - MEAN.to(grey.device)) / STD.to(grey.device)
