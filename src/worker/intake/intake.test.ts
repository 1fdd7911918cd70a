import { encode } from 'fast-png';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { eraseCache, FilmCache } from '../../cache/filmCache.ts';
import { PackReader, type Range } from '../../cache/packs.ts';
import { MemoryDisk, MemoryIndex } from '../../cache/testDisk.ts';
import { decodeFilm } from '../../data/decode.ts';
import { planSyntheticSet, renderEntry } from '../../data/synthetic/set.ts';
import { type EngineDataset, filmAt, filmsAsRows } from '../../protocol/dataset.ts';
import type { IntakeEvent, IntakeOptions, SourceFile } from '../../protocol/intake.ts';
import { filmCount, planesOf, type TrainingSet } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import type { Drawer } from '../engine/drawnPlanes.ts';
import { type CacheAccess, NO_CACHE } from './cacheAccess.ts';
import type { Decoder } from './films.ts';
import { Intake } from './intake.ts';
import { IntakeLink } from './link.ts';

const channels: MessageChannel[] = [];
afterEach(() => {
  for (const { port1, port2 } of channels.splice(0)) {
    port1.close();
    port2.close();
  }
});

/** An intake with a listening engine; decodes in this thread, later films first to upset the order. */
function connect(decoder?: Decoder) {
  const channel = new MessageChannel();
  channels.push(channel);
  const intake = new Intake(
    (options) =>
      decoder ?? {
        decode: async ({ path, file }) => {
          await new Promise((resolve) => setTimeout(resolve, path.includes('0') ? 8 : 0));
          return decodeFilm(file, options);
        },
        dispose: () => undefined,
      },
  );
  intake.connectEngine(channel.port1);
  const delivered = new Promise<EngineDataset>((resolve) => {
    channel.port2.onmessage = ({ data }) => resolve(data);
  });
  return { intake, delivered, port: channel.port2 };
}

const png = (path: string, shade: number): SourceFile => {
  const data = new Uint8Array(20 * 10).fill(shade);
  data[0] = 0;
  data[1] = 255;
  const bytes = encode({ width: 20, height: 10, data, channels: 1, depth: 8 });
  return { path, file: new File([bytes.slice()], 'x', { lastModified: 1 }) };
};
const text = (path: string, content: string): SourceFile => ({
  path,
  file: new File([content], 'x', { lastModified: 1 }),
});

const OPTIONS: IntakeOptions = { name: 'folder', planeSize: 16, seed: 1 };
const ignore = () => undefined;
const films = (count: number) =>
  Array.from({ length: count }, (_, i) => png(`set/${String(i).padStart(3, '0')}.png`, 10 + i));
const csv = (count: number, column = 'Mass') =>
  `file,${column},keep\n${Array.from({ length: count }, (_, i) => `${String(i).padStart(3, '0')}.png,${i % 2},${Number(i < 4)}`).join('\n')}\n`;

