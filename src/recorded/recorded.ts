// The runs that ship with the app, read when one is wanted. They are parts of the program, as its texts are: nothing is asked of
// a server for them, and what is read is checked as any run file is.

import { AppError } from '../util/errors.ts';
import { readSafetensors } from '../util/safetensors.ts';
import { readRunFile } from '../vault/readRunFile.ts';
import type { RunFile } from '../vault/runFile.ts';
import type { RecordedName } from './table.ts';

const FILES = import.meta.glob<string>('./*.{mlvicx.zip,safetensors}', {
  query: '?inline',
  import: 'default',
});

/** Whether this build has it. */
export const hasRecorded = (name: RecordedName): boolean => Object.hasOwn(FILES, `./${name}.mlvicx.zip`);

/** @throws AppError internal where the build lacks it */
async function bytesOf(file: string): Promise<Uint8Array<ArrayBuffer>> {
  const load = FILES[`./${file}`];
  if (!load) throw new AppError('internal', `${file} is not part of this build.`);
  const address = await load();
  const text = atob(address.slice(address.indexOf(',') + 1));
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

const read = new Map<RecordedName, Promise<RunFile>>();

/** A recorded run, whole. @throws AppError internal, run-file-invalid */
export function recordedRun(name: RecordedName): Promise<RunFile> {
  const known = read.get(name) ?? bytesOf(`${name}.mlvicx.zip`).then(readRunFile);
  read.set(name, known);
  return known;
}

/** A grey picture of the lessons. */
export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

/** The two pictures of every pair of the quiz. @throws AppError internal */
export async function recordedPairs(): Promise<readonly (readonly [GreyPicture, GreyPicture])[]> {
  const { tensors } = readSafetensors(await bytesOf('pairs.safetensors'));
  const { shape, data } = tensors.get('views')!;
  const [pairs = 0, , side = 0] = shape;
  const picture = (at: number): GreyPicture => ({
    width: side,
    height: side,
    bytes: (data as Uint8Array).slice(at * side * side, (at + 1) * side * side),
  });
  return Array.from({ length: pairs }, (_, i) => [picture(2 * i), picture(2 * i + 1)] as const);
}

/** The class map of the marked set's finding, and the film under it. @throws AppError internal */
export async function recordedMap(): Promise<{ film: GreyPicture; side: number; map: Float32Array }> {
  const { tensors } = readSafetensors(await bytesOf('map.safetensors'));
  const [film, map] = [tensors.get('film')!, tensors.get('map')!];
  const [height = 0, width = 0] = film.shape;
  return {
    film: { width, height, bytes: film.data as Uint8Array },
    side: map.shape[0]!,
    map: map.data as Float32Array,
  };
}
