// A decoder's training as it is kept (../trainings.ts): one that is over by how well its masks meet the true ones, one under way by
// everything that its next step depends on. Masks themselves are kept where they are shown: those of a large set are many bytes.

import type { NamedTensors } from '../../checkpoint/stateDict.ts';
import type { StoredTensor, WritableDtype } from '../../util/safetensors.ts';
import { count, type InferOutput, nullable, number, object, read, Unfit } from '../../util/schema.ts';
import { storedAs, storedUnder } from '../networkState.ts';
import type { Stored } from '../trainings.ts';
import type { Overlap } from './overlap.ts';

const BEST = object({ bestEpoch: count, loss: number });

/** The epoch with the lowest loss on the validation films. */
export interface Best extends InferOutput<typeof BEST> {
  /** And running statistics, as they were then. */
  readonly weights: NamedTensors;
}

export interface Progress {
  /** Steps taken. */
  readonly step: number;
  readonly best: Best | null;
  readonly segmenter: NamedTensors;
}

const PROGRESS = object({ step: count, best: nullable(BEST) });

/** What a training came to. */
export interface Trained {
  /** Counted from 1. */
  readonly bestEpoch: number;
  /** Of each test film in the order of the draw. */
  readonly overlaps: readonly Overlap[];
  /** What is drawn on each, as bits; null where nobody is shown. */
  readonly masks: readonly Uint8Array[] | null;
}

const TRAINED = object({ bestEpoch: count });

const SEGMENTER = 'segmenter.';
const BEST_WEIGHTS = 'best.';
const OVERLAPS = 'overlaps';
const MASKS = 'masks';
/** Both, drawn and there. */
const COUNTS = 3;

export function storedProgress({ step, best, segmenter }: Progress): Stored {
  const { weights, ...facts } = best ?? { weights: new Map() };
  const tensors = new Map([...storedAs(SEGMENTER, segmenter), ...storedAs(BEST_WEIGHTS, weights)]);
  return { facts: { step, best: best && facts }, tensors };
}

/** @throws Unfit */
export function readProgress(stored: Stored): Progress {
  const { step, best } = read(PROGRESS, stored.facts, 'the training of the decoder');
  return {
    step,
    best: best && { ...best, weights: storedUnder(BEST_WEIGHTS, stored) },
    segmenter: storedUnder(SEGMENTER, stored),
  };
}

export function storedTrained({ bestEpoch, overlaps, masks }: Trained): Stored {
  const counts = Uint32Array.from(overlaps.flatMap(({ both, drawn, there }) => [both, drawn, there]));
  const tensors = new Map<string, StoredTensor<WritableDtype>>([
    [OVERLAPS, { dtype: 'U32', shape: [overlaps.length, COUNTS], data: counts }],
  ]);
  if (masks) {
    const bytes = masks[0]?.length ?? 0;
    const data = new Uint8Array(masks.length * bytes);
    for (const [i, mask] of masks.entries()) data.set(mask, i * bytes);
    tensors.set(MASKS, { dtype: 'U8', shape: [masks.length, bytes], data });
  }
  return { facts: { bestEpoch }, tensors };
}

/** @throws Unfit */
export function readTrained({ facts, tensors }: Stored): Trained {
  const counts = Array.from(tensors.get(OVERLAPS)?.data ?? [], Number);
  const overlaps = Array.from({ length: counts.length / COUNTS }, (_, film): Overlap => {
    const at = film * COUNTS;
    return { both: counts[at]!, drawn: counts[at + 1]!, there: counts[at + 2]! };
  });
  return {
    ...read(TRAINED, facts, 'the training of the decoder'),
    overlaps,
    masks: masksIn(tensors.get(MASKS)),
  };
}

function masksIn(stored: StoredTensor | undefined): Uint8Array[] | null {
  if (!stored) return null;
  const { data, shape } = stored;
  const [films, bytes] = shape as [number, number];
  if (!(data instanceof Uint8Array)) throw new Unfit('masks are bytes');
  return Array.from({ length: films }, (_, film) => data.subarray(film * bytes, (film + 1) * bytes));
}
