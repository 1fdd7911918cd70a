// What readers drew on a film: boxes and masks. Kept as the label file has them, in the pixels of the frame they
// were drawn in, and turned to shares of the film only when somebody looks. SIIM-ACR's run lengths are decoded here.

import type { FilmMark, FilmMarks } from '../protocol/film.ts';
import { AppError } from '../util/errors.ts';

/** A mark as read; `frame` is the width and height it is measured in, null for the film's own. */
export type RawMark = RawBox | RawMask;

export interface RawBox {
  readonly kind: 'box';
  readonly finding: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  readonly reader: string;
  readonly frame: readonly [number, number] | null;
}

export interface RawMask {
  readonly kind: 'mask';
  readonly finding: string;
  /** SIIM-ACR: pairs of gap and length down the columns of the frame. */
  readonly runs: string;
  readonly frame: readonly [number, number];
}

/** SIIM-ACR masks and NIH and RSNA boxes are drawn in this frame, whatever size the films were saved at. */
export const FRAME_1024 = [1024, 1024] as const;

/**
 * SIIM-ACR runs as start and length pairs, starts absolute. Each start in the file is measured from the end of the
 * run before; the first is an absolute position from 0, counted down the columns from the top left.
 * @throws AppError labels-unreadable when they are no pairs of whole numbers, or leave the frame
 */
export function readRuns(text: string, pixels: number): Uint32Array {
  const numbers = text.trim().split(/\s+/).map(Number);
  const whole = numbers.every((value) => Number.isInteger(value) && value >= 0);
  if (numbers.length % 2 !== 0 || !whole)
    throw new AppError('labels-unreadable', 'run lengths come in pairs.');
  const runs = new Uint32Array(numbers.length);
  let end = 0;
  for (let i = 0; i < numbers.length; i += 2) {
    runs[i] = end + numbers[i]!;
    runs[i + 1] = numbers[i + 1]!;
    end = runs[i]! + runs[i + 1]!;
    if (end > pixels) throw new AppError('labels-unreadable', 'a run leaves the frame.');
  }
  return runs;
}

/** Sets the pixels of the runs in a row-major mask of the frame. */
function paintRuns(mask: Uint8Array, runs: Uint32Array, width: number, height: number): void {
  for (let i = 0; i < runs.length; i += 2) {
    const end = runs[i]! + runs[i + 1]!;
    for (let at = runs[i]!; at < end; at++) mask[(at % height) * width + Math.floor(at / height)] = 1;
  }
}

/** Boxes and masks of one film as shares of its sides. @param width of the original film, px */
export function marksOf(raw: readonly RawMark[], width: number, height: number): FilmMarks {
  const boxes = raw.filter((mark) => mark.kind === 'box');
  const drawn = boxes.map((box): FilmMark => {
    const [across, down] = box.frame ?? [width, height];
    return {
      finding: box.finding,
      reader: box.reader,
      x: box.x / across,
      y: box.y / down,
      width: box.width / across,
      height: box.height / down,
    };
  });
  const masks = new Map<string, RawMask[]>();
  for (const mark of raw) {
    if (mark.kind === 'mask') masks.set(mark.finding, [...(masks.get(mark.finding) ?? []), mark]);
  }
  return { boxes: drawn, masks: [...masks].map(([finding, parts]) => joinMasks(finding, parts)) };
}

/** The union of the masks of a finding, at a size a page can draw. */
function joinMasks(finding: string, parts: readonly RawMask[]): FilmMarks['masks'][number] {
  const [width, height] = parts[0]!.frame;
  const bytes = new Uint8Array(width * height);
  for (const { runs } of parts) paintRuns(bytes, readRuns(runs, width * height), width, height);
  return { finding, width, height, bytes };
}
