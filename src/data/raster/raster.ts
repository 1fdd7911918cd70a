// PNG and JPEG files to grey values. PNG goes through pngSamples.ts, JPEG through the browser's decoder and a canvas.
// Sizes and damage are checked on the headers first.

import { AppError } from '../../util/errors.ts';
import { lumaOf, plainRecipe } from '../grayscale.ts';
import { hasJpegEnd, readJpegHeader, withJpegEnd } from '../jpeg/header.ts';
import { decodeJpeg } from '../jpeg/jpeg.ts';
import { checkMemory } from '../limits.ts';
import type { Picture } from '../picture.ts';
import { greyOfSamples, readPng } from './png.ts';
import { readPngSamples } from './pngSamples.ts';

/** Rows read back from the canvas at a time: the colour copy of a large film would be four times its size. */
const STRIP_ROWS = 512;

/** @throws AppError `image-corrupt`, `image-too-large`, `image-unsupported` */
export async function decodePngFile(bytes: Uint8Array<ArrayBuffer>): Promise<Picture> {
  const png = readPng(bytes);
  const { values, bits } = greyOfSamples(png, await readPngSamples(png));
  const notes = bits < png.depth ? [`uses ${bits} of its 16 bits`] : [];
  const recipe = bits === 8 ? null : plainRecipe(bits);
  return { width: png.width, height: png.height, values, recipe, pixelAspect: 1, notes };
}

/** EXIF orientation is honoured. @throws AppError `image-corrupt`, `image-too-large`, `image-unsupported` */
export async function decodeJpegFile(bytes: Uint8Array<ArrayBuffer>): Promise<Picture> {
  const header = readJpegHeader(bytes);
  const { width, height, components, precision, process } = header;
  if (components === 4) throw new AppError('image-unsupported', 'CMYK JPEG.');
  if (precision !== 8) throw new AppError('image-unsupported', `${precision}-bit JPEG.`);
  if (process > 0xc2) throw new AppError('image-unsupported', 'lossless or arithmetic JPEG outside DICOM.');
  // A bitmap of four bytes a pixel, and the coefficients of a progressive stream.
  checkMemory(bytes.length + width * height * (process === 0xc2 ? 5 + 2 * components : 5), header);
  if (hasJpegEnd(bytes)) return decodeInBrowser(bytes);
  // A browser fills what is missing of a cut film with grey and says nothing; the codec refuses it.
  const { note } = await decodeJpeg(bytes);
  const picture = await decodeInBrowser(withJpegEnd(bytes));
  return note ? { ...picture, notes: [...picture.notes, note] } : picture;
}

/** Grey is the BT.601 luma, which leaves grey images as they are; transparency lies over black. */
async function decodeInBrowser(bytes: Uint8Array<ArrayBuffer>): Promise<Picture> {
  let bitmap: ImageBitmap;
  try {
    bitmap = await createImageBitmap(new Blob([bytes], { type: 'image/jpeg' }), {
      colorSpaceConversion: 'none',
      premultiplyAlpha: 'none',
    });
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw new AppError('image-corrupt', 'the browser cannot decode it.', { cause });
  }
  try {
    return greyOf(bitmap);
  } finally {
    bitmap.close();
  }
}

let context: OffscreenCanvasRenderingContext2D | null = null;

/** One canvas for all films of a worker, since making one costs more than a small film; it only grows. */
function contextFor(width: number, rows: number): OffscreenCanvasRenderingContext2D {
  const before = context?.canvas ?? { width: 0, height: 0 };
  if (context && before.width >= width && before.height >= rows) return context;
  const canvas = new OffscreenCanvas(Math.max(before.width, width), Math.max(before.height, rows));
  // Without an alpha channel what is drawn is flattened onto black.
  context = canvas.getContext('2d', { alpha: false, willReadFrequently: true });
  if (!context) throw new AppError('internal', 'no 2D canvas in this worker.');
  context.imageSmoothingEnabled = false;
  return context;
}

function greyOf(bitmap: ImageBitmap): Picture {
  const { width, height } = bitmap;
  const rows = Math.min(height, STRIP_ROWS);
  const canvas = contextFor(width, rows);
  const values = new Uint8Array(width * height);
  for (let top = 0; top < height; top += rows) {
    const count = Math.min(rows, height - top);
    canvas.fillRect(0, 0, width, count);
    canvas.drawImage(bitmap, 0, top, width, count, 0, 0, width, count);
    lumaOf(canvas.getImageData(0, 0, width, count).data, 4, values, top * width);
  }
  return { width, height, values, recipe: null, pixelAspect: 1, notes: [] };
}
