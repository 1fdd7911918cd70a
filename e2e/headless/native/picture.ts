// What reading films takes from a browser: the bytes of the codecs, and for plain JPEG files the decoder and a canvas
// (src/data/raster), here as much of both as that takes, on the libjpeg-turbo that DICOM films go through. It is Chromium's decoder
// too, so that grey films come out the same to the last bit; a film in colour or with EXIF is refused rather than read otherwise.

import { decodeWith } from '../../../src/data/codec.ts';
import { readCodecsFrom } from '../../../src/data/codecWasm.ts';
import { readJpegHeader } from '../../../src/data/jpeg/header.ts';
import { codecBytes } from '../../../src/data/testCodecs.ts';
import { AppError } from '../../../src/util/errors.ts';

interface GreyBitmap {
  readonly width: number;
  readonly height: number;
  readonly grey: ArrayLike<number>;
  close(): void;
}

const EXIF = [0x45, 0x78, 0x69, 0x66, 0, 0];
const hasExif = (bytes: Uint8Array) =>
  bytes.subarray(0, 64).some((_, at) => EXIF.every((value, i) => bytes[at + i] === value));

async function bitmapOf(file: Blob): Promise<GreyBitmap> {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const header = readJpegHeader(bytes);
  if (header.components !== 1 || hasExif(bytes)) {
    throw new AppError('image-unsupported', 'JPEG in colour or with an orientation, which needs a browser.');
  }
  const { width, height, samples } = await decodeWith('jpeg', bytes, header);
  return { width, height, grey: samples, close: () => undefined };
}

/** A context that knows opaque grey, drawn at its own size. */
class GreyContext {
  readonly canvas: GreyCanvas;
  #drawn = new Uint8ClampedArray(0);

  constructor(canvas: GreyCanvas) {
    this.canvas = canvas;
  }

  fillRect(): void {
    // What is drawn next covers all of it.
  }

  drawImage(bitmap: GreyBitmap, left: number, top: number, width: number, height: number): void {
    this.#drawn = new Uint8ClampedArray(4 * width * height);
    for (let y = 0; y < height; y++) {
      for (let x = 0; x < width; x++) {
        const value = bitmap.grey[(top + y) * bitmap.width + left + x]!;
        this.#drawn.set([value, value, value, 255], 4 * (y * width + x));
      }
    }
  }

  getImageData(): { data: Uint8ClampedArray } {
    return { data: this.#drawn };
  }
}

class GreyCanvas {
  readonly width: number;
  readonly height: number;

  constructor(width: number, height: number) {
    this.width = width;
    this.height = height;
  }

  getContext(): GreyContext {
    return new GreyContext(this);
  }
}

/** Puts them where src/data/raster looks for the browser's. */
export function offerPictures(): void {
  readCodecsFrom(codecBytes);
  Object.assign(globalThis, { createImageBitmap: bitmapOf, OffscreenCanvas: GreyCanvas });
}
