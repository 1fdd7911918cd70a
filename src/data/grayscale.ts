// Stored values to 8-bit grey, in the order of DICOM PS3.3 C.11: modality LUT or rescale, then VOI LUT or window
// (or robust percentiles where the file gives neither), then, last, the inversion of MONOCHROME1.
// Pure: works on plain records, knows no file format. Everything happens on a table of at most 65536 levels,
// because an 8-bit result needs no more; pixels only look their level up.

import { applyWindow, isUsableWindow, type Window } from '../util/dicomWindow.ts';

export type StoredValues = Uint8Array | Int8Array | Uint16Array | Int16Array | Uint32Array | Int32Array;

/** A lookup table as DICOM describes it: the first entry belongs to input `first`, outputs use `bits` bits. */
export interface Lut {
  readonly first: number;
  readonly values: Uint8Array | Uint16Array;
  readonly bits: number;
}

/** What a file says about how its stored values are meant to look. */
export interface GreyRecipe {
  readonly rescale: { readonly slope: number; readonly intercept: number } | null;
  readonly modalityLut: Lut | null;
  readonly voiLut: Lut | null;
  readonly window: Window | null;
  /** Stored values outside the picture, inclusive on both ends; shown black, left out of percentiles. */
  readonly padding: { readonly low: number; readonly high: number } | null;
  /** MONOCHROME1: the lowest value is white. */
  readonly inverted: boolean;
}

export type GreyRule = 'voi-lut' | 'window' | 'percentiles';

const LEVELS = 65_536;
/** Shares of the picture that percentile windowing clips at the dark and at the bright end. */
const CLIPPED_SHARE = 0.005;

function lookUp(lut: Lut, x: number): number {
  const index = Math.min(Math.max(Math.round(x) - lut.first, 0), lut.values.length - 1);
  return lut.values[index]!;
}

interface Levels {
  readonly lowest: number;
  /** Stored values per level; 1 unless the values span more than 16 bits. */
  readonly scale: number;
  /** How many pixels have each level. */
  readonly counts: Uint32Array;
}

function countLevels(stored: StoredValues): Levels {
  let lowest = Number.POSITIVE_INFINITY;
  let highest = Number.NEGATIVE_INFINITY;
  for (const value of stored) {
    if (value < lowest) lowest = value;
    if (value > highest) highest = value;
  }
  const span = highest - lowest;
  const scale = span < LEVELS ? 1 : span / (LEVELS - 1);
  const counts = new Uint32Array(Math.min(span + 1, LEVELS));
  for (const value of stored) counts[((value - lowest) / scale + 0.5) | 0]!++;
  return { lowest, scale, counts };
}

/** The values between which all but the clipped shares of the picture lie. */
function percentileWindow(modality: Float64Array, counts: Uint32Array, isPadding: Uint8Array): Window | null {
  const used: number[] = [];
  let total = 0;
  for (let level = 0; level < counts.length; level++) {
    if (!counts[level] || isPadding[level]) continue;
    used.push(level);
    total += counts[level]!;
  }
  used.sort((a, b) => modality[a]! - modality[b]!);
  const quantile = (share: number): number => {
    let seen = 0;
    for (const level of used) {
      seen += counts[level]!;
      if (seen >= share * total) return modality[level]!;
    }
    return Number.NaN;
  };
  const low = quantile(CLIPPED_SHARE);
  const high = quantile(1 - CLIPPED_SHARE);
  if (!(high > low)) return null;
  return { center: (low + high) / 2, width: high - low, shape: 'linear-exact' };
}

/** Whether a table tells any two levels of the picture apart. */
function showsSomething(table: Uint8Array, counts: Uint32Array, isPadding: Uint8Array): boolean {
  let first = -1;
  for (let level = 0; level < table.length; level++) {
    if (!counts[level] || isPadding[level]) continue;
    if (first < 0) first = table[level]!;
    else if (table[level] !== first) return true;
  }
  return false;
}

/** Bits that the largest entry of a table takes; at least 1. */
export function bitsOf(values: Lut['values']): number {
  return 32 - Math.clz32(largestOf(values) || 1);
}

function largestOf(values: Lut['values']): number {
  let largest = 0;
  for (const value of values) if (value > largest) largest = value;
  return largest;
}

/**
 * Full scale of a table of contrast: what its bits allow; where the file overstates them (Agfa CR gives the size of an entry
 * instead), what the bits in use allow; where it understates them, the largest entry.
 */
function fullScale({ bits, values }: Lut): { full: number; doubt: string | null } {
  const said = 2 ** bits - 1;
  const largest = largestOf(values);
  const used = bitsOf(values);
  if (used === bits || largest === 0) return { full: said, doubt: null };
  const full = used < bits ? 2 ** used - 1 : largest;
  return { full, doubt: `its VOI table says ${bits} bits and holds ${used}` };
}

function modalityOf(recipe: GreyRecipe, value: number): number {
  if (recipe.modalityLut) return lookUp(recipe.modalityLut, value);
  return recipe.rescale ? value * recipe.rescale.slope + recipe.rescale.intercept : value;
}

