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
    findings: i % (4 * filmsEach) === 0 ? [0] : [],
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
    const { splits } = splitFilms(films, { seed: 1 }, null);
    const sides = splitsByPatient(films, splits);
    expect(sides.every((set) => set.size === 1)).toBe(true);
    const share = (split: string) => sides.filter((set) => set.has(split)).length;
    expect([share('train'), share('val'), share('test')]).toEqual([140, 20, 40]);
    const positives = films.filter((film, i) => film.findings.length > 0 && splits[i] === 'test').length;
    expect(positives).toBe(10);
  });

  it('depends on the seed and on patients, not on the order of films', () => {
    const films = cohort(50);
    const once = splitFilms(films, { seed: 1 }, null).splits;
    expect(splitFilms([...films].reverse(), { seed: 1 }, null).splits.toReversed()).toEqual(once);
    expect(splitFilms(films, { seed: 2 }, null).splits).not.toEqual(once);
  });

  it('holds one patient of three out for each side, and none of two', () => {
    expect(new Set(splitFilms(cohort(3, 1), { seed: 5 }, null).splits).size).toBe(3);
    expect(splitFilms(cohort(2), { seed: 5 }, null)).toMatchObject({
      rule: expect.stringContaining('too few'),
    });
  });

  it('keeps what is given and draws what is missing', () => {
    const films = cohort(40).map((film, i): SplitFilm => ({ ...film, given: i < 30 ? 'test' : 'train' }));
    const { splits, rule } = splitFilms(films, { seed: 1 }, 'column "split" of l.csv');
    expect(splits.slice(0, 30).every((split) => split === 'test')).toBe(true);
    expect(splits).toContain('val');
    expect(splitsByPatient(films, splits).every((set) => set.size === 1)).toBe(true);
    expect(rule).toMatch(/As given by column "split".*no val films/);
    const noTrain = films.map((film): SplitFilm => ({ ...film, given: 'test' }));
    expect(() => splitFilms(noTrain, { seed: 1 }, 'x')).toThrow(
      expect.objectContaining({ code: 'split-impossible' }),
    );
  });
});

describe('a drawn split', () => {
  const many = (patients: number): SplitFilm[] =>
    Array.from({ length: patients }, (_, i) => ({
      patient: `p${i}`,
      findings: [...(i % 50 === 0 ? [2] : []), ...(i % 7 === 0 ? [1] : []), ...(i % 2 === 0 ? [0] : [])],
      given: undefined,
    }));
  const having = (films: readonly SplitFilm[], splits: readonly string[], finding: number) =>
    ['train', 'val', 'test'].map(
      (part) => films.filter((film, i) => film.findings.includes(finding) && splits[i] === part).length,
    );

  it('gives each part its share of every finding, the rare ones included', () => {
    const films = many(1000);
    const { splits, rule } = splitFilms(films, { seed: 3, stratify: 'every' }, null);
    expect(having(films, splits, 2)).toEqual([14, 2, 4]);
    const [train, val, test] = having(films, splits, 1) as [number, number, number];
    expect(Math.abs(train - 0.7 * 143)).toBeLessThan(4);
    expect(Math.abs(val - 14.3)).toBeLessThan(4);
    expect(Math.abs(test - 28.6)).toBeLessThan(4);
    expect(rule).toContain('each finding evenly');
  });

  it('takes other shares, and refuses what is no whole', () => {
    const films = many(1000);
    const shares = { train: 50, val: 0, test: 50 };
    const { splits } = splitFilms(films, { seed: 1, shares }, null);
    expect(splits.filter((split) => split === 'train')).toHaveLength(500);
    expect(having(films, splits, 0)[0]).toBeCloseTo(250, -1);
    expect(splits).not.toContain('val');
    for (const wrong of [
      { train: 0, val: 50, test: 50 },
      { train: 70, val: 10, test: 30 },
    ]) {
      expect(() => splitFilms(films, { shares: wrong }, null)).toThrow(
        expect.objectContaining({ code: 'split-impossible' }),
      );
    }
  });

  it('can be drawn although another is given', () => {
    const films = many(100).map((film): SplitFilm => ({ ...film, given: 'train' }));
    const { splits } = splitFilms(films, { source: 'drawn' }, 'x');
    expect(new Set(splits)).toEqual(new Set(['train', 'val', 'test']));
  });
});

