"""A run of the playground that goes on in PyTorch, and back: both sides take the same step, and must agree.

    /usr/bin/python3 e2e/torch/bundle_check.py --data DIR [--methods mlvicx,vicreg,…] [--out out/bundle]

Needs python3-torch, python3-numpy and python3-pil. For each method: a short run in the playground, its bundle with the next step,
that step in the bundle on one process and on two (gloo), and the views that the bundle draws from the files itself. Then the
bundle goes on for some steps on two processes, and the playground takes the step after those: so what PyTorch wrote loads there.
Where a value lies within rounding of the kink of a ReLU, a step does not tell whether both compute the same (check.py): it is
computed in double precision once more, then another step is taken.
Status 1 when an error exceeds its limit.
"""

import argparse
import json
import os
import pathlib
import socket
import subprocess
import sys

import numpy
import tensorfile

STEPS = 3
#: Grey levels of 0 to 255; single precision may cut to the neighbour where contrast is changed, and a blur spreads that.
VIEW_LIMIT = 3
#: Of what a method knows of a view: its labels, or where it lies in its film, in pixels.
FACT_LIMIT = 1e-3
#: Status of check.py where a step does not tell.
UNTOLD = 2
#: Steps that are tried.
TRIES = 3
METHODS = "mlvicx,vicreg,barlow,simclr,byol,simsiam,moco,vicregl,supervised"
TINY = ["--set", "width=8", "--set", "imageSize=32", "--set", "batchSize=8"]
#: A rate of the warm-up, so that the update after the step is one that can be seen.
LONGER = ["--set", "maxSteps=40"]


def run(command, **options):
    subprocess.run([str(word) for word in command], check=True, **options)


def headless(*arguments):
    run(["npm", "run", "--silent", "headless", "--", *arguments])


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


def processes(count, folder, *arguments):
    """Runs a file of the bundle on so many processes, as torchrun would start them (Debian's torchrun 1.13 does not start). The
    largest of their statuses: 0 when all end well."""
    shared = {**os.environ, "OMP_NUM_THREADS": "1"}
    if count > 1:
        shared |= {"WORLD_SIZE": str(count), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port())}
    ranks = [{"RANK": str(rank), "LOCAL_RANK": str(rank)} if count > 1 else {} for rank in range(count)]
    command = [sys.executable, *map(str, arguments)]
    started = [subprocess.Popen(command, cwd=folder, env={**shared, **rank}) for rank in ranks]
    return max(abs(process.wait()) for process in started)


VIEWS = """
import json, torch, checkpoint
from films import Batches, Films, labels_of, training_films
from views import normalised
recorded, facts = checkpoint.read("step.safetensors")
config = json.loads(checkpoint.read("checkpoint.safetensors")[1]["config"])
films, _ = training_films({data!r}, "films.csv")
step = int(facts["step"])
(batch,) = Batches(films, config, [step], 0, 1)
labels, _ = labels_of("films.csv")
pairs = [Films({data!r}, films, config, "planes", labels)[drawn] for drawn in batch]
views, facts = (torch.cat(torch.stack(made).unbind(1)) for made in zip(*pairs))
drawn = normalised(views)
scale = 255 * torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1)
difference = ((drawn - recorded["views"]) * scale).abs()
known = recorded["facts"][:, : facts.shape[1]]
apart = (facts - known).abs().max() if facts.numel() else 0
print(json.dumps([float(difference.max()), float((difference > 0.5).float().mean()), float(apart)]))
"""


def views_agree(method, folder, data):
    """The views that the bundle draws from the files against those that the playground saw."""
    made = subprocess.run([sys.executable, "-c", VIEWS.format(data=str(data))], cwd=folder, check=True, capture_output=True)
    largest, share, facts = json.loads(made.stdout)
    fine = largest <= VIEW_LIMIT and facts < FACT_LIMIT
    said = f"at most {largest:.1f} grey levels, {share:.2%} of pixels differ, labels and places by {facts:.1e}"
    print(f"{method:10} views from files: {said}  {'within' if fine else 'OUTSIDE'}", flush=True)
    return fine


def step_agrees(folder):
    """Status of the step in the bundle, on one process and on two; where single precision does not tell, in double precision."""
    found = []
    for count in (1, 2):
        status = processes(count, folder, "check.py")
        found.append(processes(count, folder, "check.py", "--double") if status == UNTOLD else status)
    return 1 if 1 in found else max(found)


def goes_there(method, films, out, data):
    """A run of the playground and the step after it, of the first seed whose step tells."""
    there = out / "there"
    for seed in range(1, TRIES + 1):
        short = ["--preset", "smoke", *TINY, "--set", f"method={method}", "--steps", STEPS, "--seed", seed]
        headless("pretrain", *films, *short, "--out", out / "run")
        headless("bundle", "--checkpoint", out / "run/checkpoint.safetensors", *films, *LONGER, "--step", "--out", there)
        status = step_agrees(there)
        if status != UNTOLD:
            break
    return [views_agree(method, there, data), status == 0]


def comes_back(method, films, out, data):
    """The bundle goes on until a step of the playground after its last one tells."""
    there, back = out / "there", out / "back"
    steps, newest = STEPS + 4, "checkpoint.safetensors"
    for _ in range(TRIES):
        going_on = ["--data", data, "--resume", newest, "--steps", 4 if newest == "checkpoint.safetensors" else 1]
        if processes(2, there, "train.py", *going_on, "--workers", 0, "--log-every", 1) != 0:
            return [False]
        headless("bundle", "--checkpoint", there / "out/checkpoint.safetensors", *films, "--step", "--out", back)
        status = step_agrees(back)
        if status != UNTOLD:
            break
        steps, newest = steps + 1, "out/checkpoint.safetensors"
    _, facts = tensorfile.read(back / "step.safetensors")
    print(f"{method:10} the playground went on at step {facts['step']} with what PyTorch wrote, loss {float(facts['loss']):.4f}")
    return [status == 0, int(facts["step"]) == steps, numpy.isfinite(float(facts["loss"]))]


def check(method, data, limit, out):
    films = ["--data", data, "--limit", limit, "--split", "drawn"]
    return all(goes_there(method, films, out, data) + comes_back(method, films, out, data))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=pathlib.Path, required=True)
    parser.add_argument("--limit", type=int, default=64, help="films that are read")
    parser.add_argument("--methods", default=METHODS)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path("out/bundle"))
    given = parser.parse_args()
    data, out = given.data.resolve(), given.out.resolve()
    fine = [check(method, data, given.limit, out / method) for method in given.methods.split(",")]
    sys.exit(0 if all(fine) else 1)


if __name__ == "__main__":
    main()
