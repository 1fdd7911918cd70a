// What was measured at one step, as it is sent, kept and drawn: spectra, deviations and the map of correlations of every
// output of the network, the neighbours' scores. As a file it is safetensors, which a run carries; a file may come from anyone
// and is taken whole or refused. Of many steps only some are kept, evenly spread.

import { LEVELS } from '../methods/record/statistics.ts';
import { AppError } from '../util/errors.ts';
import {
  readSafetensors,
  type StoredTensor,
  type WritableDtype,
  writeSafetensors,
} from '../util/safetensors.ts';
import { byVariance, perBlock } from './correlation.ts';
import { MEASURE_NAMES, type Measured } from './measures.ts';

/** One output of the network. */
export interface OutputPicture {
  readonly name: string;
  readonly measured: Measured;
  /** Of the covariance, descending. */
  readonly eigenvalues: Float32Array;
  /** Of every dimension. */
  readonly std: Float32Array;
  /** Rows and columns of the map of correlations. */
  readonly blocks: number;
  /** [blocks, blocks] in steps of 1 / FULL_CORRELATION, as correlationMap has it. */
  readonly correlation: Int8Array;
}

/** What stands for a correlation of 1. */
export const FULL_CORRELATION = 127;

/** How well the neighbours of a film say whether it has a finding. */
export interface NeighbourScore {
  readonly finding: string;
  /** NaN where one class is missing. */
  readonly auroc: number;
  readonly positives: number;
}

/** The vote of films of the training part on films of the validation part. */
export interface NeighbourVote {
  readonly bank: number;
  readonly asked: number;
  readonly scores: readonly NeighbourScore[];
}

export interface Snapshot {
  /** Measured on the weights before this step. */
  readonly step: number;
  /** Films that spectra and correlations are of. */
  readonly films: number;
  /** Films of which two views were compared. */
  readonly viewed: number;
  /** At most so long did it hold the run up. */
  readonly seconds: number;
  readonly outputs: readonly OutputPicture[];
  /** Null where the films have no labels, or no film is for validation. */
  readonly neighbours: NeighbourVote | null;
}

/** The outputs of a network that are measured: its levels, the heads of its method, and what else that puts out. */
export interface OutputName {
  readonly name: string;
  readonly label: string;
  /** Its name in a sentence. */
  readonly words: string;
  readonly kind: 'level' | 'head' | 'other';
}

interface Outputs {
  readonly heads: Readonly<Record<string, { readonly label: string }>>;
  readonly others?: Readonly<Record<string, { readonly label: string }>>;
}

export const outputsOf = ({ heads, others = {} }: Outputs): readonly OutputName[] => [
  ...LEVELS.map((label, i) => ({ name: `level${i + 1}`, label, words: label, kind: 'level' as const })),
  ...named(heads, 'head', ' head'),
  ...named(others, 'other', ''),
];

const named = (outputs: Outputs['heads'], kind: 'head' | 'other', after: string): OutputName[] =>
  Object.entries(outputs).map(([name, { label }]) => ({
    name,
    label,
    words: `${label.toLowerCase()}${after}`,
    kind,
  }));

/** More than these are thinned. */
export const MOST_SNAPSHOTS = 64;
export const MOST_BYTES = 24 << 20;

const bytesOfOne = ({ outputs }: Snapshot): number =>
  outputs.reduce(
    (sum, { eigenvalues, std, correlation }) =>
      sum + eigenvalues.byteLength + std.byteLength + correlation.byteLength,
    0,
  );

export const bytesOf = (snapshots: readonly Snapshot[]): number =>
  snapshots.reduce((sum, snapshot) => sum + bytesOfOne(snapshot), 0);

/**
 * With one more, which takes the place of those from its step on, and thinned: every second, fourth ... of the steps at which
 * it is measured, and always the last.
 * @param every steps from one to the next
 */
export function withSnapshot(
  before: readonly Snapshot[],
  next: Snapshot,
  every: number,
): readonly Snapshot[] {
  const all = [...before.filter(({ step }) => step < next.step), next];
  // Once they have been thinned, those that come are kept at the same distance.
  const [first, second, third] = before;
  const thinned = third ? second!.step - first!.step : 0;
  for (let spacing = Math.max(every, thinned); ; spacing *= 2) {
    const kept = all.filter(({ step }, i) => step % spacing === 0 || i === all.length - 1);
    const few = kept.length <= MOST_SNAPSHOTS && bytesOf(kept) <= MOST_BYTES;
    if (few || kept.length <= 2) return kept;
  }
}

/** Places in the order of variance that a row of the map stands for, and which dimensions those are. */
export function dimensionsOf({ std }: Pick<OutputPicture, 'std'>, block: number): number[] {
  const per = perBlock(std.length);
  return byVariance(std).slice(block * per, (block + 1) * per);
}

const text = (step: number, output: string, what: string) => `${step}/${output}/${what}`;

/** Scalars of a snapshot, as JSON has them; what is no number is null. */
const plain = ({ step, films, viewed, seconds, neighbours, outputs }: Snapshot) => ({
  step,
  films,
  viewed,
  seconds,
  neighbours,
  outputs: outputs.map(({ name, measured }) => ({ name, measured })),
});