/** Fills the table from the first source of contrast that shows anything at all, and says which it was. */
function chooseContrast(
  recipe: GreyRecipe,
  modality: Float64Array,
  { counts, isPadding }: { counts: Uint32Array; isPadding: Uint8Array },
  table: Uint8Array,
): Pick<Grade, 'rule' | 'window' | 'doubts'> {
  const fill = (grey: (x: number) => number): boolean => {
    for (let level = 0; level < table.length; level++)
      table[level] = Math.round(255 * grey(modality[level]!));
    return showsSomething(table, counts, isPadding);
  };
  const { voiLut, window } = recipe;
  if (voiLut) {
    const { full, doubt } = fullScale(voiLut);
    if (fill((x) => lookUp(voiLut, x) / full)) {
      return { rule: 'voi-lut', window: null, doubts: doubt ? [doubt] : [] };
    }
  }
  if (window && isUsableWindow(window) && fill((x) => applyWindow(window, x)))
    return { rule: 'window', window, doubts: [] };
  const robust = percentileWindow(modality, counts, isPadding);
  if (robust) fill((x) => applyWindow(robust, x));
  else table.fill(recipe.inverted ? 255 : 0);
  const why = voiLut || window ? 'its window shows nothing' : 'the file gives no window';
  return { rule: 'percentiles', window: robust, doubts: [`${why}, so contrast is by percentiles`] };
}

/** The levels of a film and how each is shown. */
export interface Grade {
  /** Stored value of level 0. */
  readonly lowest: number;
  /** Stored values per level; 1 unless the values span more than 16 bits. */
  readonly scale: number;
  /** Modality value of each level. */
  readonly modality: Float64Array;
  /** 1 for levels outside the picture. */
  readonly isPadding: Uint8Array;
  /** Grey of each level, inversion and padding included. */
  readonly table: Uint8Array;
  readonly rule: GreyRule;
  /** The window behind the table; null for a VOI LUT and for a film of one value. */
  readonly window: Window | null;
  /** What the reader should know of how contrast was chosen. */
  readonly doubts: readonly string[];
}

/** @param stored one sample per pixel, at least one */
export function gradeOf(stored: StoredValues, recipe: GreyRecipe): Grade {
  const { lowest, scale, counts } = countLevels(stored);
  const modality = new Float64Array(counts.length);
  const isPadding = new Uint8Array(counts.length);
  for (let level = 0; level < counts.length; level++) {
    const value = lowest + level * scale;
    modality[level] = modalityOf(recipe, value);
    if (recipe.padding && value >= recipe.padding.low && value <= recipe.padding.high) isPadding[level] = 1;
  }
  const table = new Uint8Array(counts.length);
  const chosen = chooseContrast(recipe, modality, { counts, isPadding }, table);
  for (let level = 0; level < table.length; level++) {
    if (isPadding[level]) table[level] = 0;
    else if (recipe.inverted) table[level] = 255 - table[level]!;
  }
  return { lowest, scale, modality, isPadding, table, ...chosen };
}

/** The level of each pixel, below 65536. */
export function levelsOf(stored: StoredValues, { lowest, scale }: Grade): Uint16Array {
  return Uint16Array.from(stored, (value) => (value - lowest) / scale + 0.5);
}

/**
 * @param stored one sample per pixel
 * @returns one byte per pixel, 0 is black, and how contrast was chosen. A picture of one single value comes out black.
 */
export function toGrey(
  stored: StoredValues,
  recipe: GreyRecipe,
): { plane: Uint8Array } & Pick<Grade, 'rule' | 'doubts'> {
  const plane = new Uint8Array(stored.length);
  if (stored.length === 0) return { plane, rule: 'percentiles', doubts: [] };
  const { lowest, scale, table, rule, doubts } = gradeOf(stored, recipe);
  for (let i = 0; i < stored.length; i++) plane[i] = table[((stored[i]! - lowest) / scale + 0.5) | 0]!;
  return { plane, rule, doubts };
}

/** BT.601 luma of interleaved red, green and blue samples, in as many bits as they have. */
export function lumaOf(
  rgb: Uint8Array | Uint8ClampedArray | Uint16Array,
  stride: 3 | 4,
  out: Uint8Array | Uint16Array,
  at = 0,
): void {
  const pixels = rgb.length / stride;
  for (let i = 0, j = 0; i < pixels; i++, j += stride) {
    out[at + i] = (299 * rgb[j]! + 587 * rgb[j + 1]! + 114 * rgb[j + 2]! + 500) / 1000;
  }
}

/** How values that fill so many bits are shown as they are. */
export function plainRecipe(bits: number): GreyRecipe {
  const white = 2 ** bits - 1;
  return {
    rescale: null,
    modalityLut: null,
    voiLut: null,
    window: { center: white / 2, width: white, shape: 'linear-exact' },
    padding: null,
    inverted: false,
  };
}
