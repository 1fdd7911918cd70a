import { describe, expect, it } from 'vitest';
import { filmsAsRows, LABEL_UNKNOWN } from '../protocol/dataset.ts';
import { assembleDataset, type DatasetParts, type Film } from './dataset.ts';
import { patientFromPath, patientOf } from './patient.ts';
import { filmsOf, Sampler } from './sampler.ts';
import { type SplitFilm, splitFilms } from './split.ts';

describe('the patient of a film', () => {
  it('is read from the customs of public sets', () => {
    expect(patientFromPath('images_001/images/00000061_012.png')).toBe('61');
    expect(patientFromPath('PNEUMONIA/person1_bacteria_1.jpeg')).toBe('person1');
    expect(patientFromPath('NORMAL/IM-0011-0001-0002.jpeg')).toBe('IM-0011');
    expect(patientFromPath('NORMAL/NORMAL2-IM-0012-0001.jpeg')).toBe('NORMAL2-IM-0012');
    expect(patientFromPath('train/patient00007/study1/view1_frontal.jpg')).toBe('patient00007');
    expect(patientFromPath('holiday.jpg')).toBeNull();
  });

  it('prefers the label file, then the header, and mistrusts what anonymisers write', () => {
    const path = '00000061_012.png';
    expect(patientOf({ path, column: '007', dicom: 'D' })).toEqual({ patient: '7', source: 'column' });
    expect(patientOf({ path, dicom: 'D1' })).toEqual({ patient: 'D1', source: 'dicom' });
    expect(patientOf({ path, dicom: 'ANONYMOUS' })).toEqual({ patient: '61', source: 'name' });
    expect(patientOf({ path: 'x.png', column: '' })).toEqual({ patient: 'x.png', source: 'film' });
  });
});

const cohort = (patients: number, filmsEach = 3): SplitFilm[] =>
  Array.from({ length: patients * filmsEach }, (_, i) => ({
    patient: `p${Math.floor(i / filmsEach)}`,
    positive: i % (4 * filmsEach) === 0,
    given: undefined,
  }));

const splitsByPatient = (films: readonly SplitFilm[], splits: readonly string[]) => {
  const seen = new Map<string, Set<string>>();
  films.forEach((film, i) => {
    seen.set(film.patient, (seen.get(film.patient) ?? new Set()).add(splits[i]!));
  });
  return [...seen.values()];
};

describe('the split', () => {
  it('deals 70 / 10 / 20 % of patients, each to one side, with as many positives on each', () => {
    const films = cohort(200);
    const { splits } = splitFilms(films, 1, null);
    const sides = splitsByPatient(films, splits);
    expect(sides.every((set) => set.size === 1)).toBe(true);
    const share = (split: string) => sides.filter((set) => set.has(split)).length;
    expect([share('train'), share('val'), share('test')]).toEqual([140, 20, 40]);
    const positives = films.filter((film, i) => film.positive && splits[i] === 'test').length;
    expect(positives).toBe(10);
  });

  it('depends on the seed and on patients, not on the order of films', () => {
    const films = cohort(50);
    const once = splitFilms(films, 1, null).splits;
    expect(splitFilms([...films].reverse(), 1, null).splits.toReversed()).toEqual(once);
    expect(splitFilms(films, 2, null).splits).not.toEqual(once);
  });

  it('holds one patient of three out for each side, and none of two', () => {
    expect(new Set(splitFilms(cohort(3, 1), 5, null).splits).size).toBe(3);
    expect(splitFilms(cohort(2), 5, null)).toMatchObject({ rule: expect.stringContaining('too few') });
  });

  it('keeps what is given, draws what is missing, and counts patients on two sides', () => {
    const films = cohort(40).map((film, i): SplitFilm => ({ ...film, given: i < 30 ? 'test' : 'train' }));
    const { splits, rule } = splitFilms(films, 1, 'column "split" of l.csv');
    expect(splits.slice(0, 30).every((split) => split === 'test')).toBe(true);
    expect(splits).toContain('val');
    expect(splitsByPatient(films, splits).every((set) => set.size === 1)).toBe(true);
    expect(rule).toMatch(/As given by column "split".*no val films/);
    const torn = films.map((film, i): SplitFilm => (i === 0 ? { ...film, given: 'train' } : film));
    expect(splitFilms(torn, 1, 'x').rule).toContain('puts 1 patient(s) into two splits');
    const noTrain = films.map((film): SplitFilm => ({ ...film, given: 'test' }));
    expect(() => splitFilms(noTrain, 1, 'x')).toThrow(expect.objectContaining({ code: 'split-impossible' }));
  });
});