describe('reading a folder', () => {
  it('hands films, labels and split to both sides in the same order, and lists what was left out', async () => {
    const { intake, delivered } = connect();
    const events: IntakeEvent[] = [];
    const files = [
      ...films(12).reverse(),
      text('set/labels.csv', csv(13)),
      text('set/other.csv', 'a,b\n1,2\n'),
      text('set/readme.txt', 'no film'),
      text('.DS_Store', ''),
      text('__MACOSX/set/000.png', ''),
      { path: 'set/cut.png', file: new File([(await films(1)[0]!.file.arrayBuffer()).slice(0, 40)], 'x') },
    ];
    const summary = await intake.readFiles(files, OPTIONS, (event) => events.push(event));
    const engine = await delivered;

    expect(summary.filmTable.paths).toEqual(films(12).map(({ path }) => path));
    expect(engine.planes.map((plane) => plane.at(-1))).toEqual(films(12).map((_, i) => 10 + i));
    expect([engine.widths[0], engine.heights[0]]).toEqual([16, 8]);
    expect(filmAt(summary.filmTable, 3)).toMatchObject({ width: 20, height: 10, format: 'png' });
    expect(summary.findings).toEqual(['Mass', 'keep']);
    expect([...engine.labels.filter((_, i) => i % 2 === 0)]).toEqual(films(12).map((_, i) => i % 2));
    expect(summary.labels).toMatchObject({
      file: 'labels.csv',
      rows: 13,
      rowsWithoutFile: 1,
      filesWithoutRow: 0,
    });
    expect(Object.fromEntries(summary.skipped.map(({ path, error }) => [path, error.code]))).toEqual({
      'set/other.csv': 'labels-unreadable',
      'set/cut.png': 'image-corrupt',
      'set/readme.txt': 'format-unknown',
    });
    expect(engine.fingerprint).toBe(summary.fingerprint);

    const thumbnails = events.flatMap((event) => (event.type === 'thumbnails' ? event.thumbnails : []));
    expect(thumbnails.map(({ index, bytes }) => [index, bytes.at(-1)])).toEqual(
      films(12).map((_, i) => [i, 10 + i]),
    );
    expect(events.findLast((event) => event.type === 'progress')).toMatchObject({
      done: 13,
      total: 13,
      skipped: 1,
    });
  });

  it('decodes only the rows asked for, and no more films than asked for', async () => {
    const files = [...films(12), text('l.csv', csv(12))];
    const where = { column: 'keep', value: '1' };
    const { filmTable } = await connect().intake.readFiles(files, { ...OPTIONS, where }, ignore);
    expect(filmTable).toHaveLength(4);
    const limited = await connect().intake.readFiles(files, { ...OPTIONS, limit: 5 }, ignore);
    expect(limited.filmTable).toHaveLength(5);
  });

  it('takes classes from folders when there is no label file', async () => {
    const files = [png('NORMAL/a.png', 1), png('NORMAL/b.png', 2), png('SICK/c.png', 3)];
    const summary = await connect().intake.readFiles(files, OPTIONS, ignore);
    expect(filmsAsRows(summary.filmTable).map(({ labels }) => labels[0])).toEqual([0, 0, 1]);
  });

  it('uses the label file that is named, and throws its failures', async () => {
    const files = [
      ...films(3),
      text('a.csv', csv(3, 'A')),
      text('b.csv', csv(2, 'B')),
      text('c.csv', 'x\n1\n'),
    ];
    const read = (labelFile: string) => connect().intake.readFiles(files, { ...OPTIONS, labelFile }, ignore);
    expect((await read('b.csv')).findings[0]).toBe('B');
    await expect(read('c.csv')).rejects.toMatchObject({ code: 'labels-unreadable' });
    await expect(read('d.csv')).rejects.toMatchObject({ code: 'labels-unreadable' });
  });

  it('names what went wrong with the whole', async () => {
    const { intake } = connect();
    const failing: [SourceFile[], string][] = [
      [[], 'folder-empty'],
      [[text('a.txt', 'x')], 'folder-empty'],
      [[png('a.png', 1), text('l.csv', 'file,Mass\nq.png,1\n')], 'labels-unmatched'],
    ];
    for (const [files, code] of failing) {
      await expect(intake.readFiles(files, OPTIONS, ignore)).rejects.toMatchObject({ code });
    }
    const where = { column: 'keep', value: '1' };
    await expect(intake.readFiles(films(1), { ...OPTIONS, where }, ignore)).rejects.toMatchObject({
      code: 'labels-missing',
    });
  });

  it('stops when cancelled and can start anew', async () => {
    const { intake } = connect();
    const first = intake.readFiles(films(40), OPTIONS, () => intake.cancel());
    await expect(first).rejects.toMatchObject({ code: 'cancelled' });
    expect((await intake.readFiles(films(3), OPTIONS, ignore)).filmTable).toHaveLength(3);
  });

  it('does not take the death of the decoder for bad files', async () => {
    const dead = { decode: () => Promise.reject(new AppError('worker-failed', 'x')), dispose: ignore };
    await expect(connect(dead).intake.readFiles(films(2), OPTIONS, ignore)).rejects.toMatchObject({
      code: 'worker-failed',
    });
  });

  it('refuses early what memory cannot hold', async () => {
    const huge = {
      decode: async ({ file }: SourceFile) => {
        const film = await decodeFilm(file, { planeSize: 8, thumbnailSize: 8 });
        return { ...film, plane: Object.defineProperty(film.plane, 'length', { value: 2 ** 34 }) };
      },
      dispose: ignore,
    };
    await expect(connect(huge).intake.readFiles(films(40), OPTIONS, ignore)).rejects.toMatchObject({
      code: 'set-too-large',
    });
  });
});

