// The fake intake: invented rows and drawn ovals in the place of films, so that lists, tables and thumbnails can
// be looked at without reading a file. Serves development and tests of the page only.

import type { CacheState } from '../protocol/cache.ts';
import {
  type DatasetSummary,
  filmTable,
  type ImageRow,
  type Split,
  type Thumbnail,
} from '../protocol/dataset.ts';
import type { FilmView } from '../protocol/film.ts';
import type { IntakeEvent, IntakeSource, SourceFile } from '../protocol/intake.ts';
import { AppError, toWire } from '../util/errors.ts';
import { Rng } from '../util/rng.ts';

const FINDINGS = ['Opacity', 'Nodule', 'Effusion', 'Cardiomegaly', 'Pneumothorax'];
const RATES = [0.3, 0.18, 0.24, 0.15, 0.08];
const SIDE = 72;

/** A thorax in three ovals: soft tissue, two lungs, a heart. */
export function drawFilm(film: number, width = SIDE, height = SIDE): Uint8Array {
  const rng = new Rng(film, 'synthetic');
  const lean = rng.uniform(-0.04, 0.04);
  const heart = rng.uniform(0.13, 0.2);
  const oval = (x: number, y: number, cx: number, cy: number, rx: number, ry: number) =>
    1 / (1 + Math.exp(14 * (((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 - 1)));
  return Uint8Array.from({ length: width * height }, (_, i) => {
    const x = (i % width) / width - 0.5 + lean;
    const y = Math.floor(i / width) / height - 0.5;
    const body = oval(x, y, 0, 0.08, 0.46, 0.55);
    const lungs = Math.max(oval(x, y, -0.19, 0, 0.15, 0.33), oval(x, y, 0.2, 0.01, 0.14, 0.32));
    const ribs = 0.07 * Math.sin(46 * (y + 1.4 * x * x)) * lungs;
    const middle = oval(x, y, 0.02, 0.05, 0.07, 0.6) + oval(x, y, 0.07, 0.16, heart, 0.17);
    const grey = 0.05 + 0.6 * body - 0.44 * lungs + ribs + 0.24 * Math.min(1, middle) + 0.02 * rng.normal();
    return Math.max(0, Math.min(255, Math.round(255 * grey)));
  });
}

function thumbnail(index: number): Thumbnail {
  const width = index % 7 === 3 ? 58 : SIDE;
  return { index, width, height: SIDE, bytes: drawFilm(index, width, SIDE) };
}

export function fakeLabels(film: number): Uint8Array {
  const rng = new Rng(film, 'split');
  return Uint8Array.from(RATES, (rate) => (rng.chance(rate) ? 1 : 0));
}

function row(index: number, path: string, synthetic: boolean): ImageRow {
  const patient = Math.floor(index / 2.6);
  const drawn = new Rng(patient, 'split').uniform();
  const split: Split = drawn < 0.7 ? 'train' : drawn < 0.8 ? 'val' : 'test';
  const labels = fakeLabels(index);
  const format = synthetic ? 'synthetic' : 'png';
  return { path, patient: `P${patient}`, split, format, width: 256, height: 256, labels };
}

function perSplit(count: (split: Split) => number): Record<Split, number> {
  return { train: count('train'), val: count('val'), test: count('test') };
}

/** Fingerprint of the built-in set. */
export const PHANTOMS = 'phantoms';

function summarise(name: string, synthetic: boolean, paths: readonly string[]): DatasetSummary {
  const films = paths.map((path, index) => row(index, path, synthetic));
  const having = (finding: number, value: number) =>
    perSplit((split) => films.filter((i) => i.split === split && i.labels[finding] === value).length);
  const skipped = synthetic
    ? []
    : [
        { path: 'notes/readme.txt', error: toWire(new AppError('format-unknown')) },
        {
          path: 'films/00000417_003.png',
          error: toWire(new AppError('image-corrupt', 'the data ends early.')),
        },
        { path: 'dicom/report.dcm', error: toWire(new AppError('dicom-no-pixels')) },
      ];
  const rows = films.length;
  return {
    name,
    synthetic,
    filmTable: filmTable(films),
    findings: FINDINGS,
    counts: FINDINGS.map((finding, i) => ({ finding, positives: having(i, 1), negatives: having(i, 0) })),
    patients: perSplit((s) => new Set(films.filter((i) => i.split === s).map((i) => i.patient)).size),
    films: perSplit((s) => films.filter((i) => i.split === s).length),
    leftOut: 0,
    splitRule: 'By patient, seeded: 70 % training, 10 % validation, 20 % test.',
    labels: synthetic
      ? null
      : {
          file: 'labels.csv',
          format: 'NIH finding labels',
          rows: rows + 4,
          matchedRows: rows,
          rowsWithoutFile: 4,
          filesWithoutRow: 2,
          duplicateRows: 0,
          conflictingRows: 0,
        },
    skipped,
    ...(synthetic && { marked: FINDINGS }),
    fingerprint: synthetic ? PHANTOMS : `${name}-${rows}`,
    seconds: 1.8,
  };
}

/** A drawn film with the tags of nobody. */
function fakeView(path: string): FilmView {
  const [width, height] = [512, 576];
  const levels = Uint16Array.from(drawFilm(path.length, width, height));
  const row = (tag: string, name: string, vr: string, value: string, identifying = false) => {
    return { tag, name, vr, value, identifying };
  };
  return {
    width,
    height,
    originalWidth: width,
    originalHeight: height,
    pixelAspect: 1,
    format: 'dicom',
    levels,
    modality: Float32Array.from({ length: 256 }, (_, level) => level),
    padding: new Uint8Array(256),
    table: Uint8Array.from({ length: 256 }, (_, level) => level),
    inverted: false,
    contrast: 'by the window in the file',
    windows: [
      { name: 'Window 1', center: 128, width: 256 },
      { name: 'Lung', center: 90, width: 140 },
    ],
    taking: { view: 'PA', spacing: [0.2, 0.2] },
    packing: 'explicit little endian',
    tags: [
      row('(0008,0060)', 'Modality', 'CS', 'DX'),
      row('(0010,0010)', "Patient's name", 'PN', 'Drawn^Nobody', true),
      row('(0010,0020)', 'Patient ID', 'LO', '17', true),
      row('(0018,5101)', 'View position', 'CS', 'PA'),
      row('(0028,0010)', 'Rows', 'US', String(height)),
    ],
    moreTags: 0,
  };
}

const FAKE_CACHE: CacheState = {
  mode: 'on',
  films: 38_214,
  bytes: 1.92e9,
  quota: 64.2e9,
  usage: 2.1e9,
  persisted: true,
};

export type Deliver = (summary: DatasetSummary) => void;

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** An intake that takes `beat` ms for each of forty slices, then hands the set to `deliver`. */
export function makeFakeIntake(deliver: Deliver, beat: number) {
  let round = 0;
  async function make(name: string, synthetic: boolean, paths: string[], onEvent: (e: IntakeEvent) => void) {
    const mine = ++round;
    const slice = Math.ceil(paths.length / 40);
    for (let done = 0; done < paths.length; done += slice) {
      await pause(beat);
      if (mine !== round) throw new AppError('cancelled');
      const until = Math.min(paths.length, done + slice);
      const indices = Array.from({ length: until - done }, (_, i) => done + i);
      onEvent({ type: 'thumbnails', thumbnails: indices.map(thumbnail) });
      onEvent({ type: 'progress', done: until, total: paths.length, skipped: synthetic ? 0 : 3, found: 0 });
    }
    const summary = summarise(name, synthetic, paths);
    deliver(summary);
    return summary;
  }
  let kept: readonly SourceFile[] = [];
  const empty = { ...FAKE_CACHE, films: 0, bytes: 0 };
  let cache: CacheState = FAKE_CACHE;
  return {
    readFiles(source: IntakeSource, { name }: { name: string }, onEvent: (e: IntakeEvent) => void) {
      const files = source === 'kept' ? kept : 'handles' in source ? [] : source;
      const paths = files.map(({ path }) => path).filter((path) => /\.(png|jpe?g|dcm)$/i.test(path));
      if (paths.length === 0) return Promise.reject(new AppError('folder-empty', ` in ${name}`));
      return make(name, false, paths, onEvent);
    },
    synthesise(_options: unknown, onEvent: (e: IntakeEvent) => void) {
      const paths = Array.from({ length: 416 }, (_, i) => `phantom-${String(i).padStart(4, '0')}`);
      return make('Synthetic phantoms', true, paths, onEvent);
    },
    async keepFiles(files: readonly SourceFile[], first: boolean) {
      kept = first ? files : [...kept, ...files];
    },
    thumbnails: async (films: readonly number[]) => films.map(thumbnail),
    cacheState: async () => cache,
    async eraseCache() {
      cache = empty;
      return empty;
    },
    async cancel() {
      round++;
    },
    view: async (path: string) => fakeView(path),
    stored: async () => ({ workers: 0, seconds: 0 }),
    arrange: () => Promise.reject(new AppError('not-ready', 'the fake intake reads no labels.')),
    scanLabels: () => Promise.reject(new AppError('not-ready', 'the fake intake reads no labels.')),
    matchProblems: async () => [],
    marksOf: async () => null,
  };
}
