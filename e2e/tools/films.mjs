// Makes a large folder of films for measuring: seeded grey noise over soft shapes, as PNG and as DICOM, in subfolders, with
// a label file. Every file has other pixels and other bytes; writing is as fast as the disk, because a film shares its lower part
// with some others, compressed once.
//   node e2e/tools/films.mjs DIR COUNT [SIZE] [SEED]

import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { constants, crc32, deflateRawSync } from 'node:zlib';

/** Different lower parts. */
const BASES = 400;
/** Rows at the top that no other film has. */
const OWN_ROWS = 32;
/** One film in so many is a DICOM file. */
const DICOM_EVERY = 5;
const PER_FOLDER = 2000;
const FINDINGS = ['No Finding', 'Effusion', 'Infiltration', 'Mass', 'Nodule'];

/** xorshift32: quick, and the same everywhere. */
function generator(seed) {
  let state = (seed * 2654435761 + 97) >>> 0 || 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state >>> 0;
  };
}

/** Grey values of rows from `first` on, 0 to 255: a lung-like valley with noise. */
function drawRows(size, first, rows, seed) {
  const next = generator(seed);
  const [cx, cy, width] = [
    0.3 + (next() % 400) / 1000,
    0.3 + (next() % 400) / 1000,
    0.1 + (next() % 100) / 500,
  ];
  const pixels = new Uint8Array(rows * size);
  for (let y = 0; y < rows; y++) {
    const dy = ((first + y) / size - cy) ** 2;
    for (let x = 0; x < size; x++) {
      const valley = Math.exp(-((x / size - cx) ** 2 + dy) / (width * width));
      pixels[y * size + x] = 190 - 120 * valley + (next() & 15);
    }
  }
  return pixels;
}

function adler32(parts) {
  let [a, b] = [1, 0];
  for (const bytes of parts) {
    for (let at = 0; at < bytes.length; ) {
      const end = Math.min(at + 3800, bytes.length);
      for (; at < end; at++) {
        a += bytes[at];
        b += a;
      }
      a %= 65521;
      b %= 65521;
    }
  }
  return ((b << 16) | a) >>> 0;
}

function uint32(value) {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

function chunk(type, ...data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), ...data]);
  return Buffer.concat([uint32(body.length - 4), body, uint32(crc32(body))]);
}

/** PNG scan lines without filters. */
function scanLines(pixels, size) {
  const rows = pixels.length / size;
  const lines = Buffer.alloc(rows * (size + 1));
  for (let y = 0; y < rows; y++) lines.set(pixels.subarray(y * size, (y + 1) * size), y * (size + 1) + 1);
  return lines;
}

const HEAD = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);

/** One zlib stream out of two parts that know nothing of each other. */
function png(size, top, base) {
  const lines = scanLines(top, size);
  const first = deflateRawSync(lines, { level: 1, finishFlush: constants.Z_FULL_FLUSH });
  const sum = uint32(adler32([lines, base.lines]));
  return Buffer.concat([
    HEAD,
    chunk('IHDR', uint32(size), uint32(size), Buffer.from([8, 0, 0, 0, 0])),
    chunk('IDAT', Buffer.from([0x78, 0x01]), first, base.compressed, sum),
    chunk('IEND'),
  ]);
}

/** An element in explicit little endian. */
function element(tag, vr, value) {
  const bytes =
    typeof value === 'string' ? Buffer.from(value.length % 2 ? `${value} ` : value, 'latin1') : value;
  const long = vr === 'OW' || vr === 'OB';
  const head = Buffer.alloc(long ? 12 : 8);
  head.writeUInt16LE(tag >>> 16, 0);
  head.writeUInt16LE(tag & 0xffff, 2);
  head.write(vr, 4, 'latin1');
  if (long) head.writeUInt32LE(bytes.length, 8);
  else head.writeUInt16LE(bytes.length, 6);
  return Buffer.concat([head, bytes]);
}

function uint16(value) {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

/** 12 bits in 16, uncompressed. */
function dicom(size, pixels, patient) {
  const values = Buffer.from(Uint16Array.from(pixels, (value) => value << 4).buffer);
  const syntax = element(0x00020010, 'UI', '1.2.840.10008.1.2.1\0');
  const length = Buffer.alloc(4);
  length.writeUInt32LE(syntax.length);
  return Buffer.concat([
    Buffer.alloc(128),
    Buffer.from('DICM'),
    element(0x00020000, 'UL', length),
    syntax,
    element(0x00080060, 'CS', 'DX'),
    element(0x00100020, 'LO', patient),
    element(0x00280002, 'US', uint16(1)),
    element(0x00280004, 'CS', 'MONOCHROME2'),
    element(0x00280010, 'US', uint16(size)),
    element(0x00280011, 'US', uint16(size)),
    element(0x00280100, 'US', uint16(16)),
    element(0x00280101, 'US', uint16(12)),
    element(0x00280102, 'US', uint16(11)),
    element(0x00280103, 'US', uint16(0)),
    element(0x7fe00010, 'OW', values),
  ]);
}

/** @returns bytes written */
export function makeFilms(folder, count, size = 512, seed = 1) {
  const bases = Array.from({ length: Math.min(BASES, count) }, (_, i) => {
    const pixels = drawRows(size, OWN_ROWS, size - OWN_ROWS, seed * 100_003 + i);
    const lines = scanLines(pixels, size);
    return { pixels, lines, compressed: deflateRawSync(lines, { level: 1 }) };
  });
  const rows = ['Image Index,Finding Labels,Patient ID'];
  let bytes = 0;
  for (let i = 0; i < count; i++) {
    const below = path.join(folder, `images_${String(Math.floor(i / PER_FOLDER) + 1).padStart(3, '0')}`);
    if (i % PER_FOLDER === 0) mkdirSync(below, { recursive: true });
    const base = bases[i % bases.length];
    const top = drawRows(size, 0, OWN_ROWS, seed * 100_003 + BASES + i);
    const patient = String(Math.floor(i / 3));
    const isDicom = i % DICOM_EVERY === DICOM_EVERY - 1;
    const name = `${String(i).padStart(8, '0')}.${isDicom ? 'dcm' : 'png'}`;
    const file = isDicom ? dicom(size, Buffer.concat([top, base.pixels]), patient) : png(size, top, base);
    writeFileSync(path.join(below, name), file);
    rows.push(`${name},${FINDINGS[(i * 7 + Math.floor(i / 5)) % FINDINGS.length]},${patient}`);
    bytes += file.length;
  }
  writeFileSync(path.join(folder, 'labels.csv'), `${rows.join('\n')}\n`);
  return bytes;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder, count, size = '512', seed = '1'] = process.argv.slice(2);
  if (!folder || !Number(count)) throw new Error('node e2e/tools/films.mjs DIR COUNT [SIZE] [SEED]');
  const started = performance.now();
  const bytes = makeFilms(folder, Number(count), Number(size), Number(seed));
  const seconds = (performance.now() - started) / 1000;
  console.log(`${count} films of ${size} px, ${(bytes / 1e9).toFixed(2)} GB, in ${seconds.toFixed(0)} s`);
}
