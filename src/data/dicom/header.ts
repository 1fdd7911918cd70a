// What the tags of a DICOM image say about its pixels and its grey scale, checked against each other.
// Reads no pixel. Values that make no sense are dropped where the picture can do without them (window, LUT,
// rescale) and refused where it cannot (size, bits). Enhanced images keep what may differ between frames in functional
// groups (PS3.3 C.7.6.16), of each frame or shared by all.

import type { Taking } from '../../protocol/dataset.ts';
import type { ContrastWindow } from '../../protocol/film.ts';
import { isUsableWindow, type Window, type WindowShape } from '../../util/dicomWindow.ts';
import { AppError } from '../../util/errors.ts';
import type { GreyRecipe, Lut } from '../grayscale.ts';
import { checkSize } from '../limits.ts';
import type { TakingFacts } from '../picture.ts';
import { readText } from './charset.ts';
import { type DicomDataSet, PIXEL_DATA, type Tags } from './dicom.ts';
import { asSigned, readLut } from './lut.ts';

const TAG = {
  patientId: 'x00100020',
  imagerSpacing: 'x00181164',
  scannedSpacing: 'x00182010',
  viewPosition: 'x00185101',
  laterality: 'x00200060',
  imageLaterality: 'x00200062',
  frameLaterality: 'x00209072',
  samplesPerPixel: 'x00280002',
  photometric: 'x00280004',
  planar: 'x00280006',
  frames: 'x00280008',
  rows: 'x00280010',
  cols: 'x00280011',
  pixelSpacing: 'x00280030',
  aspectRatio: 'x00280034',
  bitsAllocated: 'x00280100',
  bitsStored: 'x00280101',
  highBit: 'x00280102',
  signed: 'x00280103',
  padding: 'x00280120',
  paddingLimit: 'x00280121',
  windowCenter: 'x00281050',
  windowWidth: 'x00281051',
  intercept: 'x00281052',
  slope: 'x00281053',
  windowNames: 'x00281055',
  windowFunction: 'x00281056',
  modalityLuts: 'x00283000',
  lutDescriptor: 'x00283002',
  lutData: 'x00283006',
  voiLuts: 'x00283010',
  floatPixels: 'x7fe00008',
  doublePixels: 'x7fe00009',
} as const;

const GREY_PHOTOMETRICS = ['MONOCHROME1', 'MONOCHROME2'] as const;
const COLOUR_PHOTOMETRICS = [
  'RGB',
  'YBR_FULL',
  'YBR_FULL_422',
  'YBR_RCT',
  'YBR_ICT',
  'PALETTE COLOR',
] as const;
export type Photometric = (typeof GREY_PHOTOMETRICS)[number] | (typeof COLOUR_PHOTOMETRICS)[number];

export interface DicomHeader {
  readonly rows: number;
  readonly cols: number;
  /** As declared; at least 1. */
  readonly frames: number;
  readonly samplesPerPixel: 1 | 3;
  /** Colour planes one after the other instead of pixel by pixel. */
  readonly planar: boolean;
  readonly photometric: Photometric;
  readonly bitsAllocated: 1 | 8 | 16 | 32;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
  readonly recipe: GreyRecipe;
  /** Every window the file offers; the first is the one of the recipe. */
  readonly windows: readonly ContrastWindow[];
  readonly facts: TakingFacts;
  /** Height of a pixel over its width. */
  readonly pixelAspect: number;
  /** What the reader should know of how the tags were read. */
  readonly notes: readonly string[];
}

const invalid = (detail: string) => new AppError('dicom-invalid', detail);
const unsupported = (detail: string) => new AppError('dicom-unsupported', detail);

