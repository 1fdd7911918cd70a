"""Films from a folder: which of them are for training, how a file becomes a grey plane, and which film comes when.

Which part a film belongs to, and its labels, are in films.csv, which the playground wrote from the labels and the split of the
run, whatever format they came in; a film stands there by its path below the folder or by a hash of that. Without the table every
film of the folder is trained on, and none has a label.
"""

import csv
import hashlib
import uuid
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps

from rng import Rng
from views import views_of

PICTURES = {".png", ".jpg", ".jpeg", ".pgm"}
DICOM = {".dcm", ".dicom"}


def hashed(path):
    """As the playground wrote it where names were not to leave with the table."""
    return "sha256:" + hashlib.sha256(path.encode()).hexdigest()[:32]


def files_below(folder):
    """Paths below the folder by name and by hash."""
    paths = sorted(p.relative_to(folder).as_posix() for p in Path(folder).rglob("*") if p.suffix.lower() in PICTURES | DICOM)
    return {key: path for path in paths for key in (path, hashed(path))}, paths


def training_films(folder, table):
    """Paths of the films for training by their number in the set, and a sentence about them."""
    known, paths = files_below(folder)
    rows = rows_of(table)
    if rows is None:
        return dict(enumerate(paths)), f"{len(paths)} films, all for training: there is no table of parts"
    wanted = {number: row["film"] for number, row in enumerate(rows) if row["part"] == "train"}
    found = {number: known[film] for number, film in wanted.items() if film in known}
    missing = len(wanted) - len(found)
    lost = f"; {missing} films of the table are not in the folder, so the order of films is another one" if missing else ""
    return found, f"{len(found)} films for training, {len(rows) - len(wanted)} in other parts{lost}"


