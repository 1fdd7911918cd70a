// A look at a run without touching it: every so many steps a fixed batch of films, of the training and the validation part and
// never of the test part, passes through the network as it stands, whole, and a few of them as two views. Norms take the
// statistics of the batch, as in training, so that the random start is seen as it trains; nothing is updated, and no random
// number of the run is used. Passes have the shape of a step's, so they run its programs. What comes back is measured elsewhere.

import type { Config } from '../config/schema.ts';
import { filmsOf } from '../data/sampler.ts';
import type { Measurement, ProbedOutput, ProbeFeatures, ProbeLabels } from '../diagnostics/probe.ts';
import { outputsOf } from '../diagnostics/snapshot.ts';
import { keptZeros } from '../gpu/backend.ts';
import { type Tensor, tf } from '../gpu/kernel.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { levelWidths } from '../methods/encoder/network.ts';
import type { LookedAt, Model } from '../methods/model.ts';
import { LABEL_NEGATIVE, LABEL_POSITIVE } from '../protocol/dataset.ts';
import { WATCHED_FINDINGS } from '../protocol/metrics.ts';
import { Rng } from '../util/rng.ts';
import { type Batch, type PlaneSource, readBatch, type TrainingSet } from './batchSource.ts';
import { ViewRenderer } from './viewRenderer.ts';

/** What a probe brought back, measured; `whole`, with the maps, may come long after. */
export interface Measuring {
  readonly measured: Measurement;
  readonly whole: Promise<Measurement>;
}

/** Measures what a probe brings back, in whatever thread. */
export type Measure = (features: ProbeFeatures) => Promise<Measuring>;

/** Films at most, and how many batches of a step they are: with the two views of one batch a look is a step's work or less. */
const MOST_FILMS = 512;
const BATCHES = 4;
/** The step whose views are shown; no run gets there. */
const VIEW_STEP = 0x7fff_ffff;

type ProbedSet = Pick<TrainingSet, 'splits' | 'labels' | 'findings'>;

/** The films of a run's probe in a fixed order: half of them of the validation part where there are so many, the rest for training. */
export function probeFilms(
  { splits }: Pick<TrainingSet, 'splits'>,
  { seed, batchSize }: Config,
): Uint32Array {
  const [train, val] = [filmsOf({ splits }, 'train'), filmsOf({ splits }, 'val')];
  const wanted = Math.min(MOST_FILMS, BATCHES * batchSize, train.length + val.length);
  const asked = Math.min(val.length, Math.max(Math.floor(wanted / 2), wanted - train.length));
  const some = (films: Uint32Array, count: number, part: number) => {
    const order = new Rng(seed, 'watched', part).permutation(films.length);
    return Array.from(order.subarray(0, count), (place) => films[place]!);
  };
  const films = [...some(val, asked, 1), ...some(train, wanted - asked, 0)];
  // Mixed, so that no pass of the network is of one part alone.
  const mixed = new Rng(seed, 'watched', 2).permutation(films.length);
  return mixed.map((place) => films[place]!);
}

/** What the vote needs to know, of the findings with most positive films; null where nobody or nothing can be asked. */
function labelsOf(films: Uint32Array, set: ProbedSet, config: Config): ProbeLabels | null {
  const columns = set.findings.length;
  const labelOf = (film: number, column: number) => set.labels[film * columns + column]!;
  const asked = Uint8Array.from(films, (film) => (set.splits[film] === 1 ? 1 : 0));
  const counted = set.findings.map((_, column) => {
    let [positives, negatives] = [0, 0];
    for (const film of films) {
      if (labelOf(film, column) === LABEL_POSITIVE) positives++;
      if (labelOf(film, column) === LABEL_NEGATIVE) negatives++;
    }
    return { column, positives, negatives };
  });
  const watched = counted
    .filter(({ positives, negatives }) => positives > 0 && negatives > 0)
    .toSorted((a, b) => b.positives - a.positives || a.column - b.column)
    .slice(0, WATCHED_FINDINGS)
    .map(({ column }) => column)
    .sort((a, b) => a - b);
  if (watched.length === 0 || !asked.includes(1) || !asked.includes(0)) return null;
  const { neighbourCount: neighbours, neighbourTemperature: temperature } = config;
  return {
    findings: watched.map((column) => set.findings[column]!),
    labels: Uint8Array.from(
      Array.from(films).flatMap((film) => watched.map((column) => labelOf(film, column))),
    ),
    asked,
    neighbours,
    temperature,
  };
}

interface Output {
  readonly name: string;
  readonly dim: number;
}

export class Probe {
  readonly films: Uint32Array;
  readonly #runtime: Runtime;
  readonly #model: Model;
  readonly #config: Config;
  readonly #known: ProbeLabels | null;
  readonly #outputs: readonly Output[];
  readonly #renderer: ViewRenderer;
  readonly #report: Tensor;
  readonly #passes: number;
  #batches: Promise<readonly Batch[]> | null = null;
  #atHand: readonly Batch[] | null = null;