describe('arranging films that are read', () => {
  const lists = (train: number[], test: number[]) => {
    const names = (numbers: number[]) => numbers.map((i) => `${String(i).padStart(3, '0')}.png`).join('\n');
    return [text('train_val_list.txt', names(train)), text('test_list.txt', names(test))];
  };
  const range = (from: number, to: number) => Array.from({ length: to - from }, (_, i) => from + i);

  it('reads labels anew without decoding, and tells the engine', async () => {
    const messages: Record<string, unknown>[] = [];
    const { intake, port } = connect();
    port.onmessage = ({ data }) => messages.push(data);
    const columns = 'file,Mass,Edema\n000.png,1,-1\n001.png,0,1\n';
    const files = [...films(12), text('a.csv', columns), text('b.csv', csv(12, 'Nodule'))];
    const first = await intake.readFiles(files, OPTIONS, ignore);
    expect(first.findings).toEqual(['Nodule', 'keep', 'Mass', 'Edema']);
    expect(first.scan?.tables.map(({ path, matched }) => [path, matched])).toEqual([
      ['a.csv', 2],
      ['b.csv', 12],
    ]);
    const second = await intake.arrange({ labels: { file: 'a.csv', uncertain: 'one', findings: ['Edema'] } });
    expect(second.findings).toEqual(['Edema']);
    expect([...second.filmTable.labels.subarray(0, 3)]).toEqual([1, 1, 255]);
    expect(second.fingerprint).not.toBe(first.fingerprint);
    await expect.poll(() => messages.length).toBe(2);
    expect(messages[1]).toMatchObject({ arranges: first.fingerprint, fingerprint: second.fingerprint });
    expect(messages[1]).not.toHaveProperty('planes');
    const back = await intake.arrange({ labels: {} });
    expect(back.fingerprint).toBe(first.fingerprint);
    expect(intake.matchProblems()).toEqual([]);
    await expect(intake.arrange({ labels: { file: 'q.csv' } })).rejects.toMatchObject({
      code: 'labels-unreadable',
    });
  });

  it('refuses overlapping lists before it decodes, and reads them once a way out is chosen', async () => {
    const { intake } = connect();
    const files = [...films(12), ...lists(range(0, 9), range(6, 12))];
    await expect(intake.readFiles(files, OPTIONS, ignore)).rejects.toMatchObject({
      code: 'split-overlap',
      message: expect.stringContaining('3 of 6 test films are in train too'),
    });
    const {
      filmTable,
      films: counts,
      leftOut,
    } = await intake.readFiles(files, { ...OPTIONS, split: { overlap: 'leave-out' } }, ignore);
    expect(filmTable.length).toBe(12);
    expect(counts.test).toBe(6);
    expect(leftOut).toBe(0);
    const drawn = await intake.arrange({ split: { source: 'drawn', seed: 4 } });
    expect(drawn.splitRule).toContain('drawn with seed 4');
  });

  it('flags what looks wrong, and leaves it out on request', async () => {
    const { intake } = connect();
    const side = 48;
    const picture = (path: string, grey: (x: number, y: number) => number): SourceFile => {
      const data = Uint8Array.from({ length: side * side }, (_, i) => grey(i % side, Math.floor(i / side)));
      return {
        path,
        file: new File([encode({ width: side, height: side, data, channels: 1, depth: 8 }).slice()], 'x'),
      };
    };
    const wave = (k: number) => (x: number, y: number) =>
      128 + 60 * Math.sin((x * k) / 7) * Math.cos((y * (9 - k)) / 11);
    const files = [
      ...Array.from({ length: 6 }, (_, i) => picture(`a${i}.png`, wave(i + 1))),
      picture('copy.png', wave(2)),
      picture('dark.png', (x) => x % 17),
      picture('flat.png', () => 90),
    ];
    const options = { ...OPTIONS, planeSize: 48 };
    const { quality, filmTable, leftOut } = await intake.readFiles(files, options, ignore);
    const counts = (report: typeof quality) =>
      Object.fromEntries(
        report!.counts.filter(({ flag }) => flag !== 'inverted').map(({ flag, films }) => [flag, films]),
      );
    expect(counts(quality)).toEqual({ constant: 1, dark: 1, duplicate: 1, lateral: 0, aspect: 0 });
    expect([...quality!.duplicateOf]).toEqual([[6, 1]]);
    expect(leftOut).toBe(0);
    const without = await intake.arrange({ leaveOut: ['constant', 'duplicate'] });
    expect(without.leftOut).toBe(2);
    expect(without.filmTable.length).toBe(filmTable.length);
    expect([without.filmTable.splits[6], without.filmTable.splits[8]]).toEqual([255, 255]);
    expect(without.films.train + without.films.val + without.films.test).toBe(7);
  });

  it('gives boxes as shares of the film, and looks at labels without opening films', async () => {
    const { intake } = connect();
    const boxes = text(
      'BBox_List_2017.csv',
      'Image Index,Finding Label,Bbox [x,y,w,h],,,\n001.png,Mass,512,0,256,1024\n',
    );
    const files = [...films(3), boxes, text('l.csv', csv(3))];
    const { labels } = await intake.readFiles(files, OPTIONS, ignore);
    expect(labels?.marks).toEqual({ films: 1, boxes: 1, masks: 0 });
    expect(await intake.marksOf(0)).toBeNull();
    expect((await intake.marksOf(1))?.boxes).toMatchObject([
      { finding: 'Mass', x: 0.5, y: 0, width: 0.25, height: 1 },
    ]);
    const unread = [{ path: '000.png', file: new File(['no film'], 'x') }, text('l.csv', csv(3))];
    const scan = await intake.scanLabels(unread, {});
    expect(scan.report).toMatchObject({ rows: 3, matchedRows: 1, rowsWithoutFile: 2 });
    expect(scan.positives).toEqual([0, 1]);
  });
});

