// What an evaluation says of single films: the scores of those it tested, and where on a film it looks.

import type { EncoderName } from '../tasks/compared/record.ts';

/** What an evaluation says of every test film. */
export interface Predictions {
  readonly findings: readonly string[];
  /** Places in the set. */
  readonly films: Uint32Array;
  /** films x findings, row-major: 0, 1, or 255 where not known. */
  readonly labels: Uint8Array;
  /** films x findings; only their order matters. Means over label draws, and over the random encoders. */
  readonly scores: Readonly<Record<EncoderName, Float64Array>>;
}

/** Where the linear layer of an evaluation looks on one film, size * size values from the top left; nothing is below 0. */
export interface ClassMap {
  readonly finding: string;
  /** Height and width of the encoder's last map, from which it was enlarged. */
  readonly places: readonly [number, number];
  readonly size: number;
  readonly map: Float32Array;
  /** The middle of the place where it is largest, in shares of the film's width and height. */
  readonly peak: readonly [number, number];
  /** What the layer says of the film. */
  readonly logit: number;
}

/** What a decoder draws on a test film and what is drawn there by readers, side * side values from the top left, 1 inside. */
export interface DrawnMask {
  /** Findings that the masks are of, together. */
  readonly targets: readonly string[];
  readonly side: number;
  readonly drawn: Uint8Array;
  readonly truth: Uint8Array;
}
