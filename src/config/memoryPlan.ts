// One training step played in sizes: every buffer that forward pass, backward pass, loss and optimiser ask for, in their
// order, on a pool that behaves as the real one (memoryPool.ts). Shapes are those of docs/method.md. What it comes to is
// the peak of a run's GPU bytes; a test compares it with the bytes counted at the device.

import { type MapShape, PlanLayers, type PlanMap } from './memoryLayers.ts';
import { type Block, PlanTape, Pool } from './memoryPool.ts';
import type { Machine } from './memoryScratch.ts';
import type { Config } from './schema.ts';

const VIEWS = 2;
/** Places on which a level is summed up. */
const PLACES = 16;
const TERMS = 8;
/** As train/trainingStep.ts and optim/optimiser.ts. */
const READS_IN_FLIGHT = 3;
const LARGE_STORAGE = 1 << 20;
const GATHERED_AT_ONCE = 1 << 18;

/** One weight, in floats. Frozen ones have no gradient and no optimiser state. */
export interface PlannedWeight {
  readonly name: string;
  readonly size: number;
  readonly frozen?: boolean;
}

/** Channels and side of the five levels. */
export function levelsOf({ width, imageSize }: Pick<Config, 'width' | 'imageSize'>): MapShape[] {
  return [1, 1, 2, 4, 8].map((factor, level) => ({
    channels: width * factor,
    side: Math.ceil(imageSize / 2 ** (level + 1)),
  }));
}

/** Bytes of a run's state and of its peak: `weights` one by one, `statistics` the running means and variances, in floats. */
export function peakBytes(
  config: Config,
  weights: readonly PlannedWeight[],
  statistics: readonly number[],
  machine: Machine,
): { state: number; total: number } {
  const pool = new Pool();
  const films = VIEWS * config.batchSize;
  const shapes = levelsOf(config);
  const channels = shapes.reduce((sum, level) => sum + level.channels, 0);
  keepState(pool, config, weights, statistics);
  const state = pool.bytes;
  const report = 2 * TERMS + films * channels;
  for (let i = 0; i < 1 + READS_IN_FLIGHT; i++) pool.take(report);
  // The summaries of the levels, the ones for their biases, the films of a batch in bytes.
  pool.take(films * PLACES * channels);
  pool.take(films * PLACES * 5);
  pool.take((config.batchSize * config.planeSize ** 2) / 4);
  scratchOfViews(pool, config);

  const gathering = new Gathering(pool);
  const tape = new PlanTape(
    pool,
    { recompute: config.recompute, half: config.keptMaps === 'float16' },
    (gradient) => gathering.take(gradient),
  );
  const layers = new PlanLayers(pool, tape, films, machine);
  const images = layers.make({ channels: 3, side: config.imageSize });
  const { top, summary } = encode(layers, shapes, images);
  const features = layers.mean(top);
  tape.putAway(top);
  const z = projector(layers, config, 'global', features);
  const rows = Object.assign(summary, { channels, side: 1, floats: 0 });
  const local = layers.linear(
    rows,
    { rows: films * PLACES, inner: channels, outputs: config.levelChannels },
    config.trainLevelConvs ? 5 * config.levelChannels : null,
  );
  const d = projector(layers, config, 'local', local);
  for (const embedding of [z, d]) loss(pool, tape, embedding, config);
  tape.backward();
  gathering.finish();
  pool.give(images);
  pool.take(films * channels);
  return { state, total: pool.bytes };
}

/** Weights, running statistics and what the optimiser holds: a flat arena for small weights, state alone for large ones. */
function keepState(
  pool: Pool,
  { optimiser }: Config,
  weights: readonly PlannedWeight[],
  statistics: readonly number[],
): void {
  for (const floats of [...weights.map(({ size }) => size), ...statistics]) pool.take(floats);
  const trained = weights.filter(({ frozen }) => !frozen);
  const moments = optimiser === 'adamw' ? 2 : 1;
  const arena = trained.reduce((sum, { size }) => (size > LARGE_STORAGE ? sum : sum + size), 0);
  for (let i = 0; i < 2 + moments; i++) pool.take(arena);
  for (const { size } of trained) {
    for (let i = 0; size > LARGE_STORAGE && i < moments; i++) pool.take(size);
  }
}

