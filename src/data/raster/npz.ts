// MedMNIST array files (.npz): films of three parts as arrays in a ZIP file, opened into films in files of their own and
// a label table beside them, so that nothing behind this file knows of arrays. Pixels are streamed into blobs, which the
// browser keeps on disk when they are large, and films are slices of them.

import type { SourceFile } from '../../protocol/intake.ts';
import { AppError } from '../../util/errors.ts';
import { checkSize } from '../limits.ts';
import { countOf, type NpyArray, readNpy } from './npy.ts';
import { pgmHeader } from './pgm.ts';
import { readZipDirectory, type ZipEntry, zipMember } from './zip.ts';

const PARTS = ['train', 'val', 'test'] as const;
/** bytes of all arrays together: the largest published set of the chest has 5.6 GB. */
const MAX_BYTES = 2 ** 34;
const MAX_FILMS = 2 ** 21;
const MAX_LABEL_BYTES = 2 ** 27;

/** Findings of the sets about the chest, in the order of their label arrays (Yang et al. 2023, table 2). */
const FINDINGS: Readonly<Record<string, readonly string[]>> = {
  pneumoniamnist: ['pneumonia'],
  chestmnist: [
    ...['atelectasis', 'cardiomegaly', 'effusion', 'infiltration', 'mass', 'nodule', 'pneumonia'],
    ...['pneumothorax', 'consolidation', 'edema', 'emphysema', 'fibrosis', 'pleural', 'hernia'],
  ],
};

const refused = (detail: string) => new AppError('archive-unreadable', detail);

export const isArchivePath = (path: string): boolean => /\.npz$/i.test(path);

/** @throws AppError `archive-unreadable`, `image-too-large` */
export async function openNpz({ path, file }: SourceFile): Promise<SourceFile[]> {
  const entries = await readZipDirectory(file);
  if (entries.reduce((sum, { size }) => sum + size, 0) > MAX_BYTES)
    throw refused('it would inflate to more than 16 GiB.');
  const byName = new Map(entries.map((entry) => [entry.name, entry]));
  const films: SourceFile[] = [];
  const labels: string[][] = [];
  for (const part of PARTS) {
    const images = byName.get(`${part}_images.npy`);
    if (!images) continue;
    const cut = filmsOf(await bigEndian(await arrayOf(file, images)), `${path}/${part}_`, file.lastModified);
    const rows = await labelsOf(file, byName.get(`${part}_labels.npy`), cut.length);
    for (const [i, film] of cut.entries()) labels.push([film.path, part, ...rows[i]!]);
    films.push(...cut);
  }
  if (films.length === 0) throw refused('it holds no train_images, val_images or test_images.');
  return [...films, { path: `${path}/labels.csv`, file: labelFile(path, labels) }];
}

const arrayOf = async (file: Blob, entry: ZipEntry): Promise<NpyArray> => {
  try {
    return await readNpy(await zipMember(file, entry), entry.size);
  } catch (cause) {
    if (cause instanceof AppError) throw cause;
    throw refused('an array in it cannot be inflated.');
  }
};

function filmsOf({ shape, body, itemSize }: NpyArray, start: string, lastModified: number): SourceFile[] {
  const [count, height, width] = greyShape(shape);
  checkSize(width, height);
  if (count > MAX_FILMS) throw refused(`it declares ${count} films.`);
  const header = pgmHeader(width, height, itemSize === 2 ? 16 : 8);
  const bytes = width * height * itemSize;
  const digits = String(count).length;
  return Array.from({ length: count }, (_, i) => {
    const name = `${start}${String(i).padStart(digits, '0')}.pgm`;
    const parts = [header, body.slice(i * bytes, (i + 1) * bytes)];
    return { path: name, file: new File(parts, name.split('/').at(-1)!, { lastModified }) };
  });
}

/** Count, height and width; one channel may stand behind them, as Keras has it, or before height and width, as PyTorch does. */
function greyShape(shape: readonly number[]): readonly [number, number, number] {
  const [count = 0, ...sides] = shape;
  const isLast = sides.length === 3 && sides[2] === 1;
  const isFirst = sides.length === 3 && sides[0] === 1;
  const [height = 0, width = 0, ...more] = isLast ? sides.slice(0, 2) : isFirst ? sides.slice(1) : sides;
  if (sides.length < 2)
    throw refused(`its images are of shape (${shape.join(', ')}), which is none of pictures.`);
  if (more.length > 0) {
    const channels = sides.length === 3 ? `${sides[2]} channels` : `the shape (${shape.join(', ')})`;
    throw refused(`its images have ${channels}; grey ones, of one channel, are read.`);
  }
  return [count, height, width];
}