/** @throws AppError `dicom-no-pixels`, `dicom-unsupported`, `dicom-invalid`, `image-too-large` */
export function readHeader({ tags }: DicomDataSet): DicomHeader {
  if (!tags.has(PIXEL_DATA)) {
    if (tags.has(TAG.floatPixels) || tags.has(TAG.doublePixels)) throw unsupported('floating-point pixels.');
    throw new AppError('dicom-no-pixels');
  }
  const rows = tags.word(TAG.rows);
  const cols = tags.word(TAG.cols);
  if (!rows || !cols) throw invalid(`it has ${rows ?? 'no'} rows and ${cols ?? 'no'} columns.`);
  checkSize(cols, rows);
  const photometric = photometricOf(tags);
  const samplesPerPixel = tags.word(TAG.samplesPerPixel) ?? 1;
  const isColour = photometric !== 'PALETTE COLOR' && !isGrey(photometric);
  // Three equal samples of grey are seen (picture.ts); what they are is known when they are read.
  if (samplesPerPixel !== (isColour ? 3 : 1) && !(isGrey(photometric) && samplesPerPixel === 3)) {
    throw invalid(`${photometric} with ${samplesPerPixel} samples a pixel.`);
  }
  const bits = bitsOf(tags);
  return {
    rows,
    cols,
    frames: Math.max(1, Math.trunc(tags.number(TAG.frames) ?? 1)),
    samplesPerPixel,
    planar: tags.word(TAG.planar) === 1,
    photometric,
    ...bits,
    windows: windowsOf(contrastPlace(tags).place),
    ...recipeOf(tags, photometric, bits),
    ...takingOf(tags),
  };
}

/** Distances at the detector serve where none is given at the patient. */
const SPACINGS = [TAG.pixelSpacing, TAG.imagerSpacing, TAG.scannedSpacing];

function takingOf(tags: Tags): Pick<DicomHeader, 'facts' | 'pixelAspect'> {
  const measures = placesOf(tags, MACRO.pixelMeasures);
  const spacing = measures
    .flatMap((place) => SPACINGS.map((tag) => place.numbers(tag, 2)))
    .find(isPositivePair);
  const ratio = spacing ?? [tags.numbers(TAG.aspectRatio, 2)].find(isPositivePair);
  const patientId = readText(tags, TAG.patientId);
  const view = tags.text(TAG.viewPosition)?.toUpperCase();
  const laterality = lateralityOf(tags)?.toUpperCase();
  const taking: Taking = {
    ...(view && { view: view.slice(0, 16) }),
    ...(laterality && { laterality: laterality.slice(0, 1) }),
    ...(spacing && { spacing }),
  };
  return {
    facts: { ...(patientId && { patientId }), ...(Object.keys(taking).length > 0 && { taking }) },
    pixelAspect: ratio ? ratio[0] / ratio[1] : 1,
  };
}

function lateralityOf(tags: Tags): string | undefined {
  const wanted = [TAG.imageLaterality, TAG.laterality, TAG.frameLaterality];
  const found = placesOf(tags, MACRO.frameAnatomy).flatMap((place) => wanted.map((tag) => place.text(tag)));
  return found.find((text) => text !== undefined);
}

const isPositivePair = (pair: number[]): pair is [number, number] =>
  pair.length === 2 && pair.every((value) => Number.isFinite(value) && value > 0);

export const samplesPerFrame = ({ rows, cols, samplesPerPixel }: DicomHeader): number =>
  rows * cols * samplesPerPixel;

export const isGrey = (photometric: Photometric): boolean =>
  (GREY_PHOTOMETRICS as readonly string[]).includes(photometric);

function photometricOf(tags: Tags): Photometric {
  const text = tags.text(TAG.photometric)?.toUpperCase();
  if (!text) throw invalid('it does not say how its pixels are meant (photometric interpretation).');
  const known: readonly string[] = [...GREY_PHOTOMETRICS, ...COLOUR_PHOTOMETRICS];
  if (!known.includes(text)) throw unsupported(`photometric interpretation ${text.slice(0, 32)}.`);
  return text as Photometric;
}

interface Bits {
  readonly bitsAllocated: 1 | 8 | 16 | 32;
  readonly bitsStored: number;
  readonly highBit: number;
  readonly signed: boolean;
}

function bitsOf(tags: Tags): Bits {
  const allocated = tags.word(TAG.bitsAllocated);
  if (allocated !== 1 && allocated !== 8 && allocated !== 16 && allocated !== 32) {
    throw unsupported(`${allocated ?? 'unknown'} bits allocated.`);
  }
  const stored = tags.word(TAG.bitsStored) ?? allocated;
  if (stored < 1 || stored > allocated) throw invalid(`${stored} bits stored in ${allocated}.`);
  const declared = tags.word(TAG.highBit) ?? stored - 1;
  const highBit = declared >= stored - 1 && declared < allocated ? declared : stored - 1;
  return { bitsAllocated: allocated, bitsStored: stored, highBit, signed: tags.word(TAG.signed) === 1 };
}

