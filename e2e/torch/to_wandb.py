"""A run of the playground into Weights & Biases, without a network: `wandb sync` sends it later, if at all.

    python3 e2e/torch/to_wandb.py out/run [--project chest] [--dir out]

Needs wandb. Reads what `npm run headless -- pretrain` left: metrics.jsonl, a line a step, and the settings, counts of films and
adapter of report.json. Neither holds a name of a film.
"""

import argparse
import json
import pathlib

import wandb

#: Of report.json beside the settings: what a run was computed on and with.
TOLD = "preset", "start", "adapter", "kernels", "data"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("run", type=pathlib.Path, help="a folder that pretrain wrote")
    parser.add_argument("--project", default="mlvicx-playground")
    parser.add_argument("--dir", default=".", help="where the folder wandb is made")
    given = parser.parse_args()
    report = json.loads((given.run / "report.json").read_text())
    config = {**report["config"], **{name: report[name] for name in TOLD if name in report}}
    run = wandb.init(project=given.project, name=given.run.name, dir=given.dir, config=config, mode="offline")
    with open(given.run / "metrics.jsonl") as lines:
        for line in lines:
            values = json.loads(line)
            step = values.pop("step")
            run.log({name: value for name, value in values.items() if value is not None}, step=step)
    run.finish()


if __name__ == "__main__":
    main()