/** Numbers of 16 bits come in either order of their bytes; a film in a file has the large one first. */
async function bigEndian(array: NpyArray): Promise<NpyArray> {
  const { descr, body } = array;
  if (descr === '|u1' || descr === '>u2') return array;
  if (descr !== '<u2' && descr !== '=u2')
    throw refused(`its images are numbers of kind ${descr}; u1 and u2 are read.`);
  return { ...array, descr: '>u2', body: await new Response(body.stream().pipeThrough(swapPairs())).blob() };
}

/** Bytes in pairs, each the other way round. */
function swapPairs(): TransformStream<Uint8Array<ArrayBuffer>, Uint8Array<ArrayBuffer>> {
  /** The first of a pair whose second comes with the next piece. */
  let left: number | null = null;
  return new TransformStream({
    transform(piece, control) {
      const bytes = new Uint8Array(piece.length + (left === null ? 0 : 1));
      if (left !== null) bytes[0] = left;
      bytes.set(piece, bytes.length - piece.length);
      const whole = bytes.length - (bytes.length % 2);
      left = whole < bytes.length ? bytes[whole]! : null;
      const pairs = bytes.subarray(0, whole);
      for (let i = 0; i < whole; i += 2) [pairs[i], pairs[i + 1]] = [pairs[i + 1]!, pairs[i]!];
      if (whole > 0) control.enqueue(pairs);
    },
  });
}

/** Rows of numbers as text; empty ones where the file has no labels. */
async function labelsOf(file: Blob, entry: ZipEntry | undefined, films: number): Promise<string[][]> {
  if (!entry) return Array.from({ length: films }, () => []);
  if (entry.size > MAX_LABEL_BYTES) throw refused('its label array is too long.');
  const array = await arrayOf(file, entry);
  const width = array.shape[1] ?? 1;
  if (array.shape[0] !== films || array.shape.length > 2)
    throw refused('it has not one label row for each film.');
  const read = INTEGERS[array.descr];
  if (!read) throw refused(`its labels are numbers of kind ${array.descr}.`);
  const view = new DataView(await array.body.arrayBuffer());
  const values = Array.from({ length: countOf(array) }, (_, i) => String(read(view, i * array.itemSize)));
  return Array.from({ length: films }, (_, i) => values.slice(i * width, (i + 1) * width));
}

const INTEGERS: Readonly<Record<string, (view: DataView, at: number) => number>> = {
  '|u1': (view, at) => view.getUint8(at),
  '|b1': (view, at) => view.getUint8(at),
  '|i1': (view, at) => view.getInt8(at),
  '<u2': (view, at) => view.getUint16(at, true),
  '<i2': (view, at) => view.getInt16(at, true),
  '<u4': (view, at) => view.getUint32(at, true),
  '<i4': (view, at) => view.getInt32(at, true),
  '<i8': (view, at) => Number(view.getBigInt64(at, true)),
  '<u8': (view, at) => Number(view.getBigUint64(at, true)),
};

/** One column of 0 and 1 for each finding; numbers beyond 1 in a single column are classes and named so. */
function labelFile(path: string, rows: readonly (readonly string[])[]): File {
  const width = Math.max(...rows.map((row) => row.length)) - 2;
  const isClass = width === 1 && rows.some((row) => Number(row[2]) > 1);
  const columns = isClass ? ['class'] : findingsOf(path, width);
  const lines = rows.map((row) =>
    (isClass ? [row[0], row[1], `class ${row[2]}`] : row).map(quoted).join(','),
  );
  const text = [['file', 'split', ...columns].join(','), ...lines, ''].join('\n');
  return new File([text], 'labels.csv', { type: 'text/csv' });
}

function findingsOf(path: string, width: number): string[] {
  const set = /([a-z]+)(?:_\d+)?\.npz$/i.exec(path)?.[1]?.toLowerCase() ?? '';
  const known = FINDINGS[set];
  if (known?.length === width) return [...known];
  return Array.from({ length: width }, (_, i) => (width === 1 ? 'label' : `label ${i + 1}`));
}

const quoted = (text: string | undefined) => `"${(text ?? '').replaceAll('"', '""')}"`;