/** Where the contrast is said: the first place that has a window or a table. */
function contrastPlace(tags: Tags): { place: Tags; inGroups: boolean } {
  const places = placesOf(tags, MACRO.frameVoiLut);
  const place = places.find((one) => windowOf(one) !== null || one.has(TAG.voiLuts)) ?? tags;
  return { place, inGroups: place !== tags };
}

function recipeOf(tags: Tags, photometric: Photometric, bits: Bits): Pick<DicomHeader, 'recipe' | 'notes'> {
  const values = placesOf(tags, MACRO.pixelValueTransformation);
  const rescaled = values.find((place) => place.number(TAG.slope)) ?? tags;
  const slope = rescaled.number(TAG.slope);
  const intercept = rescaled.number(TAG.intercept) ?? 0;
  const { place, inGroups } = contrastPlace(tags);
  const modality = lutOf(tags.firstItem(TAG.modalityLuts), bits.signed, 'modality');
  // Its inputs are modality values, which can be negative whenever there is a rescale.
  const voi = lutOf(place.firstItem(TAG.voiLuts), bits.signed || intercept < 0, 'VOI');
  const recipe: GreyRecipe = {
    rescale: slope ? { slope, intercept } : null,
    modalityLut: modality.lut,
    voiLut: voi.lut,
    window: windowOf(place),
    padding: paddingOf(tags, bits.signed),
    inverted: photometric === 'MONOCHROME1',
  };
  const groups = inGroups ? ['its contrast is said in functional groups'] : [];
  return { recipe, notes: [...modality.notes, ...voi.notes, ...groups] };
}

function lutOf(item: Tags | undefined, signed: boolean, name: string): { lut: Lut | null; notes: string[] } {
  if (!item) return { lut: null, notes: [] };
  const { lut, doubts } = readLut(item, TAG.lutDescriptor, TAG.lutData, signed);
  return { lut, notes: doubts.map((doubt) => `its ${name} table ${doubt}`) };
}

function windowOf(tags: Tags): Window | null {
  const center = tags.number(TAG.windowCenter);
  const width = tags.number(TAG.windowWidth);
  if (center === undefined || width === undefined) return null;
  const shapes: Record<string, WindowShape> = { SIGMOID: 'sigmoid', LINEAR_EXACT: 'linear-exact' };
  const shape = shapes[tags.text(TAG.windowFunction) ?? ''] ?? 'linear';
  const window: Window = { center, width, shape };
  return isUsableWindow(window) ? window : null;
}

const MAX_WINDOWS = 16;

function windowsOf(tags: Tags): ContrastWindow[] {
  const widths = tags.numbers(TAG.windowWidth, MAX_WINDOWS);
  const names = readText(tags, TAG.windowNames)?.split('\\') ?? [];
  return tags.numbers(TAG.windowCenter, MAX_WINDOWS).flatMap((center, i) => {
    const width = widths[i] ?? Number.NaN;
    const name = names[i]?.trim().slice(0, 32) || `Window ${i + 1}`;
    return isUsableWindow({ center, width, shape: 'linear' }) ? [{ name, center, width }] : [];
  });
}

function paddingOf(tags: Tags, signed: boolean): GreyRecipe['padding'] {
  const value = tags.word(TAG.padding);
  if (value === undefined) return null;
  const one = asSigned(value, signed);
  const other = asSigned(tags.word(TAG.paddingLimit) ?? value, signed);
  return { low: Math.min(one, other), high: Math.max(one, other) };
}

const PER_FRAME = 'x52009230';
const SHARED = 'x52009229';

export const MACRO = {
  pixelMeasures: 'x00289110',
  frameVoiLut: 'x00289132',
  pixelValueTransformation: 'x00289145',
  frameAnatomy: 'x00209071',
} as const;

/** The top level, as every other image has it; then the macro of the first frame, then the one shared by all. */
export function placesOf(tags: Tags, macro: (typeof MACRO)[keyof typeof MACRO]): Tags[] {
  const groups = [PER_FRAME, SHARED].map((group) => tags.firstItem(group)?.firstItem(macro));
  return [tags, ...groups.filter((place) => place !== undefined)];
}