describe('masks of a folder', () => {
  const picture = (path: string, bright: (x: number, y: number) => boolean): SourceFile => {
    const data = Uint8Array.from({ length: 8 }, (_, i) => (bright(i % 4, i >> 2) ? 255 : 0));
    const bytes = encode({ width: 4, height: 2, data, channels: 1, depth: 8 });
    return { path, file: new File([bytes.slice()], 'x', { lastModified: 1 }) };
  };
  const arrivedAt = async (files: SourceFile[]) => {
    const { intake, port } = connect();
    const sets: (TrainingSet | null)[] = [];
    new IntakeLink(port, (set) => sets.push(set));
    const summary = await intake.readFiles(files, OPTIONS, ignore);
    await arrived(sets);
    return { intake, summary, masks: sets.at(-1)!.masks };
  };

  it('come from PNG files of the same name, run lengths and boxes, and one that is broken is named', async () => {
    const pictures = [0, 1, 2, 3].map((i) => png(`set/images/00${i}.png`, 10 + i));
    const broken = { path: 'set/masks/002.png', file: new File(['no picture'], 'x') };
    const left = picture('set/masks/000.png', (x) => x < 2);
    const { intake, summary, masks } = await arrivedAt([
      ...pictures,
      left,
      picture('set/masks/001.png', () => false),
      broken,
      text('set/labels.csv', 'file,Mass\n000.png,1\n001.png,0\n002.png,1\n003.png,0\n'),
    ]);
    expect(summary.marked).toEqual(['Mass']);
    const found = await masks!.read([3, 2, 1, 0], ['Mass'], 4);
    const half = Uint8Array.from({ length: 16 }, (_, i) => Number(i % 4 < 2));
    expect(found.inside).toEqual([null, null, new Uint8Array(16), half]);
    expect(found.marked.map(([one]) => one)).toEqual([0, 0, 1, 1]);
    expect(found.failed).toMatchObject([{ film: 2, reason: expect.stringMatching(/PNG|picture|image/i) }]);
    expect((await intake.marksOf(0))?.masks).toMatchObject([{ finding: 'Mass', width: 4, height: 2 }]);
  });

  it('come from the label files, and there are none where nothing is drawn', async () => {
    const runs = `ImageId,EncodedPixels\n000.png,0 ${512 * 1024}\n001.png,-1\n`;
    const { summary, masks } = await arrivedAt([...films(2), text('set/siim.csv', runs)]);
    expect(summary.marked).toEqual(['Pneumothorax']);
    const { inside } = await masks!.read([0, 1], ['Pneumothorax'], 2);
    expect(inside).toEqual([Uint8Array.of(1, 0, 1, 0), null]);
    const without = await arrivedAt([...films(4), text('l.csv', csv(4))]);
    expect([without.summary.marked, without.masks]).toEqual([undefined, undefined]);
  });
});

