// One film as a reader of films looks at it: levels at full resolution with the contrast the file asks for, its tags, and
// the boxes and masks that were drawn on it. Asked for one at a time; nothing of it is kept beyond the window it is shown in.

import type { ErrorCode } from '../util/errors.ts';
import type { ImageFormat, Taking } from './dataset.ts';

export interface TagRow {
  /** e.g. (0010,0010) */
  readonly tag: string;
  readonly name: string;
  /** Two letters, empty where the file does not say and the tag is not known. */
  readonly vr: string;
  /** Plain text, cut where it is long; to be shown as text and never as markup. */
  readonly value: string;
  /** Names the patient or leads to a name (PS3.15 annex E). */
  readonly identifying: boolean;
}

export interface ContrastWindow {
  readonly name: string;
  /** In modality values. */
  readonly center: number;
  readonly width: number;
}

export interface FilmView {
  /** Of the picture below; the film itself may be larger. */
  readonly width: number;
  readonly height: number;
  /** Of the film in the file, px: what boxes and masks are given in. */
  readonly originalWidth: number;
  readonly originalHeight: number;
  /** Height of a pixel over its width. */
  readonly pixelAspect: number;
  readonly format: ImageFormat;
  /** width * height, row-major. */
  readonly levels: Uint16Array;
  /** Per level: its modality value, whether it lies outside the picture, and its grey as the file asks. */
  readonly modality: Float32Array;
  readonly padding: Uint8Array;
  readonly table: Uint8Array;
  /** MONOCHROME1: large values are dark. */
  readonly inverted: boolean;
  /** How the contrast of the table came about, in words. */
  readonly contrast: string;
  /** Windows the file offers, or the one found; the first is where moving the window starts. */
  readonly windows: readonly [ContrastWindow, ...ContrastWindow[]];
  readonly taking?: Taking;
  readonly note?: string;
  /** How the pixels are packed, e.g. JPEG 2000 lossless. */
  readonly packing?: string;
  readonly tags: readonly TagRow[];
  /** Tags beyond those listed. */
  readonly moreTags: number;
}

/** Stored values of a file as numbers; see the runner's `decode`. */
export interface StoredFacts {
  /** UID of a DICOM file, the format of any other. */
  readonly transferSyntax: string;
  readonly rows: number;
  readonly cols: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Over the values as little-endian words, 8, 16 or 32 bits wide after the bits allocated. */
  readonly sha256: string;
}

/** A line of the runner's `decode`: facts, or why there are none. */
export interface StoredRow {
  /** Path below the folder. */
  readonly file: string;
  readonly ok: boolean;
  readonly transferSyntax: string | null;
  readonly rows: number | null;
  readonly cols: number | null;
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly sha256: string | null;
  readonly code: ErrorCode | null;
  readonly reason: string | null;
}

export interface StoredReading {
  readonly workers: number;
  readonly seconds: number;
}

/** A box in shares of the film's sides, 0..1, from the top left. */
export interface FilmMark {
  readonly finding: string;
  /** Who drew it; empty where the file does not say. */
  readonly reader: string;
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface FilmMask {
  readonly finding: string;
  readonly width: number;
  readonly height: number;
  /** width * height, row-major, 1 inside; covers the whole film. */
  readonly bytes: Uint8Array;
}

export interface FilmMarks {
  readonly boxes: readonly FilmMark[];
  readonly masks: readonly FilmMask[];
}
