// Which films an evaluation of masks learns from, stops on and is tested on, and where findings lie on them. A film counts if it is
// known where the findings asked for lie: something is drawn of each that its labels affirm, or they deny them all. Others are left
// out, since a blank truth would be a false one. Masks are kept as bits: as bytes, those of a large
// set would fill the memory.

import type { Config } from '../../config/schema.ts';
import {
  type DrawnMasks,
  LABEL_NEGATIVE,
  LABEL_POSITIVE,
  LABEL_UNKNOWN,
  PLACE_OUT,
} from '../../protocol/dataset.ts';
import { filmCount, type TrainingSet } from '../../train/batchSource.ts';
import { bitAt, packBits } from '../../util/bits.ts';
import { AppError } from '../../util/errors.ts';
import { formatCounted } from '../../util/format.ts';
import { Rng } from '../../util/rng.ts';
import { blocksOf, Checksum } from '../../vault/records.ts';
import {
  carveValidation,
  countFilms,
  drawShare,
  type LabelTable,
  type Rows,
  splitRows,
  type ValidationSource,
} from '../labelDraws.ts';

/** Films whose masks are asked for at a time. */
const AT_ONCE = 32;

/** The masks of a set at one side. */
export class TruthTable {
  readonly side: number;
  readonly #bits = new Map<number, Uint8Array>();

  constructor(side: number) {
    this.side = side;
  }

  put(film: number, inside: Uint8Array): void {
    if (inside.includes(1)) this.#bits.set(film, packBits(inside));
  }

  has(film: number): boolean {
    return this.#bits.has(film);
  }

  /** What is inside as bits. */
  bits(film: number): Uint8Array {
    return this.#bits.get(film) ?? new Uint8Array(Math.ceil(this.side ** 2 / 8));
  }

  /** side * side values of 0 and 1 from `from` on, in a table of zeros. */
  write(film: number, into: Float32Array | Uint8Array, from = 0, mirrored = false): void {
    const { side } = this;
    const bits = this.#bits.get(film);
    if (!bits) return;
    for (let at = 0; at < side * side; at++) {
      const column = at % side;
      into[from + (mirrored ? at - column + side - 1 - column : at)] = bitAt(bits, at);
    }
  }
}

export interface MaskedFilms {
  /** Findings whose masks, together, are learnt. */
  readonly targets: readonly string[];
  readonly truth: TruthTable;
  /** One column: 1 with a mask, 0 without. Films of which it is not known are in no part. */
  readonly table: LabelTable;
  readonly rows: Rows;
  /** Films of the parts that are left out, and why. */
  readonly leftOut: { readonly unknown: number; readonly unreadable: number };
}

/** Of all that is known of the films: a fingerprint of the set says nothing of what is drawn on them. */
export async function digestOf({ table, truth }: Pick<MaskedFilms, 'table' | 'truth'>): Promise<string> {
  const sum = new Checksum();
  const drawn = [...table.labels.keys()].filter((film) => truth.has(film)).map((film) => truth.bits(film));
  for (const block of blocksOf([table.labels, table.splits, ...drawn])) await sum.add(block);
  return sum.value();
}

/** Findings of which something is drawn, or those of them that are asked for. @throws AppError masks-missing */
export function targetsOf({ marked = [], masks }: TrainingSet, asked: readonly string[]): readonly string[] {
  if (marked.length === 0 || !masks) throw new AppError('masks-missing', 'nothing is drawn on the films.');
  const missing = asked.filter((finding) => !marked.includes(finding));
  if (missing.length > 0) {
    throw new AppError(
      'masks-missing',
      `nothing is drawn of ${missing.join(', ')}, but of ${marked.join(', ')}.`,
    );
  }
  return asked.length > 0 ? asked : marked;
}