describe('the synthetic set', () => {
  const SET = { patients: 12, difficulty: 'classroom', seed: 1, planeSize: 48 } as const;

  /** The engine's end, whose films are drawn here instead of in workers. */
  function withEngine() {
    const channel = new MessageChannel();
    channels.push(channel);
    const intake = new Intake(() => ({
      decode: () => Promise.reject(new Error('no files')),
      dispose: ignore,
    }));
    intake.connectEngine(channel.port1);
    const sets: (TrainingSet | null)[] = [];
    const drawer = (): Drawer => ({
      draw: async (set, wanted) => {
        const entries = planSyntheticSet(set);
        return Uint8Array.from(wanted.flatMap((at) => [...renderEntry(entries[at]!, set.side).plane]));
      },
      close: ignore,
    });
    new IntakeLink(channel.port2, (set) => sets.push(set), undefined, drawer);
    return { intake, sets };
  }

  it('arrives labelled synthetic, split by patient, before a film is drawn', async () => {
    const { intake, delivered } = connect();
    const summary = await intake.synthesise(SET, ignore);
    expect(summary).toMatchObject({ synthetic: true, name: expect.stringMatching(/synthetic/i) });
    expect((await delivered).drawn).toEqual({ patients: 12, difficulty: 'classroom', seed: 1, side: 48 });
    const splits = new Map<string, Set<string>>();
    for (const { patient, split } of filmsAsRows(summary.filmTable)) {
      splits.set(patient, (splits.get(patient) ?? new Set()).add(split));
    }
    expect([...splits.values()].every((set) => set.size === 1)).toBe(true);
    expect(splits.size).toBe(12);
    const [thumbnail] = await intake.thumbnails([3]);
    expect(thumbnail).toMatchObject({ index: 3, width: 96, height: 96 });
  });

  it('knows where each finding of a film lies, and of no other', async () => {
    const { intake } = withEngine();
    const { filmTable, findings } = await intake.synthesise(SET, ignore);
    for (const [film, { labels }] of filmsAsRows(filmTable).entries()) {
      const has = findings.filter((_, k) => labels[k] === 1);
      const { masks } = (await intake.marksOf(film))!;
      expect(masks.map(({ finding }) => finding).sort()).toEqual(has.toSorted());
      expect(masks.every(({ bytes, width }) => bytes.length === width * width && bytes.includes(1))).toBe(
        true,
      );
    }
  });

  it('gives the engine the masks of findings that it asks for, at its side', async () => {
    const { intake, sets } = withEngine();
    await intake.synthesise(SET, ignore);
    await arrived(sets);
    const entries = planSyntheticSet(SET);
    const films = [...entries.keys()];
    const { inside, marked, failed } = await sets[0]!.masks!.read(films, ['Effusion', 'Nodule'], 24);
    for (const [film, entry] of entries.entries()) {
      const { Effusion, Nodule } = renderEntry(entry, 24).masks;
      expect([...marked[film]!]).toEqual([Effusion, Nodule].map((mask) => Number(mask !== undefined)));
      const union =
        Effusion && Nodule ? Effusion.map((value, i) => value | Nodule[i]!) : (Effusion ?? Nodule);
      expect(inside[film]).toEqual(union ?? null);
    }
    expect(failed).toEqual([]);
    await intake.synthesise({ ...SET, seed: 2 }, ignore);
    await expect(sets[0]!.masks!.read([0], ['Nodule'], 24)).rejects.toMatchObject({ code: 'not-ready' });
  });

  it('is drawn for the engine film by film, in whatever order it asks', async () => {
    const { intake, sets } = withEngine();
    const summary = await intake.synthesise(SET, ignore);
    await arrived(sets);
    const entries = planSyntheticSet(SET);
    const planes = planesOf(sets[0]!);
    for (const wanted of [Uint32Array.of(7, 0, 7), Uint32Array.from(entries.keys())]) {
      const read = await planes.read(wanted);
      expect(read).toEqual(Array.from(wanted, (at) => renderEntry(entries[at]!, 48).plane));
    }
    expect(summary.filmTable.length).toBe(entries.length);
  });

  it('is another set under another seed or difficulty', async () => {
    const { intake } = withEngine();
    const prints = [];
    for (const other of [SET, { ...SET, seed: 2 }, { ...SET, difficulty: 'fine' }] as const) {
      prints.push((await intake.synthesise(other, ignore)).fingerprint);
    }
    expect(new Set(prints).size).toBe(3);
  });
});

