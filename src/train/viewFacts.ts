// What a method may want to know of the views of a step beside their pixels, as numbers for each view: labels of its film, or
// where it lies in it. A function of the set, the films and the step alone, so that a step that is taken again knows the same.

import type { Config } from '../config/schema.ts';
import type { ViewRecord } from '../gpu/kernels/views/viewInput.ts';
import type { ViewFacts } from '../methods/engine.ts';
import { type EngineDataset, LABEL_NEGATIVE, LABEL_POSITIVE } from '../protocol/dataset.ts';
import { AppError } from '../util/errors.ts';
import { viewsOf } from './viewRenderer.ts';

type Tables = Pick<EngineDataset, 'widths' | 'heights' | 'labels' | 'findings'>;

export interface Wanted {
  readonly kind: ViewFacts['kind'];
  readonly columns: number;
}

const UNKNOWN = -1;

/** Of both views of the films of a step, view 1 of every film first: [2N, columns]. */
export function factsOf(
  { kind, columns }: Wanted,
  tables: Tables,
  films: Uint32Array,
  step: number,
  config: Config,
): Float32Array {
  const pairs = Array.from(films, (film): readonly (readonly number[])[] => {
    if (kind === 'location') return viewsOf(tables, film, step, config).map(locationOf);
    const labels = labelsOf(tables, film, columns);
    return [labels, labels];
  });
  return Float32Array.from([0, 1].flatMap((view) => pairs.flatMap((pair) => pair[view]!)));
}

/** Findings beyond those of the set are not known. */
function labelsOf({ labels, findings }: Tables, film: number, columns: number): number[] {
  return Array.from({ length: columns }, (_, k) => {
    const label = k < findings.length ? labels[film * findings.length + k] : undefined;
    return label === LABEL_POSITIVE ? 1 : label === LABEL_NEGATIVE ? 0 : UNKNOWN;
  });
}

/**
 * Where in the film, in pixels, a view shows its point (u, v), both from 0 to 1: x = [0] + u [1] + v [2], y = [3] + u [4] + v [5].
 * The view was cut out, mirrored and turned about its middle, in this order.
 */
export function locationOf({ box, flip, rotation = 0 }: ViewRecord): number[] {
  const angle = (rotation * Math.PI) / 180;
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const width = flip ? -box.width : box.width;
  const across = [width * cosine, -width * sine] as const;
  const along = [box.height * sine, box.height * cosine] as const;
  const from = (middle: number, [u, v]: readonly [number, number]) => middle - (u + v) / 2;
  return [from(box.left + box.width / 2, across), ...across, from(box.top + box.height / 2, along), ...along];
}

/** A view that covers most of a film a hundred pixels wide, upright. */
const SAMPLE_BOX = [9, 77, 3, 11, -2, 81];

/** Made-up facts for steps without films, those of the self-test and of tests; null where none are wanted. */
export function sampleFacts(wanted: Wanted | null, views: number): Float32Array | null {
  if (!wanted) return null;
  const { kind, columns } = wanted;
  return Float32Array.from({ length: views * columns }, (_, i) => {
    const [view, column] = [Math.floor(i / columns), i % columns];
    return kind === 'labels'
      ? [1, 0, UNKNOWN, 1, 0][(view + 3 * column) % 5]!
      : SAMPLE_BOX[column]! * (1 + 0.07 * ((view * 5 + column) % 7));
  });
}

/** @throws AppError labels-missing, config-invalid where a set cannot be learnt from its labels */
export function refuseLabels(
  { findings, labels, splits }: Pick<EngineDataset, 'findings' | 'labels' | 'splits'>,
  outputs: number,
): void {
  if (findings.length === 0)
    throw new AppError('labels-missing', 'supervised training learns from findings, the set has none.');
  if (findings.length > outputs) {
    throw new AppError(
      'config-invalid',
      `classifierOutputs = ${outputs}, but the set has ${findings.length} findings; as many or more are needed.`,
    );
  }
  const known = (film: number) =>
    findings.some((_, k) => {
      const label = labels[film * findings.length + k];
      return label === LABEL_POSITIVE || label === LABEL_NEGATIVE;
    });
  if (!splits.some((split, film) => split === 0 && known(film))) {
    throw new AppError('labels-missing', 'no film of the training part has a label that is known.');
  }
}
