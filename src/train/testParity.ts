// Test helper: reads recorded reference numbers where they are present. Imported by tests only.

import { existsSync, readFileSync } from 'node:fs';
import { readSafetensors } from '../util/safetensors.ts';

const FOLDER = new URL('../../../shared/parity/', import.meta.url);
export const hasParity = existsSync(FOLDER);

/** The fixtures of a kind; none without the folder. */
export function parityFixtures<T>(kind: string): T[] {
  return hasParity ? JSON.parse(readFileSync(new URL(`${kind}.json`, FOLDER), 'utf8')).fixtures : [];
}

export const parityBytes = (file: string) => new Uint8Array(readFileSync(new URL(file, FOLDER)));

export function parityTensors(file: string) {
  const { tensors } = readSafetensors(parityBytes(file));
  const numbers = (name: string): number[] => Array.from(tensors.get(name)!.data, Number);
  return { tensors, numbers };
}

/** ||found - wanted|| / ||wanted|| over a tensor. */
export function relativeDistance(found: ArrayLike<number>, wanted: ArrayLike<number>): number {
  let difference = 0;
  let size = 0;
  for (let i = 0; i < wanted.length; i++) {
    difference += (found[i]! - wanted[i]!) ** 2;
    size += wanted[i]! ** 2;
  }
  return Math.sqrt(difference / size);
}
