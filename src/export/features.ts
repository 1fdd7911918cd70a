// What the features command and the page hand out of every film, in the forms that other programs open: a NumPy archive with all
// of it, and a table for spreadsheets and data frames. Both are made from the safetensors file of train/featureFile.ts, and with
// a fitted linear layer from its scores; names of films are in none of them, films stand in the order of their paths.

import { LABEL_NEGATIVE, LABEL_POSITIVE, SPLITS } from '../protocol/dataset.ts';
import type { ScoreLayer } from '../protocol/engine.ts';
import { AppError } from '../util/errors.ts';
import { type NpyArray, npzBytes } from '../util/npy.ts';
import { readSafetensors, type StoredTensor } from '../util/safetensors.ts';

export interface FeatureSet {
  readonly films: number;
  readonly findings: readonly string[];
  /** By name: h, level1 to level5, z, ..., split, labels; as the file holds them. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /** Of every film, films x findings of the layer, and what these are. */
  readonly scores: { readonly findings: readonly string[]; readonly logits: Float64Array } | null;
}

/** @throws AppError checkpoint-invalid where the file is none of features */
export function readFeatures(bytes: Uint8Array, layer: ScoreLayer | null = null): FeatureSet {
  const { tensors, metadata } = readSafetensors(bytes);
  const features = tensors.get('h');
  if (!features) throw new AppError('checkpoint-invalid', 'it holds no features.');
  const films = features.shape[0]!;
  const findings: string[] = JSON.parse(metadata.findings ?? '[]');
  const seen = layer && !layer.attended ? (tensors.get('plain') ?? features) : features;
  const scores = layer && { findings: layer.findings, logits: logitsOf(layer, seen) };
  return { films, findings, tensors, scores };
}

/** films x findings */
function logitsOf({ findings, weight, bias }: ScoreLayer, { shape, data }: StoredTensor): Float64Array {
  const [films, width] = shape as [number, number];
  const count = findings.length;
  return Float64Array.from({ length: films * count }, (_, at) => {
    const [film, k] = [Math.floor(at / count), at % count];
    let sum = bias[k]!;
    for (let j = 0; j < width; j++) sum += weight[k * width + j]! * Number(data[film * width + j]!);
    return sum;
  });
}

const probability = (logit: number) => 1 / (1 + Math.exp(-logit));

/** Every array by its name, and `findings`, `score_findings` and `parts` as text. */
export function featuresNpz({ films, findings, tensors, scores }: FeatureSet): Uint8Array<ArrayBuffer> {
  const arrays: [string, NpyArray][] = [...tensors].map(([name, { shape, data }]) => [
    name,
    { shape, data: data as Float32Array },
  ]);
  arrays.push(['findings', { shape: [findings.length], data: findings }]);
  arrays.push(['parts', { shape: [SPLITS.length], data: SPLITS }]);
  if (scores) {
    const shape = [films, scores.findings.length];
    arrays.push(['logits', { shape, data: scores.logits }]);
    arrays.push(['scores', { shape, data: scores.logits.map(probability) }]);
    arrays.push(['score_findings', { shape: [scores.findings.length], data: scores.findings }]);
  }
  return npzBytes(arrays);
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
const labelWord = (label: number) => (label === LABEL_NEGATIVE || label === LABEL_POSITIVE ? label : '');

/** A line for each film: its number, part, labels, scores, and the pooled features h0, h1, ... in the order of the encoder. */
export function featuresCsv({ films, findings, tensors, scores }: FeatureSet): string {
  const column = (name: string) => tensors.get(name)!;
  const [h, split, labels] = [column('h'), column('split'), column('labels')];
  const width = h.shape[1]!;
  const head = [
    ...['film', 'part', ...findings],
    ...(scores?.findings.map((finding) => `score ${finding}`) ?? []),
    ...Array.from({ length: width }, (_, j) => `h${j}`),
  ];
  const row = <T>(values: ArrayLike<T>, film: number, count: number): T[] =>
    Array.from({ length: count }, (_, k) => values[film * count + k]!);
  const lines = Array.from({ length: films }, (_, film) => [
    film,
    SPLITS[Number(split.data[film])] ?? 'out',
    ...row(labels.data as Uint8Array, film, findings.length).map(labelWord),
    ...(scores ? row(scores.logits, film, scores.findings.length).map(probability) : []),
    ...row(h.data as Float32Array, film, width),
  ]);
  return `${[head.map(quoted), ...lines].map((line) => line.join(',')).join('\n')}\n`;
}
