// Boxes and masks of one film as the page draws them. They stay in the intake worker and are asked for film by film.

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