describe('an overlapping split', () => {
  /** The authors' lists in numbers: 75,312 training and 11,219 test films, 7,667 of them in both (Q10). */
  const lists: SplitFilm[] = [
    ...Array.from(
      { length: 75_312 },
      (_, i): SplitFilm => ({
        // Test patients 0 to 2,394 have all the shared films; the others are training's own.
        patient: i < 7_667 ? `p${i % 2_395}` : `q${i}`,
        findings: [],
        given: 'train',
        alsoIn: i < 7_667 ? ['test'] : undefined,
      }),
    ),
    ...Array.from(
      { length: 11_219 - 7_667 },
      (_, i): SplitFilm => ({
        patient: i < 695 ? `p${2_395 + i}` : `p${2_395 + (i % 695)}`,
        findings: [],
        given: 'test',
      }),
    ),
  ];

  it('is refused with the count of files and patients', () => {
    expect(() => splitFilms(lists, {}, 'the lists')).toThrow(
      expect.objectContaining({
        code: 'split-overlap',
        message: expect.stringContaining(
          '7,667 of 11,219 test films are in train too, with 2,395 of 3,090 test patients',
        ),
      }),
    );
  });

  it('is refused for patients alone', () => {
    const films = cohort(4, 2).map((film, i): SplitFilm => ({ ...film, given: i < 3 ? 'train' : 'test' }));
    expect(() => splitFilms(films, {}, 'x')).toThrow('1 of 3 test patients are in train too');
  });

  it('goes when the overlap is left out of training, and test stays whole', () => {
    const { splits, rule } = splitFilms(lists, { overlap: 'leave-out' }, 'the lists');
    expect(splits.filter((split) => split === 'test')).toHaveLength(11_219);
    expect(splitsByPatient(lists, splits).every((set) => set.size === 1)).toBe(true);
    expect(rule).toContain('no val films');
    const torn = cohort(4, 2).map((film, i): SplitFilm => ({ ...film, given: i < 3 ? 'train' : 'test' }));
    const placed = splitFilms([...torn, ...cohort(40)], { overlap: 'leave-out' }, 'x');
    expect(placed.splits[2]).toBe('out');
    expect(placed.rule).toContain('1 film(s) are left out');
  });

  it('may be kept in training, so that the clean remainder is scored', () => {
    const { splits } = splitFilms(lists, { overlap: 'keep-training' }, 'the lists');
    expect(splitsByPatient(lists, splits).every((set) => set.size === 1)).toBe(true);
    const kept = (part: string) => splits.filter((split) => split === part).length;
    expect([kept('train') + kept('val'), kept('test')]).toEqual([75_312, 3_552]);
    const tested = lists.filter((_, i) => splits[i] === 'test');
    expect(new Set(tested.map(({ patient }) => patient)).size).toBe(695);
  });

  it('may have validation and test alike, as the authors have them', () => {
    const same = cohort(20).map(
      (film, i): SplitFilm => ({
        ...film,
        given: i < 30 ? 'train' : 'val',
        alsoIn: i < 30 ? undefined : ['test'],
      }),
    );
    expect(() => splitFilms(same, {}, 'x')).toThrow('30 of 30 test films are in val too');
    const { splits } = splitFilms(same, { overlap: 'leave-out' }, 'x');
    expect(splits.slice(30).every((split) => split === 'test')).toBe(true);
    expect(splits.slice(0, 30)).toContain('val');
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
    expect(() => new Sampler(films, 24, 1)).toThrow(expect.objectContaining({ code: 'too-few-films' }));
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
  split: { seed },
  planeSize: 2,
  startedAt: performance.now(),
});

describe('the data set', () => {
  const films = Array.from({ length: 40 }, (_, i) => film(i));

  it('tells page and engine the same, film by film', async () => {
    const { summary, engine } = await assembleDataset(parts(films));
    const splits = ['train', 'val', 'test'];
    const rows = filmsAsRows(summary.filmTable);
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

  it('takes lateral views from labels, else from the tag', async () => {
    const views = films.map(
      (each, i): Film => ({
        ...each,
        ...(i < 3 ? { taking: { view: 'LL' } } : {}),
        labels: {
          labels: Uint8Array.of(0, 0),
          ...(i === 2 ? { lateral: false } : i === 5 ? { lateral: true } : {}),
        },
      }),
    );
    const judged = { ...parts(views), duplicates: new Int32Array(views.length).fill(-1) };
    const { summary } = await assembleDataset({ ...judged, leaveOut: ['lateral'] });
    expect([...summary.filmTable.splits].flatMap((split, film) => (split === 255 ? [film] : []))).toEqual([
      0, 1, 5,
    ]);
    expect(summary.leftOut).toBe(3);
  });

  it('has a fingerprint that follows content, not time', async () => {
    const print = async (p: DatasetParts) => (await assembleDataset(p)).summary.fingerprint;
    const first = await print(parts(films));
    expect(await print(parts(films))).toBe(first);
    expect(await print(parts(films.slice(1)))).not.toBe(first);
    expect(await print({ ...parts(films), planeSize: 3 })).not.toBe(first);
  });
});