/** Safetensors: `step/output/eigenvalues`, `std` and `correlation`, all else in the metadata. */
export function writeSnapshots(snapshots: readonly Snapshot[]): Uint8Array<ArrayBuffer> {
  const tensors = new Map<string, StoredTensor<WritableDtype>>();
  for (const { step, outputs } of snapshots) {
    for (const { name, eigenvalues, std, blocks, correlation } of outputs) {
      tensors.set(text(step, name, 'eigenvalues'), {
        dtype: 'F32',
        shape: [eigenvalues.length],
        data: eigenvalues,
      });
      tensors.set(text(step, name, 'std'), { dtype: 'F32', shape: [std.length], data: std });
      tensors.set(text(step, name, 'correlation'), {
        dtype: 'I8',
        shape: [blocks, blocks],
        data: correlation,
      });
    }
  }
  return writeSafetensors(tensors, { snapshots: JSON.stringify(snapshots.map(plain)) });
}

const MOST_OUTPUTS = 16;
const MOST_FINDINGS = 8;

const refuse = (reason: string): never => {
  throw new AppError('run-file-invalid', `its snapshots: ${reason}.`);
};

const table = (value: unknown, what: string): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : refuse(`${what} is no table`);

const items = (value: unknown, most: number, what: string): readonly unknown[] =>
  Array.isArray(value) && value.length <= most ? value : refuse(`${what} is no list of at most ${most}`);

/** A whole number from 0 on. */
const whole = (value: unknown, what: string): number =>
  Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : refuse(`${what} is no count`);

/** What is no number was not measured. */
const measuredNumber = (value: unknown): number => (typeof value === 'number' ? value : Number.NaN);

const words = (value: unknown): string =>
  typeof value === 'string' && value.length <= 200
    ? value.replace(/\p{Cc}/gu, ' ')
    : refuse('a name is no text');

/** @throws AppError run-file-invalid, safetensors-invalid */
export function readSnapshots(bytes: Uint8Array): Snapshot[] {
  const { tensors, metadata } = readSafetensors(bytes);
  let listed: unknown;
  try {
    listed = JSON.parse(metadata.snapshots ?? '');
  } catch {
    refuse('their list cannot be read');
  }
  const snapshots = items(listed, MOST_SNAPSHOTS, 'the list').map((given) =>
    snapshotOf(table(given, 'one'), tensors),
  );
  const order = snapshots.every(({ step }, i) => i === 0 || step > snapshots[i - 1]!.step);
  return order ? snapshots : refuse('their steps do not rise');
}

type Stored = ReadonlyMap<string, StoredTensor>;

function snapshotOf(given: Readonly<Record<string, unknown>>, tensors: Stored): Snapshot {
  const step = whole(given.step, 'a step');
  const outputs = items(given.outputs, MOST_OUTPUTS, 'the outputs').map((one) => {
    const { name, measured } = table(one, 'an output');
    return pictureOf(step, words(name), table(measured, 'what was measured'), tensors);
  });
  return {
    step,
    films: whole(given.films, 'the number of films'),
    viewed: whole(given.viewed, 'the number of views'),
    seconds: measuredNumber(given.seconds),
    outputs,
    neighbours: given.neighbours === null ? null : voteOf(table(given.neighbours, 'the vote')),
  };
}

function voteOf({ bank, asked, scores }: Readonly<Record<string, unknown>>): NeighbourVote {
  const read = items(scores, MOST_FINDINGS, 'the scores').map((one): NeighbourScore => {
    const { finding, auroc, positives } = table(one, 'a score');
    return {
      finding: words(finding),
      auroc: measuredNumber(auroc),
      positives: whole(positives, 'positives'),
    };
  });
  return { bank: whole(bank, 'the bank'), asked: whole(asked, 'those asked'), scores: read };
}

function pictureOf(
  step: number,
  name: string,
  given: Readonly<Record<string, unknown>>,
  tensors: Stored,
): OutputPicture {
  const stored = (what: string) =>
    tensors.get(text(step, name, what)) ?? refuse(`${what} of ${name} is missing`);
  const [eigenvalues, std, map] = [stored('eigenvalues'), stored('std'), stored('correlation')];
  const dim = std.data.length;
  const blocks = dim > 0 ? Math.ceil(dim / perBlock(dim)) : 0;
  if (eigenvalues.dtype !== 'F32' || std.dtype !== 'F32' || map.dtype !== 'I8')
    refuse('a table has another type');
  if (map.data.length !== blocks * blocks || eigenvalues.data.length > dim)
    refuse(`sizes of ${name} disagree`);
  const measured = Object.fromEntries(
    MEASURE_NAMES.map((key) => [key, measuredNumber(given[key])]),
  ) as Measured;
  return {
    name,
    measured,
    eigenvalues: eigenvalues.data as Float32Array,
    std: std.data as Float32Array,
    blocks,
    correlation: map.data as Int8Array,
  };
}
