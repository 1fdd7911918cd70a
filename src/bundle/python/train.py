"""Goes on with a run of the playground, or begins one, on one process or on many.

    torchrun --nproc_per_node=8 train.py --resume checkpoint.safetensors --data DIR
    python3 train.py --data DIR                          (from step 0, weights drawn anew)

Plain DistributedDataParallel: start it with torchrun, srun or any launcher that sets RANK, WORLD_SIZE, MASTER_ADDR and
MASTER_PORT. What it writes, OUT/checkpoint.safetensors, opens in the playground and goes on there, and here by --resume.
"""

import argparse
import json
import math
import os
import sys
import time
from pathlib import Path

import torch
import torch.distributed as dist

import checkpoint
from events import EventFile
from films import Batches, Films, labels_of, training_films
from losses import loss_of, several, synchronised
from model import Network
from optim import base_rate, make_optimiser, momentum_at, rate_at, run_length, set_rate
from views import normalised

HERE = Path(__file__).parent
#: The largest batch that the playground takes.
LARGEST_BATCH = 1024


def arguments():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", required=True, help="folder of films")
    parser.add_argument("--resume", help="checkpoint to go on with; without it the run begins at step 0")
    parser.add_argument("--films", default=str(HERE / "films.csv"), help="table of parts")
    parser.add_argument("--out", default="out", help="folder for checkpoint, log and decoded films")
    parser.add_argument("--steps", type=int, help="stop after so many steps; the schedule stays as long as it is")
    parser.add_argument("--length", type=int, help="length of the whole run in steps, from step 0 on; the schedule follows")
    parser.add_argument("--batch-size", type=int, help="films of a step over all processes; default: that of the run")
    parser.add_argument("--keep-rate", action="store_true", help="keep the rate when the batch size changes")
    parser.add_argument("--save-minutes", type=float, default=10)
    parser.add_argument("--log-every", type=int, default=10, help="steps")
    parser.add_argument("--workers", type=int, default=4, help="processes that draw views, for each GPU")
    parser.add_argument("--amp", action="store_true", help="the network in bfloat16; losses and weights stay in float32")
    parser.add_argument("--tf32", action="store_true", help="let matrix products and convolutions round to TF32")
    return parser.parse_args()


def set_up(tf32=False):
    """The device of this process, its rank, and the number of processes."""
    torch.backends.cuda.matmul.allow_tf32 = torch.backends.cudnn.allow_tf32 = tf32
    cuda = torch.cuda.is_available()
    if "RANK" not in os.environ:
        return torch.device("cuda" if cuda else "cpu"), 0, 1
    local = int(os.environ.get("LOCAL_RANK", os.environ["RANK"]))
    if cuda:
        torch.cuda.set_device(local)
    dist.init_process_group("nccl" if cuda else "gloo")
    return torch.device("cuda", local) if cuda else torch.device("cpu"), dist.get_rank(), dist.get_world_size()


def distributed(network, device, world):
    """For training. Batch norms are made to see the films of all processes."""
    if world == 1:
        return network.to(device)
    network = synchronised(network, device).to(device)
    ids = [device.index] if device.type == "cuda" else None
    return torch.nn.parallel.DistributedDataParallel(network, device_ids=ids, broadcast_buffers=False)


def leave(status=0):
    """Ends this process when all have come so far. Several end without clearing up: gloo may hang while its threads are joined
    with tensors in their hands."""
    if several():
        dist.barrier()
        sys.stdout.flush()
        os._exit(status)
    sys.exit(status)


def read_run(resume):
    """Tensors and metadata to begin with, and the settings of the run."""
    if resume:
        tensors, metadata = checkpoint.read(resume)
        return tensors, metadata, json.loads(metadata["config"])
    metadata = json.loads((HERE / "run.json").read_text())
    config = metadata["config"]
    return None, {**metadata, "config": "", "step": "0", "start": "random"}, config


