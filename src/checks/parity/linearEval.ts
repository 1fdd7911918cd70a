// Linear-evaluation fixtures: the training of the linear layer from recorded batches and weights, its scores, and the
// metrics of recorded scores; and the loss where probabilities saturate.

import { warmRestarts } from '../../optim/schedule.ts';
import {
  crossEntropy,
  type LinearLayer,
  linearEpochs,
  logitsOf,
  type ProbeOptimiser,
  sigmoid32,
} from '../../tasks/linear/linearClassifier.ts';
import { auroc, averagePrecision, rank } from '../../tasks/scores/auroc.ts';
import type { Fixture } from './fixtures.ts';
import type { Numbers, Rows } from './rows.ts';
import { defined } from './scores.ts';

interface LinearFixture {
  readonly D: number;
  readonly K: number;
  readonly hyperparameters: {
    readonly lr: number;
    readonly eta_min: number;
    readonly T_0: number;
    readonly T_mult: number;
    readonly betas: readonly [number, number];
    readonly eps: number;
    readonly weight_decay: number;
    readonly clip: number;
  };
  readonly loss: readonly number[];
  readonly grad_norm_before_clipping: readonly number[];
  readonly lr_per_epoch_of_run?: readonly number[];
  readonly auroc: readonly (number | null)[];
  readonly auroc_rounded?: readonly (number | null)[];
  readonly mean_auroc_defined?: number | null;
  readonly average_precision?: readonly (number | null)[];
}

/** A table of rates may be longer than the run; its name says how long. */
const RATE_TABLE = /^lr_per_epoch_\d+$/;
const STEP = /^weight\.step(\d+)$/;

export async function checkLinearEval(fixture: Fixture, rows: Rows): Promise<void> {
  if (fixture.tensors.has('bce_target0')) checkExtremes(fixture, rows);
  else checkTrajectory(fixture, rows);
}

function checkExtremes(fixture: Fixture, rows: Rows): void {
  const logits = [...fixture.numbers('logits')];
  rows.compare('probeScore', 'sigmoid', logits.map(sigmoid32), fixture.numbers('sigmoid'));
  for (const target of [0, 1]) {
    const found = logits.map((logit) => crossEntropy(logit, target));
    rows.compare('probeWeights', `bce_target${target}`, found, fixture.numbers(`bce_target${target}`));
  }
}

function checkTrajectory(fixture: Fixture, rows: Rows): void {
  const given = fixture.describe<LinearFixture>('D', 'K', 'hyperparameters', 'loss', 'auroc');
  const { D: dim, K: classes, hyperparameters: hyper } = given;
  const settings: ProbeOptimiser = {
    minRate: hyper.eta_min,
    firstPeriod: hyper.T_0,
    factor: hyper.T_mult,
    beta1: hyper.betas[0],
    beta2: hyper.betas[1],
    epsilon: hyper.eps,
    clip: hyper.clip,
    decay: hyper.weight_decay,
  };
  const layer: LinearLayer = {
    dim,
    classes,
    weight: fixture.numbers('weight.init'),
    bias: fixture.numbers('bias.init'),
  };
  const compare = (quantity: string, found: Numbers) => {
    if (fixture.tensors.has(quantity))
      rows.compare('probeWeights', quantity, found, fixture.numbers(quantity));
  };
  const data = { features: fixture.floats('features'), labels: fixture.bytes('targets') };
  const batches = batchesOf(fixture);
  const marks = new Set([...fixture.tensors.keys()].map((name) => Number(STEP.exec(name)?.[1])));
  const epochs = linearEpochs(layer, data, {
    rate: hyper.lr,
    epochs: batches.length,
    batch: batches[0]?.[0]?.length ?? 0,
    seed: 0,
    batches,
    settings,
    onStep(step, { gradient }) {
      if (step === 1) {
        compare('grad.weight.step1', gradient.slice(0, dim * classes));
        compare('grad.bias.step1', gradient.slice(dim * classes));
      }
      if (!marks.has(step)) return;
      compare(`weight.step${step}`, layer.weight);
      compare(`bias.step${step}`, layer.bias);
    },
  });
  const results = [...epochs];
  compare('weight.final', layer.weight);
  compare('bias.final', layer.bias);
  const losses = results.flatMap((epoch) => epoch.losses);
  const norms = results.flatMap((epoch) => epoch.gradientNorms);
  rows.compare('probeWeights', 'loss', losses, given.loss);
  rows.compare('probeWeights', 'grad_norm_before_clipping', norms, given.grad_norm_before_clipping);
  checkRates(
    given,
    rows,
    results.map(({ rate }) => rate),
  );
  checkScores(fixture, given, rows, layer);
}

/** Epochs x batches x rows. */
function batchesOf(fixture: Fixture): Float64Array[][] {
  const [epochs, perEpoch, size] = fixture.shape('batches') as [number, number, number];
  const flat = fixture.numbers('batches');
  return Array.from({ length: epochs }, (_, e) =>
    Array.from({ length: perEpoch }, (_, b) => {
      const at = (e * perEpoch + b) * size;
      return flat.subarray(at, at + size);
    }),
  );
}

function checkRates(given: LinearFixture, rows: Rows, used: readonly number[]): void {
  const { lr: max, eta_min: min, T_0: firstPeriod, T_mult: factor } = given.hyperparameters;
  if (given.lr_per_epoch_of_run) rows.compare('rate', 'lr_per_epoch_of_run', used, given.lr_per_epoch_of_run);
  for (const [name, table] of Object.entries(given)) {
    if (!RATE_TABLE.test(name)) continue;
    const wanted = table as readonly number[];
    const found = wanted.map((_, epoch) => warmRestarts({ max, min, firstPeriod, factor }, epoch));
    rows.compare('rate', name, found, wanted);
  }
}

function checkScores(fixture: Fixture, given: LinearFixture, rows: Rows, layer: LinearLayer): void {
  const { dim, classes } = layer;
  const features = fixture.floats('eval_features');
  const logits = logitsOf(layer, features, features.length / dim);
  const wanted = fixture.numbers('eval_scores');
  rows.compare('probeScore', 'eval_scores', Array.from(logits, sigmoid32), wanted);

  const labels = fixture.bytes('eval_targets');
  const column = (values: Numbers, k: number) => Array.from(values).filter((_, i) => i % classes === k);
  const aurocs = (scores: Numbers) => given.auroc.map((_, k) => auroc(column(scores, k), column(labels, k)));
  const found = aurocs(wanted);
  found.forEach((value, k) => {
    defined(rows, 'auroc', value, given.auroc[k]!, `class ${k}`);
  });
  const scored = found.filter((value) => value !== null);
  if (given.mean_auroc_defined !== undefined) {
    const mean = scored.length > 0 ? scored.reduce((a, b) => a + b, 0) / scored.length : null;
    defined(rows, 'mean_auroc_defined', mean, given.mean_auroc_defined);
  }
  if (given.auroc_rounded) {
    aurocs(fixture.numbers('eval_scores_rounded')).forEach((value, k) => {
      defined(rows, 'auroc_rounded', value, given.auroc_rounded![k]!, `class ${k}`);
    });
  }
  given.average_precision?.forEach((value, k) => {
    const precision = averagePrecision(rank(column(wanted, k), column(labels, k)));
    defined(rows, 'average_precision', precision, value, `class ${k}`);
  });
}
