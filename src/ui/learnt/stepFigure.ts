// A step again in words and numbers: how each view was made, what share of the distance between views each film has, which pair is
// the hardest, and the picture and table of all of them. Nothing here touches the DOM.

import type { StepAgain, ViewFacts } from '../../protocol/engine.ts';
import { formatCount, formatFigure } from '../../util/format.ts';
import type { Figure } from './figures.ts';

const percent = (share: number) => `${(100 * share).toFixed(0)} %`;

/** Where the middle of a view lies in its film. */
function placeWords({ box }: ViewFacts, [width, height]: readonly [number, number]): string {
  const third = (place: number) => (place < 0.4 ? 0 : place > 0.6 ? 2 : 1);
  const down = third((box.top + box.height / 2) / height);
  const across = third((box.left + box.width / 2) / width);
  if (down === 1 && across === 1) return 'in the middle';
  if (across === 1) return `at the ${down === 0 ? 'top' : 'bottom'}`;
  const side = across === 0 ? 'left' : 'right';
  return `at the ${['upper ', '', 'lower '][down]}${side}`;
}

/** How a view was made of its film, in the order in which it was. */
export function viewWords(view: ViewFacts, size: readonly [number, number]): string {
  const { box, flip, rotation = 0, jitter, sigma, solarise } = view;
  const area = (box.width * box.height) / (size[0] * size[1]);
  const words = [
    `${percent(area)} of the film ${placeWords(view, size)}`,
    flip ? 'mirrored' : '',
    rotation === 0 ? '' : `turned by ${rotation.toFixed(1)}°`,
    ...jitter.map(({ op, factor }) => `${op} × ${factor.toFixed(2)}`),
    sigma === null ? '' : `blurred, σ ${sigma.toFixed(1)} px`,
    solarise ? 'solarised' : '',
  ];
  return words.filter((word) => word !== '').join(', ');
}

/** Each film's share of all distances, 1 together; all 0 where nothing is apart. */
export function sharesOf(distances: Float32Array): Float64Array {
  const all = distances.reduce((sum, one) => sum + one, 0);
  return Float64Array.from(distances, (one) => (all > 0 ? one / all : 0));
}

/** Places in the batch, the hardest pair first. */
export const hardestFirst = (distances: Float32Array): number[] =>
  [...distances.keys()].sort((a, b) => distances[b]! - distances[a]! || a - b);

/** By which weights, in words: those of the step itself, or which others. */
export function weightsWords({ step, weightsOf }: Pick<StepAgain, 'step' | 'weightsOf'>): string {
  return step === weightsOf
    ? 'by the weights of that step itself'
    : `by the weights before step ${formatCount(weightsOf)}, the nearest that are kept, not those of the step itself`;
}

export function stepSentence(again: StepAgain, head: string, label: string): string {
  const distances = again.distances[head]!;
  const shares = sharesOf(distances);
  const [hardest = 0] = hardestFirst(distances);
  const even = 1 / Math.max(1, distances.length);
  const mean = distances.reduce((sum, one) => sum + one, 0) * even;
  return `Step ${formatCount(again.step)}, epoch ${again.epoch + 1}: ${again.films.length} films. Films and views are those of the step; how far two views are apart, ${label}, is ${weightsWords(again)}. Mean ${formatFigure(mean)}; the hardest pair, film ${again.films[hardest]! + 1}, has ${percent(shares[hardest] ?? 0)} of it (an even share is ${percent(even)}).`;
}

/** Shares of the films, the hardest first, with the table of all that is known of them. */
export function stepFigure(again: StepAgain, head: string, label: string): Figure {
  const distances = again.distances[head]!;
  const shares = sharesOf(distances);
  const order = hardestFirst(distances);
  const points = order.map((place, i) => [i + 0.5, 100 * shares[place]!] as const);
  const rows = order.map((place) => [
    again.films[place]! + 1,
    distances[place]!,
    shares[place]!,
    ...again.views[place]!.map((view) => viewWords(view, again.sizes[place]!)),
  ]);
  return {
    title: `Step ${formatCount(again.step)}, share of each film, ${label}`,
    sentence: stepSentence(again, head, label),
    x: { label: 'Films, the hardest first', log: false, range: [0, Math.max(1, order.length)] },
    y: { label: 'Share, %', log: false, range: [0, 1.06 * Math.max(1e-9, ...points.map(([, y]) => y))] },
    traces: [{ label: 'Share', kind: 'bars', colour: 'var(--term-blue)', points }],
    table: { columns: ['film', 'distance', 'share', 'view 1', 'view 2'], rows },
    array: {
      shape: [order.length, 3],
      data: Float64Array.from(
        rows.flatMap(([film, distance, share]) => [Number(film), Number(distance), Number(share)]),
      ),
    },
  };
}