describe('the sampler', () => {
  const films = Uint32Array.from({ length: 23 }, (_, i) => 100 + 2 * i);

  it('passes once over the films per epoch, in full batches, in a new order each time', () => {
    const sampler = new Sampler(films, 5, 9);
    expect(sampler.stepsPerEpoch).toBe(4);
    const epoch = (n: number) => [0, 1, 2, 3].flatMap((k) => [...sampler.batchIndices(4 * n + k)]);
    expect(new Set(epoch(0)).size).toBe(20);
    expect(epoch(0).every((film) => films.includes(film))).toBe(true);
    expect(epoch(1)).not.toEqual(epoch(0));
  });

  it('gives a step the same batch whatever was asked before', () => {
    const walked = new Sampler(films, 5, 9);
    const steps = Array.from({ length: 30 }, (_, step) => [...walked.batchIndices(step)]);
    for (const step of [29, 3, 17, 0]) {
      expect([...new Sampler(films, 5, 9).batchIndices(step)]).toEqual(steps[step]);
      expect([...walked.batchIndices(step)]).toEqual(steps[step]);
    }
    expect([...new Sampler(films, 5, 10).batchIndices(0)]).not.toEqual(steps[0]);
  });

  it('refuses fewer films than a batch', () => {
    expect(() => new Sampler(films, 24, 1)).toThrow(expect.objectContaining({ code: 'too-few-images' }));
  });
});

const film = (i: number): Film => ({
  path: `f${i}.png`,
  format: 'png',
  width: 2,
  height: 2,
  originalWidth: 20,
  originalHeight: 20,
  fileSize: 50,
  labels: i === 0 ? undefined : { labels: Uint8Array.of(i % 2, 0), patient: `p${Math.floor(i / 2)}` },
});

const parts = (films: readonly Film[], seed = 1): DatasetParts => ({
  name: 'test',
  synthetic: false,
  films,
  planes: films.map((_, i) => new Uint8Array(4).fill(i)),
  findings: ['A', 'B'],
  splitSource: null,
  report: null,
  skipped: [],
  seed,
  planeSize: 2,
  startedAt: performance.now(),
});

describe('the data set', () => {
  const films = Array.from({ length: 40 }, (_, i) => film(i));

  it('tells page and engine the same, film by film', async () => {
    const { summary, engine } = await assembleDataset(parts(films));
    const splits = ['train', 'val', 'test'];
    const rows = filmsAsRows(summary.images);
    rows.forEach((row, i) => {
      expect(splits[engine.splits[i]!]).toBe(row.split);
      expect([...engine.labels.subarray(2 * i, 2 * i + 2)]).toEqual([...row.labels]);
      expect(engine.planes[i]![0]).toBe(i);
    });
    expect([...rows[0]!.labels]).toEqual([LABEL_UNKNOWN, LABEL_UNKNOWN]);
    expect(engine.patients[2]).toBe(engine.patients[3]);
    expect(Math.max(...engine.patients)).toBe(20);
    const sum = (record: Record<string, number>) => Object.values(record).reduce((a, b) => a + b, 0);
    expect(sum(summary.counts[0]!.positives)).toBe(20);
    expect(sum(summary.counts[0]!.negatives)).toBe(19);
    expect(sum(summary.films)).toBe(40);
    expect(filmsOf(engine, 'test')).toHaveLength(summary.films.test);
    expect(summary.splitRule).toContain('1 film(s) name no patient');
  });

  it('has a fingerprint that follows content, not time', async () => {
    const print = async (p: DatasetParts) => (await assembleDataset(p)).summary.fingerprint;
    const first = await print(parts(films));
    expect(await print(parts(films))).toBe(first);
    expect(await print(parts(films.slice(1)))).not.toBe(first);
    expect(await print({ ...parts(films), planeSize: 3 })).not.toBe(first);
  });
});
