// Invented pictures of a film for the scripted engine: its two views, its gates, where a layer looks, the films of a step. They serve development and
// tests of the page, never a result.

import type { Config } from '../config/schema.ts';
import { methodOf } from '../methods/records.ts';
import type { GateMaps, StepAgain, ViewFacts, ViewPair } from '../protocol/engine.ts';
import { CLASS_LOOK, type ClassMap, type DrawnMask, type Look } from '../protocol/looks.ts';
import { Rng } from '../util/rng.ts';
import { drawFilm } from './films.ts';

const VIEW_SIDE = 64;
const PLANE = 256;

/** @param drawn side of the film that is drawn for it */
export function fakeViews(film: number, step: number, drawn = PLANE): ViewPair {
  const size = VIEW_SIDE;
  const view = (which: number) => {
    const rng = new Rng(film, 'view1', step, which);
    const gain = rng.uniform(0.7, 1.3);
    const mirror = rng.chance(0.5);
    const zoom = rng.uniform(0.55, 0.95);
    const source = drawFilm(film, drawn, drawn);
    const [left, top] = [rng.uniform(0, 1 - zoom), rng.uniform(0, 1 - zoom)];
    return Uint8Array.from({ length: size * size }, (_, i) => {
      const x = mirror ? size - 1 - (i % size) : i % size;
      const at = (place: number, offset: number) => Math.floor((offset + (zoom * place) / size) * drawn);
      return Math.min(255, gain * source[at(Math.floor(i / size), top) * drawn + at(x, left)]!);
    });
  };
  return { size, view1: view(1), view2: view(2) };
}

export function fakeClassMap(film: number, finding: string, look: Look = CLASS_LOOK): ClassMap {
  const size = VIEW_SIDE;
  const rng = new Rng(film, 'view1', finding.length);
  const peak = [rng.uniform(0.25, 0.75), rng.uniform(0.3, 0.7)] as const;
  const map = Float32Array.from({ length: size * size }, (_, i) => {
    const [x, y] = [((i % size) + 0.5) / size - peak[0], (Math.floor(i / size) + 0.5) / size - peak[1]];
    return 0.4 * Math.exp(-30 * (x * x + y * y));
  });
  return { finding, look, places: [2, 2], size, map, peak, logit: 1.2 };
}

export function fakeGates(film: number): GateMaps {
  const levels = [32, 16, 8, 4, 2].map((side, level) => {
    const rng = new Rng(film, 'view2', level);
    const [cx, cy] = [rng.uniform(0.25, 0.75), rng.uniform(0.3, 0.7)];
    const gate = Float32Array.from({ length: side * side }, (_, i) => {
      const dx = ((i % side) + 0.5) / side - cx;
      const dy = (Math.floor(i / side) + 0.5) / side - cy;
      return 0.25 + 0.6 * Math.exp(-8 * (dx * dx + dy * dy)) + 0.05 * rng.normal();
    });
    return { side, gate };
  });
  return { levels };
}

function fakeFacts(film: number, step: number, which: number): ViewFacts {
  const rng = new Rng(film, 'view2', step, which);
  const side = Math.round(PLANE * rng.uniform(0.55, 0.95));
  return {
    box: { top: rng.int(PLANE - side), left: rng.int(PLANE - side), width: side, height: side },
    flip: rng.chance(0.5),
    rotation: 0,
    jitter: rng.chance(0.6) ? [{ op: 'contrast', factor: rng.uniform(0.7, 1.3) }] : [],
    sigma: rng.chance(0.5) ? rng.uniform(0.1, 2) : null,
    solarise: false,
  };
}

export function fakeStepAgain(
  step: number,
  weightsOf: number,
  all: number,
  config: Pick<Config, 'batchSize' | 'method' | 'seed'>,
): StepAgain {
  const count = Math.min(config.batchSize, all);
  const order = new Rng(config.seed, 'order', step).permutation(all);
  const films = order.subarray(0, count).slice();
  const views = Array.from(films, (film) => fakeViews(film, step, VIEW_SIDE));
  const pictures = new Uint8Array(2 * count * VIEW_SIDE ** 2);
  views.forEach(({ view1, view2 }, i) => {
    pictures.set(view1, i * VIEW_SIDE ** 2);
    pictures.set(view2, (count + i) * VIEW_SIDE ** 2);
  });
  const heads = Object.keys(methodOf(config).heads);
  const distances = heads.map((name, head) => {
    return [name, Float32Array.from(films, (film) => new Rng(film, 'view1', step, head).uniform() ** 3)];
  });
  return {
    step,
    weightsOf,
    epoch: Math.floor((step * count) / all),
    films,
    views: Array.from(films, (film) => [fakeFacts(film, step, 1), fakeFacts(film, step, 2)]),
    sizes: Array.from(films, () => [PLANE, PLANE]),
    side: VIEW_SIDE,
    pictures,
    distances: Object.fromEntries(distances),
  };
}

/** Two discs that nearly meet, on every other film. */
export function fakeMask(film: number): DrawnMask | null {
  if (film % 2 === 1) return null;
  const side = 64;
  const disc = (x: number, y: number, radius: number) =>
    Uint8Array.from({ length: side * side }, (_, at) =>
      Number(Math.hypot((at % side) - x, Math.floor(at / side) - y) < radius),
    );
  return { targets: ['Effusion', 'Opacity'], side, drawn: disc(24, 36, 9), truth: disc(22, 38, 10) };
}
