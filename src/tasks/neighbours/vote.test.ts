// The vote against recorded neighbours and scores, and what those do not hold: unknown labels, few films, no features.

import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readSafetensors } from '../../util/safetensors.ts';
import { auroc } from '../scores/auroc.ts';
import { bankOf, nearest, vote } from './vote.ts';

const FOLDER = new URL('../../../../shared/parity-methods/', import.meta.url);
interface Recorded {
  readonly name: string;
  readonly file: string;
  readonly config: { train: number; test: number; D: number; k: number; temperature: number };
  readonly values_f64: { auroc: number };
}
const recorded: Recorded[] = existsSync(FOLDER)
  ? JSON.parse(readFileSync(new URL('neighbours.json', FOLDER), 'utf8')).fixtures
  : [];

describe.skipIf(recorded.length === 0)('recorded votes (skipped without ../shared/parity-methods)', () => {
  it.each(recorded)('$name', ({ file, config, values_f64 }) => {
    const { tensors } = readSafetensors(new Uint8Array(readFileSync(new URL(file, FOLDER))));
    const numbers = (name: string) => Array.from(tensors.get(name)!.data, Number);
    const [train, test] = [Float32Array.from(numbers('train')), Float32Array.from(numbers('test'))];
    const labels = numbers('train_labels');
    const bank = bankOf(
      train,
      config.D,
      Uint32Array.from({ length: config.train }, (_, i) => i),
    );
    const wanted = numbers('neighbours');
    const wantedScores = numbers('scores');
    const scores = Array.from({ length: config.test }, (_, film) => {
      const found = nearest(bank, test, film, config.k);
      expect([...found.places]).toEqual(wanted.slice(film * config.k, (film + 1) * config.k));
      return vote(found, config.temperature, (place) => labels[place]!)!;
    });
    for (const [i, score] of scores.entries()) expect(score).toBeCloseTo(wantedScores[i]!, 10);
    expect(auroc(scores, numbers('test_labels'))).toBeCloseTo(values_f64.auroc, 12);
  });
});

describe('the vote', () => {
  const features = Float32Array.of(1, 0, 0, 1, 1, 1, 0, 0, -1, 0);
  const bank = bankOf(features, 2, Uint32Array.of(4, 1, 2, 3));

  it('searches the films of the bank alone, and gives all where there are fewer than asked for', () => {
    const found = nearest(bank, features, 0, 9);
    expect([...found.places]).toEqual([2, 1, 3, 0]);
    expect(found.cosines[0]).toBeCloseTo(Math.SQRT1_2, 7);
    expect([...nearest(bank, features, 0, 1).places]).toEqual([2]);
  });
  it('leaves out neighbours whose label is unknown', () => {
    const found = nearest(bank, features, 0, 2);
    expect(vote(found, 0.1, (place) => (place === 2 ? 255 : 1))).toBe(1);
    expect(vote(found, 0.1, () => 255)).toBeNull();
  });
  it('stays a number at the smallest temperature', () => {
    expect(vote(nearest(bank, features, 2, 4), 0.001, (place) => place % 2)).toBeCloseTo(0, 12);
  });
});