def change_batch(config, films, step, wanted, keep_rate):
    """Settings and step for another batch size, and what that means in words."""
    before = config["batchSize"]
    config = {**config, "batchSize": wanted}
    if wanted == before:
        return config, step, []
    said = [f"Batch size {before} -> {wanted}."]
    if config["optimiser"] == "adamw":
        said.append(f"AdamW takes the rate as it is: {config['learningRate']:g} with either batch size.")
    elif keep_rate:
        config["learningRate"] *= before / wanted
        said.append(f"The rate is kept at {base_rate(config):g}.")
    else:
        old = base_rate({**config, "batchSize": before})
        said.append(f"LARS takes rate x batch / 256: {old:g} -> {base_rate(config):g}. --keep-rate keeps it.")
    if config["maxSteps"] == 0:
        epochs = step / (films // before)
        step = round(epochs * (films // wanted))
        said.append(f"The run is measured in epochs: after {epochs:.2f} of {config['epochs']} this is step {step}.")
    else:
        said.append(f"The run is measured in steps and stays {config['maxSteps']} long.")
    if wanted > LARGEST_BATCH:
        said.append(f"The playground takes batches of up to {LARGEST_BATCH} and would go on with that.")
    return config, step, said


def metadata_at(metadata, config, step):
    """Of a checkpoint at a step. A batch that the playground cannot take is kept beside the settings."""
    shown = {**config, "batchSize": min(config["batchSize"], LARGEST_BATCH)}
    return {**metadata, "config": json.dumps(shown), "step": str(step), "globalBatch": str(config["batchSize"])}


def backward(network, views, facts, config, amp=False, measure=True):
    """Gradients from views of this process, [n, 3, S, S] each, view 1 and view 2, and what is known of either, [n, C]. Returns the
    terms of the loss; a queue takes the keys of the step."""
    network.zero_grad()
    with torch.autocast(views[0].device.type, dtype=torch.bfloat16, enabled=amp):
        first, second = network(*views)
    plain = getattr(network, "module", network)
    loss, log, keys = loss_of(config, first, second, facts, plain.queue, measure)
    loss.backward()
    if keys is not None:
        plain.remember(keys)
    return log


def update(network, optimiser, rate, config, momentum):
    """`momentum` is that of the target network, where the method has one."""
    if config["gradientClip"] > 0:
        torch.nn.utils.clip_grad_value_(network.parameters(), config["gradientClip"])
    set_rate(optimiser, rate)
    optimiser.step()
    if momentum is not None:
        network.follow(momentum)


def main():
    given = arguments()
    device, rank, world = set_up(given.tf32)
    say = print if rank == 0 else lambda *_: None
    saved = Path(given.out) / "checkpoint.safetensors"
    if saved.exists() and not given.resume:
        raise SystemExit(f"{saved} is there: go on with --resume {saved}, or choose another --out.")
    tensors, metadata, config = read_run(given.resume)
    config["batchSize"] = int(metadata.get("globalBatch", config["batchSize"]))
    step, counted = int(metadata["step"]), int(metadata["step"])
    config["maxSteps"] = given.length or config["maxSteps"]
    films, about = training_films(given.data, given.films)
    labels, findings = labels_of(given.films)
    if config["method"] == "supervised" and not 0 < len(findings) <= config["classifierOutputs"]:
        raise SystemExit(f"Supervised training wants labels of 1 to {config['classifierOutputs']} findings in {given.films}.")
    wanted = given.batch_size or config["batchSize"]
    if wanted % world or len(films) < wanted:
        raise SystemExit(f"A batch of {wanted} must be a multiple of the {world} processes and at most {len(films)} films.")
    config, step, said = change_batch(config, len(films), step, wanted, given.keep_rate)

    torch.manual_seed(config["seed"])
    network = Network(config)
    wrapped = distributed(network, device, world).train()
    optimiser = make_optimiser(config, network)
    if tensors is not None:
        checkpoint.load(tensors, network, optimiser, config, counted)
    steps_per_epoch = len(films) // config["batchSize"]
    total = run_length(config, steps_per_epoch)
    if step >= total:
        raise SystemExit(f"The run is at its end, step {step} of {total}: --length gives it another.")
    end = min(total, step + given.steps) if given.steps else total
    for line in [about, *said, f"{config['method']}, {config['optimiser']}: step {step} to {end} of {total}"]:
        say(line)

    batches = Batches(films, config, range(step, end), rank, world)
    loader = torch.utils.data.DataLoader(
        Films(given.data, films, config, Path(given.out) / "planes", labels),
        batch_sampler=batches,
        num_workers=given.workers,
        pin_memory=device.type == "cuda",
    )

    def save(at):
        tensors = checkpoint.tensors_of(network, optimiser, config)
        checkpoint.write(saved, tensors, metadata_at(metadata, config, at))

    log_file = EventFile(f"{given.out}/runs") if rank == 0 else None
    last_saved = began = time.time()
    for at, (grey, known) in zip(range(step, end), loader):
        views = [normalised(view) for view in grey.to(device, non_blocking=True).unbind(1)]
        facts = known.to(device, non_blocking=True).unbind(1)
        rate = rate_at(config, steps_per_epoch, at)
        shown = at % given.log_every == 0 or at == end - 1
        log = backward(wrapped, views, facts, config, given.amp, shown)
        update(network, optimiser, rate, config, momentum_at(config, steps_per_epoch, at))
        if shown:
            values = {name: float(value) for name, value in log.items()}
            if not math.isfinite(values["loss/total"]):
                raise SystemExit(f"The loss of step {at} is not a number; {saved} is from before.")
            speed = (at + 1 - step) * config["batchSize"] / (time.time() - began)
            say(f"step {at}  loss {values['loss/total']:.4f}  rate {rate:.3g}  {speed:.1f} films/s")
            if log_file:
                log_file.add(at, {**values, "optim/learning-rate": rate, "speed/images-per-second": speed})
        if rank == 0 and time.time() - last_saved > 60 * given.save_minutes:
            save(at + 1)
            last_saved = time.time()
    if rank == 0:
        save(end)
        say(f"Step {end} in {saved}")
    leave()


if __name__ == "__main__":
    main()