/** A cache in memory that outlives the intakes that open it. */
function memoryCache(writer = true, quota: number | null = null) {
  const [disk, index] = [new MemoryDisk(), new MemoryIndex()];
  const grant = async () => {
    const used = [...disk.files.values()].reduce((sum, { length }) => sum + length, 0);
    return { quota, usage: quota && quota * 0.9 - 1000 + used, persisted: false };
  };
  const access: CacheAccess = {
    ...NO_CACHE,
    open: (options) => FilmCache.open({ disk, index, grant, writer }, options),
    erase: async () => void (await eraseCache({ disk, index })),
  };
  return { disk, index, access };
}

/** A decoder that counts. */
function counting() {
  const decoded: string[] = [];
  const make = (options: { planeSize: number; thumbnailSize: number }): Decoder => ({
    decode: ({ path, file }) => {
      decoded.push(path);
      return decodeFilm(file, options);
    },
    dispose: ignore,
  });
  return { decoded, make };
}

/** A new intake over the same storage, its engine reading packs from it. */
function visit(storage: ReturnType<typeof memoryCache>) {
  const { decoded, make } = counting();
  const channel = new MessageChannel();
  channels.push(channel);
  const intake = new Intake(make, undefined, storage.access);
  intake.connectEngine(channel.port1);
  const sets: (TrainingSet | null)[] = [];
  const reader = () => ({
    read: (ranges: readonly Range[]) => new PackReader(storage.disk).read(ranges),
    close: ignore,
  });
  new IntakeLink(channel.port2, (set) => sets.push(set), reader);
  const planes = async (set: TrainingSet | null | undefined) => {
    const films = Uint32Array.from({ length: filmCount(set!) }, (_, i) => i);
    return (await planesOf(set!).read(films)).map((plane) => plane.at(-1));
  };
  return { intake, decoded, sets, planes };
}

const arrived = (sets: readonly unknown[], count = 1) => vi.waitFor(() => expect(sets).toHaveLength(count));

