// What the view kernels read: films packed four pixels to a word, and one row of 16 words of parameters per view.
// Whole numbers are stored as integers by their bits, so a film may begin anywhere in a large buffer.
// Pure packing; which views are wanted is drawn elsewhere.

/** One view to render. ViewParameters of the data folder has this form. */
export interface ViewRecord {
  readonly box: {
    readonly top: number;
    readonly left: number;
    readonly height: number;
    readonly width: number;
  };
  readonly flip: boolean;
  /** Degrees, counter-clockwise as the view is seen, after the flip; left out: none. */
  readonly rotation?: number;
  /** At most one brightness and one contrast operation, in order. */
  readonly jitter: readonly { readonly op: 'brightness' | 'contrast'; readonly factor: number }[];
  readonly sigma: number | null;
  readonly solarise: boolean;
}

/** Where a film lies in the packed planes. */
export interface FilmPlace {
  /** In words. */
  readonly offset: number;
  readonly width: number;
  readonly height: number;
}

/** Words per view, and the word of each value. Counts and flags are integers, the rest float32. */
export const PARAMETER_WORDS = 16;
export const SLOT = {
  offset: 0,
  width: 1,
  height: 2,
  top: 3,
  left: 4,
  boxHeight: 5,
  boxWidth: 6,
  flip: 7,
  /** Brightness factor before the contrast operation; 1 changes nothing. */
  brightnessBefore: 8,
  contrast: 9,
  brightnessAfter: 10,
  /** 0 is no blur. */
  sigma: 11,
  solarise: 12,
  /** Sine of the rotation, and 1 less its cosine: both 0 where nothing turns. */
  sine: 13,
  versine: 14,
} as const;

/** Words that a film takes: every row begins a new word. */
export const planeWords = (width: number, height: number) => Math.ceil(width / 4) * height;

/** A rows x params block for packViewParameters, the bits of which survive upload and read-back. */
export function packViewParameters(
  list: readonly { readonly film: FilmPlace; readonly view: ViewRecord }[],
  into: Float32Array = new Float32Array(list.length * PARAMETER_WORDS),
): Float32Array {
  const integers = new Int32Array(into.buffer, into.byteOffset, into.length);
  list.forEach(({ film, view }, row) => {
    const at = row * PARAMETER_WORDS;
    integers.fill(0, at, at + PARAMETER_WORDS);
    integers[at + SLOT.offset] = film.offset;
    integers[at + SLOT.width] = film.width;
    integers[at + SLOT.height] = film.height;
    integers[at + SLOT.top] = view.box.top;
    integers[at + SLOT.left] = view.box.left;
    integers[at + SLOT.boxHeight] = view.box.height;
    integers[at + SLOT.boxWidth] = view.box.width;
    integers[at + SLOT.flip] = Number(view.flip);
    integers[at + SLOT.solarise] = Number(view.solarise);
    const contrast = view.jitter.findIndex((step) => step.op === 'contrast');
    const brightness = view.jitter.findIndex((step) => step.op === 'brightness');
    const factor = (index: number) => view.jitter[index]?.factor ?? 1;
    const before = contrast < 0 || brightness < contrast;
    into[at + SLOT.brightnessBefore] = before ? factor(brightness) : 1;
    into[at + SLOT.contrast] = factor(contrast);
    into[at + SLOT.brightnessAfter] = before ? 1 : factor(brightness);
    into[at + SLOT.sigma] = view.sigma ?? 0;
    const angle = ((view.rotation ?? 0) * Math.PI) / 180;
    into[at + SLOT.sine] = Math.sin(angle);
    into[at + SLOT.versine] = 1 - Math.cos(angle);
  });
  return into;
}

/** The view that shows the whole film, squared: the evaluation transform. */
export function wholeFilm(width: number, height: number, flip = false): ViewRecord {
  return { box: { top: 0, left: 0, width, height }, flip, jitter: [], sigma: null, solarise: false };
}

export interface PackedPlanes {
  /** `into` where given; used up to usedWords. */
  readonly words: Int32Array;
  readonly usedWords: number;
  readonly films: FilmPlace[];
}

/**
 * Films one after the other, rows padded to whole words. `into` is reused where it is given and must be long enough;
 * padding keeps whatever stood there, for nothing reads it with a weight other than zero.
 */
export function packPlanes(
  planes: readonly Uint8Array[],
  widths: ArrayLike<number>,
  heights: ArrayLike<number>,
  into?: Int32Array,
): PackedPlanes {
  const films: FilmPlace[] = [];
  let usedWords = 0;
  for (let i = 0; i < planes.length; i++) {
    const width = widths[i]!;
    const height = heights[i]!;
    films.push({ offset: usedWords, width, height });
    usedWords += planeWords(width, height);
  }
  const words = into ?? new Int32Array(usedWords);
  if (words.length < usedWords) throw new Error(`planes need ${usedWords} words, ${words.length} are there`);
  const bytes = new Uint8Array(words.buffer, words.byteOffset, words.byteLength);
  films.forEach(({ offset, width, height }, i) => {
    const plane = planes[i]!;
    const stride = Math.ceil(width / 4) * 4;
    if (stride === width) {
      bytes.set(plane, offset * 4);
      return;
    }
    for (let y = 0; y < height; y++) {
      bytes.set(plane.subarray(y * width, (y + 1) * width), offset * 4 + y * stride);
    }
  });
  return { words, usedWords, films };
}
