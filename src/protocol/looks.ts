// What an evaluation says of single films: the scores of those it tested, and where on a film it looks, in each of the ways in which
// that may be asked.

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

/** What may be laid over a film, with what it shows and what it does not. */
export const LOOK_KINDS = {
  class: {
    label: 'Class map',
    shows:
      "It is exact: what each place of the encoder's last map adds to the layer's logit, where that is above 0.",
    levels: false,
    ofFinding: true,
  },
  grad: {
    label: 'Grad-CAM',
    shows:
      "Each channel of the level counts by the mean gradient of the finding's logit over its places, and what is above 0 is drawn. At level 5 that is the class map; below, a mean stands for gradients that differ from place to place, so it is a summary and no part of the logit.",
    levels: true,
    ofFinding: true,
  },
  gate: {
    label: 'Gate',
    shows:
      'The spatial gate of the level: what share of the map goes on to the next level, for every finding alike.',
    levels: true,
    ofFinding: false,
  },
} as const;
export type LookKind = keyof typeof LOOK_KINDS;
export const LOOK_NAMES = Object.keys(LOOK_KINDS) as LookKind[];

/** What such maps do not prove, whatever the way. */
export const NO_PROOF =
  "Such a map shows where the encoder's maps speak for the finding, not why, nor that the finding is there: a place sees far around itself, and an encoder that relies on a marker or on the body's outline lights up there.";

export interface Look {
  readonly kind: LookKind;
  /** 1 to 5; a class map is always of the last. */
  readonly level: number;
}

export const CLASS_LOOK: Look = { kind: 'class', level: 5 };

/** Where the linear layer of an evaluation looks on one film, size * size values from the top left; nothing is below 0. */
export interface ClassMap {
  readonly finding: string;
  readonly look: Look;
  /** Height and width of the encoder's map, from which it was enlarged. */
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