describe('a folder that was read before', () => {
  const shades = (count: number) => films(count).map((_, i) => 10 + i);

  it('is not decoded again, and its planes, thumbnails and fingerprint are the same', async () => {
    const storage = memoryCache();
    const first = visit(storage);
    const files = [...films(12), text('set/readme.txt', 'no film')];
    const before = await first.intake.readFiles(files, OPTIONS, ignore);
    await arrived(first.sets);
    expect(before.storage).toMatchObject({ found: 0, cached: 12, memory: 0, notice: null });
    expect(await first.planes(first.sets[0])).toEqual(shades(12));

    const second = visit(storage);
    const events: IntakeEvent[] = [];
    const after = await second.intake.readFiles(
      [...films(12), text('set/readme.txt', 'no film')],
      OPTIONS,
      (event) => events.push(event),
    );
    await arrived(second.sets);
    expect(second.decoded).toEqual([]);
    expect(after.storage).toMatchObject({ found: 12, cached: 12 });
    expect(after.fingerprint).toBe(before.fingerprint);
    expect(after.filmTable).toEqual(before.filmTable);
    expect(after.skipped.map(({ error }) => error.code)).toEqual(['format-unknown']);
    expect(await second.planes(second.sets[0])).toEqual(shades(12));
    expect(events.findLast((event) => event.type === 'progress')).toMatchObject({
      done: 12,
      found: 12,
      skipped: 0,
    });
    const [thumbnail] = await second.intake.thumbnails([7]);
    expect(thumbnail).toMatchObject({ index: 7, width: 16, height: 8 });
    expect(thumbnail!.bytes.at(-1)).toBe(17);
  });

  it('decodes what was changed or added, and nothing else', async () => {
    const storage = memoryCache();
    await visit(storage).intake.readFiles(films(5), OPTIONS, ignore);
    const changed = films(7).map((source, i) =>
      i === 2 ? { ...source, file: new File([source.file], 'x', { lastModified: 5 }) } : source,
    );
    const { intake, decoded } = visit(storage);
    await intake.readFiles(changed, OPTIONS, ignore);
    expect(decoded).toEqual(['set/002.png', 'set/005.png', 'set/006.png']);
    const other = visit(storage);
    await other.intake.readFiles(films(5), { ...OPTIONS, planeSize: 8 }, ignore);
    expect(other.decoded).toHaveLength(5);
  });

  it('keeps what was decoded before it was cancelled', async () => {
    const storage = memoryCache();
    const { intake, decoded } = visit(storage);
    const cancelled = intake.readFiles(films(200), OPTIONS, (event) => {
      if (event.type === 'progress' && event.done > 60) intake.cancel();
    });
    await expect(cancelled).rejects.toMatchObject({ code: 'cancelled' });
    const again = visit(storage);
    await again.intake.readFiles(films(200), OPTIONS, ignore);
    expect(decoded.length).toBeGreaterThan(60);
    expect(again.decoded.length).toBeLessThanOrEqual(140);
  });

  it('is trained on from memory where storage is full or another tab writes it, and says so', async () => {
    const full = memoryCache();
    full.disk.limit = 16 * 8 * 3;
    const first = visit(full);
    const summary = await first.intake.readFiles(films(6), OPTIONS, ignore);
    await arrived(first.sets);
    expect(summary.storage).toMatchObject({ cached: 3, memory: 3, notice: expect.stringMatching(/used up/) });
    expect(await first.planes(first.sets[0])).toEqual(shades(6));
    const beside = visit(memoryCache(false));
    const other = await beside.intake.readFiles(films(6), OPTIONS, ignore);
    await arrived(beside.sets);
    expect(other.storage).toMatchObject({
      cached: 0,
      memory: 6,
      notice: expect.stringMatching(/Another tab/),
    });
    expect(await beside.planes(beside.sets[0])).toEqual(shades(6));
  });

  it('says before it begins that storage will not do, and what follows; without storage it says so too', async () => {
    const { intake } = visit(memoryCache(true, 10_000));
    const events: IntakeEvent[] = [];
    const { storage } = await intake.readFiles(films(12), OPTIONS, (event) => events.push(event));
    const notice = events.findIndex(({ type }) => type === 'notice');
    expect(events[notice]).toMatchObject({
      text: expect.stringMatching(/12 films may need 3\.07 kB .*1 kB are left/),
    });
    expect(notice).toBeLessThan(events.findIndex(({ type }) => type === 'progress'));
    expect(storage).toMatchObject({ cached: 7, memory: 5 });
    const none = visit({ ...memoryCache(), access: { ...NO_CACHE, open: async () => null } });
    const other = await none.intake.readFiles(films(3), OPTIONS, ignore);
    expect(other.storage?.notice).toMatch(/no storage, so 3 film\(s\) are held in memory/);
  });

  it('mends a plane that is lost while it is trained on, from its file', async () => {
    const storage = memoryCache();
    const { intake, decoded, sets, planes } = visit(storage);
    await intake.readFiles(films(6), OPTIONS, ignore);
    await arrived(sets);
    for (const [name, bytes] of storage.disk.files) {
      const torn = bytes.slice();
      torn.fill(0, 128, 256);
      storage.disk.files.set(name, torn);
    }
    decoded.length = 0;
    expect(await planes(sets[0])).toEqual(shades(6));
    expect(await planes(sets[0])).toEqual(shades(6));
    expect(decoded).toEqual(['set/001.png']);
    storage.disk.files.clear();
    expect(await planes(sets[0])).toEqual(shades(6));
  });

  it.each(['decode-timeout', 'decoder-stopped'] as const)('tries a film again after %s', async (code) => {
    const storage = memoryCache();
    const tried: string[] = [];
    const open = (failing: boolean) => {
      const make = (options: { planeSize: number; thumbnailSize: number }): Decoder => ({
        decode: async ({ path, file }) => {
          tried.push(path);
          if (failing && path.includes('003')) throw new AppError(code, 'of the moment.');
          return decodeFilm(file, options);
        },
        dispose: ignore,
      });
      const channel = new MessageChannel();
      channels.push(channel);
      const intake = new Intake(make, undefined, storage.access);
      intake.connectEngine(channel.port1);
      return intake;
    };
    expect((await open(true).readFiles(films(6), OPTIONS, ignore)).filmTable.length).toBe(5);
    tried.length = 0;
    expect((await open(false).readFiles(films(6), OPTIONS, ignore)).filmTable.length).toBe(6);
    expect(tried).toEqual(['set/003.png']);
  });

  it('is given up when the cache is erased', async () => {
    const storage = memoryCache();
    const { intake, sets } = visit(storage);
    await intake.readFiles(films(6), OPTIONS, ignore);
    await intake.eraseCache();
    await arrived(sets, 2);
    expect(sets[1]).toBeNull();
    expect([storage.disk.files.size, storage.index.records.size]).toEqual([0, 0]);
  });
});