/** Scratch of the renderer: tables of taps, films cut to the width of a view, two grey images. */
function scratchOfViews(pool: Pool, { imageSize: size, planeSize, batchSize }: Config): void {
  const taps = 2 * Math.ceil(2 * Math.max(planeSize / size, 1)) + 1;
  const entry = 1 + Math.ceil((taps + 3) / 4);
  const quarter = Math.ceil(size / 4);
  const perView = [8 * size * entry, Math.ceil(planeSize / 4) * quarter * 4, size * quarter, size * quarter];
  pool.scratch(...perView.map((floats) => VIEWS * batchSize * floats))();
}

/** The optimiser's side of the backward pass: large gradients go at once, small ones a few at a time. */
class Gathering {
  readonly #pool: Pool;
  readonly #waiting: Block[] = [];

  constructor(pool: Pool) {
    this.#pool = pool;
  }

  take(gradient: Block): void {
    if (gradient.floats > LARGE_STORAGE) this.#pool.give(gradient);
    else this.#waiting.push(gradient);
    if (this.#waiting.reduce((sum, { floats }) => sum + floats, 0) >= GATHERED_AT_ONCE) this.finish();
  }

  finish(): void {
    for (const gradient of this.#waiting.splice(0)) this.#pool.give(gradient);
  }
}

function encode(layers: PlanLayers, shapes: readonly MapShape[], images: PlanMap) {
  const { tape } = layers;
  const stem = layers.norm(layers.conv(images, 7, 2, shapes[0]!.channels, true), true);
  let below = layers.attend(stem);
  let summary = layers.summarise(below, null);
  for (let level = 1; level < 5; level++) {
    const input = level === 1 ? layers.pooled(below) : below;
    if (level === 1) tape.putAway(below);
    const out = stage(layers, input, level === 1 ? 1 : 2, shapes[level]!.channels);
    tape.putAway(input, true);
    below = layers.attend(out);
    summary = layers.summarise(below, summary);
  }
  return { top: below, summary };
}

function stage(layers: PlanLayers, x: PlanMap, stride: number, channels: number): PlanMap {
  const between = block(layers, x, stride, channels);
  const out = block(layers, between, 1, channels);
  layers.tape.putAway(between, true);
  return out;
}

function block(layers: PlanLayers, x: PlanMap, stride: number, channels: number): PlanMap {
  const first = layers.norm(layers.conv(x, 3, stride, channels), true);
  const second = layers.conv(first, 3, 1, channels);
  layers.tape.putAway(first);
  const residual = stride === 1 ? x : layers.norm(layers.conv(x, 1, stride, channels), false);
  const out = layers.norm(second, true, residual);
  if (residual !== x) layers.tape.putAway(residual);
  return out;
}

function projector(layers: PlanLayers, config: Config, head: 'global' | 'local', x: PlanMap): PlanMap {
  const { projectorHidden, embeddingDim, projectorFinalNorm, levelChannels } = config;
  const hidden = head === 'global' ? projectorHidden : embeddingDim;
  const widths = [head === 'global' ? x.channels : PLACES * levelChannels, hidden, hidden, embeddingDim];
  return widths.slice(1).reduce((input, outputs, i) => {
    const y = layers.linear(input, { rows: layers.films, inner: widths[i]!, outputs }, outputs);
    return i < 2 || projectorFinalNorm ? layers.norm(y, i < 2) : y;
  }, x);
}

/** Terms, centred embeddings, variances and second moments; all but the terms go once the gradient is there. */
function loss(pool: Pool, tape: PlanTape, z: PlanMap, { batchSize, embeddingDim }: Config): void {
  const side = Math.min(batchSize, embeddingDim);
  const made = [TERMS, z.floats, VIEWS * embeddingDim, VIEWS * side * side].map((n) => pool.take(n));
  pool.scratch(embeddingDim)();
  tape.give(z, pool.take(z.floats));
  for (const one of made.slice(1)) pool.give(one);
}