def rows_of(table):
    """The table of parts, a record for each film; None where there is none."""
    if not Path(table).exists():
        return None
    with open(table, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def labels_of(table):
    """By the number of a film in the set, 1, 0 or -1 (not known) for each finding, and the names of these."""
    rows = rows_of(table) or [{}]
    findings = [name for name in rows[0] if name not in ("film", "part")]
    return {number: [float(row[name] or -1) for name in findings] for number, row in enumerate(rows)}, findings


def first(value):
    return float(value if isinstance(value, (int, float, str)) else value[0])


def dicom_grey(path):
    """The first frame of a DICOM film, 0 to 1: rescale or modality LUT, then its VOI LUT, its window, or all but half a percent
    at either end. Pixels are taken for square."""
    try:
        import pydicom
        from pydicom.pixel_data_handlers import util
    except ImportError as error:
        raise SystemExit("These films are DICOM files: pip install pydicom, or train on PNG files.") from error
    film = pydicom.dcmread(path, force=True)
    stored = film.pixel_array[0] if int(film.get("NumberOfFrames") or 1) > 1 else film.pixel_array
    if film.PixelRepresentation == 0 and film.HighBit == film.BitsStored - 1:
        stored = stored & (2**film.BitsStored - 1)
    values = util.apply_modality_lut(stored, film)
    centre, width = film.get("WindowCenter"), film.get("WindowWidth")
    if film.get("VOILUTSequence"):
        bits = film.VOILUTSequence[0].LUTDescriptor[2]
        grey = util.apply_voi(values.astype(np.int64), film) / (2**bits - 1)
    elif centre is None or width is None:
        low, high = np.quantile(values, [0.005, 0.995])
        grey = (values - low) / max(high - low, 1e-9)
    elif film.get("VOILUTFunction") == "SIGMOID":
        grey = 1 / (1 + np.exp(-4 * (values - first(centre)) / first(width)))
    else:
        grey = (values - (first(centre) - 0.5)) / max(first(width) - 1, 1e-9) + 0.5
    grey = np.clip(grey, 0, 1)
    return 1 - grey if film.PhotometricInterpretation == "MONOCHROME1" else grey


def grey_levels(path):
    """A film as uint8 [H, W], 0 is black."""
    if path.suffix.lower() in DICOM:
        return np.floor(255 * dicom_grey(path) + 0.5).astype(np.uint8)
    with Image.open(path) as image:
        if image.format == "JPEG":
            image = ImageOps.exif_transpose(image)
        if image.mode.startswith("I"):
            # White is what the bits in use allow: many films of 16 bits leave the top ones empty.
            values = np.asarray(image).astype(np.float64)
            white = 2 ** max(8, int(values.max()).bit_length()) - 1
            return np.floor(255 * values / white + 0.5).astype(np.uint8)
        if "A" in image.mode or "transparency" in image.info:
            image = Image.alpha_composite(Image.new("RGBA", image.size, "black"), image.convert("RGBA"))
        return np.asarray(image.convert("L"))


def cover(before, after):
    """Shares of the old pixels in each new one, [after, before]."""
    step = before / after
    start = torch.arange(after)[:, None] * step
    pixel = torch.arange(before)[None]
    shared = torch.minimum(pixel + 1, start + step) - torch.maximum(pixel, start)
    return shared.clamp(min=0) / step


def shrunk(grey, longest):
    """Exact area averaging until the longer side is at most `longest`."""
    height, width = grey.shape
    factor = min(1, longest / max(height, width))
    if factor == 1:
        return grey
    rows, columns = (cover(side, max(1, int(side * factor + 0.5))) for side in (height, width))
    return (rows @ torch.from_numpy(grey.copy()).float() @ columns.T + 0.5).to(torch.uint8).numpy()


class Films(torch.utils.data.Dataset):
    """Both views of a film by (step, film), [2, S, S], and what the method knows of them, [2, C]: with VICRegL where they lie, in
    supervised training the labels of the film. A decoded film is kept as a small PNG in the folder `planes`, for all processes and
    later epochs."""

    def __init__(self, folder, films, config, planes, labels=None):
        self.folder, self.films, self.config, self.planes = Path(folder), films, config, Path(planes)
        self.labels = labels or {}
        self.planes.mkdir(parents=True, exist_ok=True)

    def plane(self, film):
        path = self.films[film]
        side = self.config["planeSize"]
        kept = self.planes / f"{hashlib.sha256(f'{path} {side}'.encode()).hexdigest()[:32]}.png"
        if not kept.exists():
            plane = Image.fromarray(shrunk(grey_levels(self.folder / path), side))
            mine = kept.with_suffix(f".{uuid.uuid4().hex}")
            plane.save(mine, "png")
            mine.replace(kept)
        with Image.open(kept) as image:
            return image.convert("L")

    def __getitem__(self, drawn):
        step, film = drawn
        views, locations = views_of(self.plane(film), self.config, step, film)
        if self.config["method"] == "supervised":
            return views, torch.tensor([self.labels[film]] * 2)
        return views, locations if self.config["method"] == "vicregl" else torch.zeros(2, 0)


class Batches:
    """The films of each step for one of several processes. An epoch is one shuffled pass, its incomplete last batch dropped; the
    order is a function of seed and epoch, so a run goes on at any step without its history."""

    def __init__(self, films, config, steps, rank, world):
        self.numbers, self.config, self.steps = sorted(films), config, steps
        self.share = config["batchSize"] // world
        self.first = rank * self.share
        self.steps_per_epoch = len(films) // config["batchSize"]

    def __len__(self):
        return len(self.steps)

    def __iter__(self):
        order, epoch = None, None
        for step in self.steps:
            if epoch != step // self.steps_per_epoch:
                epoch = step // self.steps_per_epoch
                order = Rng(self.config["seed"], "order", epoch).permutation(len(self.numbers))
            begin = step % self.steps_per_epoch * self.config["batchSize"] + self.first
            yield [(step, self.numbers[place]) for place in order[begin : begin + self.share]]