describe('a folder handed over by handle', () => {
  const folder = (name: string, entries: readonly unknown[]) => ({
    kind: 'directory',
    name,
    async *values() {
      yield* entries as FileSystemHandle[];
    },
    getFileHandle: async (wanted: string) =>
      (entries as FileSystemHandle[]).find((entry) => entry.name === wanted),
  });
  const entry = (name: string, { file }: SourceFile) => ({ kind: 'file', name, getFile: async () => file });
  const handles = (...roots: unknown[]) => ({
    handles: roots.map((handle) => ({ path: '', handle: handle as FileSystemHandle })),
  });

  it('is walked, with what cannot be opened in the list of files left out', async () => {
    const broken = { kind: 'file', name: 'lost.png', getFile: () => Promise.reject(new Error('gone')) };
    const inner = folder('b', [entry('1.png', png('', 20)), entry('.hidden.png', png('', 1)), broken]);
    const root = folder('root', [inner, entry('0.png', png('', 30))]);
    const listed: number[] = [];
    const summary = await connect().intake.readFiles(handles(root), OPTIONS, (event) => {
      if (event.type === 'listing') listed.push(event.listed);
    });
    expect(summary.filmTable.paths).toEqual(['0.png', 'b/1.png']);
    expect(summary.skipped).toMatchObject([{ path: 'b/lost.png', error: { code: 'file-unreadable' } }]);
    expect(listed.at(-1)).toBe(2);
  });

  it('can be cancelled while it is walked, however deep it is', async () => {
    const endless: { kind: string; name: string; values(): AsyncGenerator<unknown> } = {
      ...folder('deep', []),
      async *values() {
        for (let i = 0; ; i++) yield entry(`${i}.png`, png('', 1));
      },
    };
    const { intake } = connect();
    const walking = intake.readFiles(handles(endless), OPTIONS, () => intake.cancel());
    await expect(walking).rejects.toMatchObject({ code: 'cancelled' });
    const nested: Record<string, unknown> = folder('nested', []);
    nested.values = async function* () {
      yield nested;
    };
    const flat = folder('flat', [entry('0.png', png('', 9)), nested]);
    const summary = await intake.readFiles(handles(flat), OPTIONS, ignore);
    expect(summary.skipped[0]!.error.message).toMatch(/nested more than 64 deep/);
  });
});

it('reads files that were handed over in slices, and says when they are gone', async () => {
  const { intake } = connect();
  await expect(intake.readFiles('kept', OPTIONS, ignore)).rejects.toMatchObject({ code: 'source-gone' });
  const all = films(5);
  intake.keepFiles(all.slice(0, 3), true);
  intake.keepFiles(all.slice(3), false);
  expect((await intake.readFiles('kept', OPTIONS, ignore)).filmTable).toHaveLength(5);
  expect((await intake.readFiles('kept', OPTIONS, ignore)).filmTable).toHaveLength(5);
  intake.keepFiles([], true);
  await expect(intake.readFiles('kept', OPTIONS, ignore)).rejects.toMatchObject({ code: 'folder-empty' });
});
