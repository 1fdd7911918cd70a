// How often the class maps of a linear evaluation point at what is drawn on the test films, by the pretrained encoder and by the first
// random one, each with the layer of the first label draw. Every model passes the films once; the scores are in ../scores/pointing.ts.

import type { Config } from '../../config/schema.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import { Model } from '../../methods/model.ts';
import { LABEL_POSITIVE } from '../../protocol/dataset.ts';
import { planesOf, readBatch, type TrainingSet } from '../../train/batchSource.ts';
import type { Pretrainer } from '../../train/pretrain.ts';
import { ViewRenderer } from '../../train/viewRenderer.ts';
import type { FittedLayer } from '../evaluate.ts';
import { randomStart } from '../features.ts';
import { splitRows } from '../labelDraws.ts';
import { type Inside, insideArea, meanInside } from '../scores/pointing.ts';
import { classMap, enlarged, peakOf } from './classMap.ts';
import type { PointedFinding } from './record.ts';

/** Films of a finding that are looked at: drawing phantoms again and reading masks take far longer than the passes. */
const MOST_FILMS = 32;

/** Films of a pass and of a question for masks. */
const AT_ONCE = 16;

interface Asked {
  readonly run: Pretrainer;
  readonly dataset: TrainingSet;
  readonly config: Config;
  readonly onProgress: (stage: string, done: number, total: number) => void;
  readonly yieldNow: () => Promise<void>;
}

/** What is drawn of a finding on a film: side * side bytes. */
interface DrawnFinding {
  readonly finding: string;
  readonly film: number;
  readonly inside: Uint8Array;
}

/** Layers of the pretrained encoder and of the first random one. */
export interface PointingLayers {
  readonly pretrained: FittedLayer;
  readonly random: FittedLayer;
}

/** By finding, in their order; findings of which nothing is drawn on a test film that has them are left out. */
export async function pointAtDrawn(asked: Asked, layers: PointingLayers): Promise<PointedFinding[]> {
  const { run } = asked;
  const drawn = await drawnOnTest(asked, layers.pretrained.findings);
  if (drawn.length === 0) return [];
  const random = new Model(run.model.config, randomStart(run.config.seed, 0));
  try {
    const pretrained = await insideOf(run.model, layers.pretrained, drawn, asked);
    const untrained = await insideOf(random, layers.random, drawn, asked);
    return layers.pretrained.findings.flatMap((finding): PointedFinding[] => {
      const of = (each: readonly Inside[]) => each.filter((_, i) => drawn[i]!.finding === finding);
      const films = of(pretrained);
      if (films.length === 0) return [];
      const { peak, energy, centre, area } = meanInside(films);
      const beside = meanInside(of(untrained));
      return [
        {
          finding,
          films: films.length,
          centre,
          area,
          pretrained: { peak, energy },
          random: { peak: beside.peak, energy: beside.energy },
        },
      ];
    });
  } finally {
    random.dispose();
  }
}

/** All of them, or as many as are looked at, evenly from first to last. */
export const spread = (films: readonly number[]): number[] =>
  films.length <= MOST_FILMS
    ? [...films]
    : Array.from({ length: MOST_FILMS }, (_, i) => films[Math.floor((i * films.length) / MOST_FILMS)]!);

/** Test films that have a finding, with what is drawn of it. */
async function drawnOnTest(
  { dataset, run, onProgress, yieldNow }: Asked,
  findings: readonly string[],
): Promise<DrawnFinding[]> {
  const { masks, marked = [], labels } = dataset;
  const { test } = splitRows(dataset);
  const side = run.config.imageSize;
  const found: DrawnFinding[] = [];
  const isMarked = (finding: string) => marked.some((name) => name.toLowerCase() === finding.toLowerCase());
  for (const finding of masks ? findings.filter(isMarked) : []) {
    const column = dataset.findings.indexOf(finding);
    const having = spread(
      [...test].filter((film) => labels[film * dataset.findings.length + column] === LABEL_POSITIVE),
    );
    for (let first = 0; first < having.length; first += AT_ONCE) {
      onProgress(`What is drawn of ${finding}`, first, having.length);
      const films = having.slice(first, first + AT_ONCE);
      const { inside } = await masks!.read(films, [finding], side);
      for (const [i, film] of films.entries()) {
        const area = inside[i];
        if (area) found.push({ finding, film, inside: area });
      }
      await yieldNow();
    }
  }
  return found;
}

/** In the order of what is drawn. */
async function insideOf(
  model: Model,
  fitted: FittedLayer,
  drawn: readonly DrawnFinding[],
  { run, dataset, onProgress, yieldNow }: Asked,
): Promise<Inside[]> {
  const size = run.config.imageSize;
  const films = [...new Set(drawn.map(({ film }) => film))];
  const renderer = new ViewRenderer(run.runtime, dataset, { batchSize: AT_ONCE });
  const found = new Map<DrawnFinding, Inside>();
  try {
    for (let first = 0; first < films.length; first += AT_ONCE) {
      onProgress('Class maps', first, films.length);
      const here = Uint32Array.from(
        { length: AT_ONCE },
        (_, i) => films[Math.min(first + i, films.length - 1)]!,
      );
      const images = renderer.evaluation(await readBatch(planesOf(dataset), here), size, false);
      const { values, height, width } = await lastMaps(model, images, fitted.attended, run);
      images.dispose();
      for (const one of drawn) {
        const at = here.indexOf(one.film);
        if (at < 0 || found.has(one)) continue;
        const each = values.length / AT_ONCE;
        const map = values.subarray(at * each, (at + 1) * each);
        found.set(one, insideDrawn(map, { height, width, size }, fitted, one));
      }
      await yieldNow();
    }
  } finally {
    renderer.dispose();
  }
  return drawn.map((one) => found.get(one)!);
}

function insideDrawn(
  map: Float32Array,
  { height, width, size }: { readonly height: number; readonly width: number; readonly size: number },
  { findings, layer: { weight, dim } }: FittedLayer,
  { finding, inside }: DrawnFinding,
): Inside {
  const k = findings.indexOf(finding);
  const places = classMap(map, weight.subarray(k * dim, (k + 1) * dim));
  const peak = peakOf(places);
  return insideArea(
    enlarged(places, height, width, size),
    size,
    [((peak % width) + 0.5) / width, (Math.floor(peak / width) + 0.5) / height],
    (x, y) => inside[Math.floor(y * size) * size + Math.floor(x * size)] === 1,
  );
}

async function lastMaps(model: Model, images: Tensor, bottlenecks: boolean, { runtime }: Pretrainer) {
  const maps: Tensor[] = [];
  const onLevel = (level: number, map: Tensor) => {
    if (level === 5) maps.push(tf.keep(map.clone()));
  };
  model.features(images, 'running', { bottlenecks, onLevel }).dispose();
  const [map] = maps;
  const [, height, width] = map!.shape as [number, number, number, number];
  const values = await runtime.read(map!, map!.size * 4);
  map!.dispose();
  return { values, height, width };
}