/** @throws AppError masks-missing, split-impossible, and whatever `onProgress` throws */
export async function maskedFilms(
  dataset: TrainingSet,
  asked: readonly string[],
  side: number,
  onProgress: (done: number, total: number) => void,
): Promise<MaskedFilms> {
  const targets = targetsOf(dataset, asked);
  const truth = new TruthTable(side);
  const labels = new Uint8Array(filmCount(dataset)).fill(LABEL_UNKNOWN);
  const inPart = [...dataset.splits.keys()].filter((film) => dataset.splits[film] !== PLACE_OUT);
  let unreadable = 0;
  for (let from = 0; from < inPart.length; from += AT_ONCE) {
    onProgress(from, inPart.length);
    const films = inPart.slice(from, from + AT_ONCE);
    const drawn = await dataset.masks!.read(films, targets, side);
    unreadable += drawn.failed.length;
    for (const [i, film] of films.entries()) {
      if (!isKnown(dataset, film, targets, drawn.marked[i]!)) continue;
      const inside = drawn.inside[i];
      if (inside) truth.put(film, inside);
      labels[film] = truth.has(film) ? LABEL_POSITIVE : LABEL_NEGATIVE;
    }
  }
  const splits = dataset.splits.map((split, film) => (labels[film] === LABEL_UNKNOWN ? PLACE_OUT : split));
  const table = { findings: ['mask'], labels, patients: dataset.patients, splits };
  const rows = splitRows(table);
  requireMasks(table, rows, targets);
  const known = rows.train.length + rows.val.length + rows.test.length;
  return {
    targets,
    truth,
    table,
    rows,
    leftOut: { unknown: inPart.length - known - unreadable, unreadable },
  };
}

/** Of each finding either something is drawn or the labels deny it; a film with a mask needs no label. */
function isKnown(
  { labels, findings }: TrainingSet,
  film: number,
  targets: readonly string[],
  marked: DrawnMasks['marked'][number],
): boolean {
  const labelOf = (finding: string) => {
    const column = findings.indexOf(finding);
    return column < 0 ? LABEL_UNKNOWN : labels[film * findings.length + column]!;
  };
  const open = targets.filter((_, k) => marked[k] === 0).map(labelOf);
  if (open.length === targets.length) return open.every((label) => label === LABEL_NEGATIVE);
  return !open.includes(LABEL_POSITIVE);
}

function requireMasks(table: LabelTable, rows: Rows, targets: readonly string[]): void {
  for (const [part, words] of [
    ['train', 'training'],
    ['test', 'test'],
  ] as const) {
    if (countFilms(table, rows[part], 0).positives > 0) continue;
    const films = formatCounted(rows[part].length, `${words} film`);
    throw new AppError('masks-missing', `none of ${films} has a mask of ${targets.join(' or ')}.`);
  }
}

/** What one draw of labelled patients lets a decoder see. */
export interface MaskDraw {
  readonly index: number;
  readonly fit: Uint32Array;
  /** Films that decide when to stop; null trains to the last epoch. */
  readonly val: Uint32Array | null;
  readonly test: Uint32Array;
}

/** Draws by patient as evaluations of findings have them, each with a film with a mask and, where there are any, one without. */
export function drawMasks(
  { table, rows }: Pick<MaskedFilms, 'table' | 'rows'>,
  config: Pick<Config, 'labelShare' | 'labelDraws' | 'seed'>,
): { draws: readonly MaskDraw[]; validation: ValidationSource } {
  const usable = countFilms(table, rows.val, 0).positives > 0;
  let validation: ValidationSource = usable ? 'split' : 'carved';
  const draws = Array.from(
    { length: config.labelShare < 1 ? config.labelDraws : 1 },
    (_, index): MaskDraw => {
      const rng = new Rng(config.seed, 'share', index);
      const labelled = drawShare(table, rows.train, [0], config.labelShare, rng);
      const common = { index, test: rows.test };
      if (usable) return { ...common, fit: labelled, val: rows.val };
      const carved = carveValidation(table, labelled, [0], rng);
      if (carved) return { ...common, ...carved };
      validation = 'none';
      return { ...common, fit: labelled, val: null };
    },
  );
  return { draws, validation };
}