  constructor(
    model: Model,
    runtime: Runtime,
    set: ProbedSet & Pick<TrainingSet, 'widths' | 'heights'>,
    config: Config,
  ) {
    this.#runtime = runtime;
    this.#model = model;
    this.#config = config;
    this.films = probeFilms(set, config);
    this.#known = labelsOf(this.films, set, config);
    const widths = levelWidths(config.width);
    const heads = model.method.heads;
    this.#outputs = outputsOf(model.method).map(({ name, kind }, i) => ({
      name,
      dim: kind === 'level' ? widths[i]! : (heads[name] ?? heads.global!).dimensions(model.config),
    }));
    this.#passes = Math.ceil(this.films.length / this.#images);
    this.#renderer = new ViewRenderer(runtime, set, { batchSize: this.#images });
    this.#report = keptZeros([(this.#passes + 1) * this.#images * this.#columns]);
    runtime.settle(this.#report);
    runtime.reserveReads(this.#bytes, 1);
  }

  due(step: number): boolean {
    return step % this.#config.diagnoseEvery === 0;
  }

  /** Reads the films, once asked for until `record` has used them. @throws AppError cache-damaged */
  async ready(source: PlaneSource): Promise<void> {
    this.#batches ??= Promise.all(this.#filmsOfPasses().map((films) => readBatch(source, films)));
    try {
      this.#atHand = await this.#batches;
    } catch (error) {
      this.#batches = null;
      throw error;
    }
  }

  /** Every pass into the command queue; `ready` was waited for. With no films at hand it plays films without pixels. */
  record(): void {
    const batches = this.#atHand ?? this.#filmsOfPasses().map(withoutPixels);
    this.#batches = null;
    this.#atHand = null;
    const { imageSize } = this.#config;
    for (const [pass, batch] of batches.entries()) {
      const views = pass === this.#passes;
      const images = views
        ? this.#renderer.render(batch, VIEW_STEP, this.#config)
        : this.#renderer.evaluation(batch, imageSize, false);
      this.#gather(this.#model.look(images, views ? 2 : 1), pass);
      images.dispose();
    }
  }

  /** What the passes recorded last came to. */
  async features(step: number): Promise<ProbeFeatures> {
    const values = await this.#runtime.read(this.#report, this.#bytes);
    const films = this.films.length;
    const viewed = Math.min(films, this.#config.batchSize);
    const outputs = this.#outputs.map((output, i) => this.#outputIn(values, output, i, viewed));
    return { step, films, viewed, outputs, known: this.#known };
  }

  dispose(): void {
    this.#renderer.dispose();
    this.#runtime.releaseReads(this.#bytes);
    this.#report.dispose();
  }

  /** Images of a pass, as of a step. */
  get #images(): number {
    return 2 * this.#config.batchSize;
  }

  /** Numbers of an image: the outputs one after the other. */
  get #columns(): number {
    return this.#outputs.reduce((sum, { dim }) => sum + dim, 0) + this.#levels;
  }

  /** The levels lie side by side in one table, whose last is there once more, as features. */
  get #levels(): number {
    return levelWidths(this.#config.width)[4]!;
  }

  get #bytes(): number {
    return 4 * this.#report.size;
  }

  /** Whole films, the last pass filled up with its last film; then those that are shown in two views. */
  #filmsOfPasses(): Uint32Array[] {
    const at = (place: number) => this.films[Math.min(place, this.films.length - 1)]!;
    const from = (first: number, length: number) => Uint32Array.from({ length }, (_, i) => at(first + i));
    const whole = Array.from({ length: this.#passes }, (_, pass) => from(pass * this.#images, this.#images));
    return [...whole, from(0, this.#config.batchSize)];
  }

  /** Into the report of a pass: the table of levels, the features, then the others in their order. */
  #gather({ levels, features, outputs }: LookedAt, pass: number): void {
    let at = pass * this.#images * this.#columns;
    const others = this.#outputs.filter(({ name }) => Object.hasOwn(outputs, name));
    for (const tensor of [levels, features, ...others.map(({ name }) => outputs[name]!)]) {
      this.#runtime.copy(tensor, 0, this.#report, 4 * at, 4 * tensor.size);
      at += tensor.size;
    }
    tf.dispose([levels, features, ...Object.values(outputs)]);
  }

  #outputIn(values: Float32Array, { name, dim }: Output, place: number, viewed: number): ProbedOutput {
    const widths = levelWidths(this.#config.width);
    const all = widths.reduce((sum, width) => sum + width, 0);
    const images = this.#images;
    // Where an output's table begins in a pass, how wide a row of it is, and where in the row the output stands.
    const before = this.#outputs.slice(5, place).reduce((sum, output) => sum + output.dim, 0);
    const { start, row, first } =
      place < 4
        ? { start: 0, row: all, first: widths.slice(0, place).reduce((sum, width) => sum + width, 0) }
        : { start: images * (all + (place === 4 ? 0 : this.#levels + before)), row: dim, first: 0 };
    const rowsOf = (image: number, count: number) => {
      const rows = new Float32Array(count * dim);
      for (let i = 0; i < count; i++) {
        const [pass, within] = [Math.floor((image + i) / images), (image + i) % images];
        const from = pass * images * this.#columns + start + within * row + first;
        rows.set(values.subarray(from, from + dim), i * dim);
      }
      return rows;
    };
    const views = this.#passes * images;
    const second = views + this.#config.batchSize;
    return {
      name,
      dim,
      whole: rowsOf(0, this.films.length),
      views: [rowsOf(views, viewed), rowsOf(second, viewed)],
    };
  }
}

const withoutPixels = (films: Uint32Array): Batch => ({
  films,
  planes: Array.from(films, () => new Uint8Array()),
});
