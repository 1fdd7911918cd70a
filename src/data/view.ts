// A film for the viewer: levels at full resolution, the grey of each, the windows to choose from, and the tags.
// Very large films are reduced by whole factors, because a page shows no more.

import type { ImageFormat } from '../protocol/dataset.ts';
import type { ContrastWindow, FilmView } from '../protocol/film.ts';
import { pictureOf } from './dicom/picture.ts';
import { decodeStored } from './dicom/pixels.ts';
import { type DicomTagTable, tagTable } from './dicom/tags.ts';
import { type Grade, type GreyRecipe, gradeOf, levelsOf, plainRecipe } from './grayscale.ts';
import { decodePicture, type FilmBytes, type Picture, readFilm } from './picture.ts';

/** px */
const LONGEST = 4096;

const CONTRAST = {
  'voi-lut': 'by the table in the file',
  window: 'by the window in the file',
  percentiles: 'between the darkest and the brightest half per cent',
} as const;

interface Looked {
  readonly picture: Picture;
  readonly tags: DicomTagTable;
  readonly windows: readonly ContrastWindow[];
  readonly packing?: string;
}

const NO_TAGS: DicomTagTable = { rows: [], more: 0 };

async function look(film: FilmBytes): Promise<Looked> {
  if (film.format !== 'dicom') return { picture: await decodePicture(film), tags: NO_TAGS, windows: [] };
  const image = await decodeStored(film.bytes, { frames: 'first' });
  return {
    picture: pictureOf(image),
    tags: tagTable(image.dataSet.tags),
    windows: image.header.windows,
    packing: image.dataSet.syntax.name,
  };
}

/** @throws AppError with the reason the film cannot be read */
export async function viewFilm(source: Blob): Promise<FilmView> {
  const film = await readFilm(source);
  return viewOf(film.format, await look(film));
}

/** A film that is grey bytes already, such as a synthetic one. */
export function viewGrey(format: ImageFormat, width: number, height: number, values: Uint8Array): FilmView {
  const picture = { width, height, values, recipe: null, pixelAspect: 1, notes: [] };
  return viewOf(format, { picture, tags: NO_TAGS, windows: [] });
}

function viewOf(format: ImageFormat, { picture, tags, windows, packing }: Looked): FilmView {
  const { recipe: asked, values, notes, pixelAspect, taking } = picture;
  const recipe: GreyRecipe = asked ?? plainRecipe(8);
  const grade = gradeOf(values, recipe);
  const said = asked ? [...notes, ...grade.doubts] : notes;
  const factor = Math.ceil(Math.max(picture.width, picture.height) / LONGEST);
  const small = reduce({ ...picture, levels: levelsOf(values, grade) }, factor);
  return {
    ...small,
    originalWidth: picture.width,
    originalHeight: picture.height,
    pixelAspect,
    format,
    modality: Float32Array.from(grade.modality),
    padding: grade.isPadding,
    table: grade.table,
    inverted: recipe.inverted,
    contrast: asked ? CONTRAST[grade.rule] : 'as stored',
    windows: windowsOf(grade, windows),
    ...(taking && { taking }),
    ...(said.length > 0 && { note: said.join('; ') }),
    ...(packing && { packing }),
    tags: tags.rows,
    moreTags: tags.more,
  };
}

function windowsOf(grade: Grade, offered: readonly ContrastWindow[]): FilmView['windows'] {
  const [low, high] = ends(grade);
  const whole = { name: 'Whole range', center: (low + high) / 2, width: Math.max(high - low, 1) };
  if (grade.rule === 'window' && offered.length > 0) return [offered[0]!, ...offered.slice(1), whole];
  const found = grade.window;
  if (!found) return [whole, ...offered];
  return [{ name: 'Percentiles', center: found.center, width: found.width }, ...offered, whole];
}

/** Lowest and highest modality value; a table of lookups can have them anywhere. */
function ends({ modality }: Grade): [number, number] {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of modality) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return [low, high];
}

interface Levels {
  readonly width: number;
  readonly height: number;
  readonly levels: Uint16Array;
}

/** Means of squares of `factor` pixels. */
function reduce({ width, height, levels }: Levels, factor: number): Levels {
  if (factor === 1) return { width, height, levels };
  const [across, down] = [Math.floor(width / factor), Math.floor(height / factor)];
  const small = new Uint16Array(across * down);
  for (let y = 0; y < down; y++) {
    for (let x = 0; x < across; x++) {
      let sum = 0;
      for (let dy = 0; dy < factor; dy++) {
        const row = (y * factor + dy) * width + x * factor;
        for (let dx = 0; dx < factor; dx++) sum += levels[row + dx]!;
      }
      small[y * across + x] = sum / factor ** 2;
    }
  }
  return { width: across, height: down, levels: small };
}
