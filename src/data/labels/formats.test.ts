import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import { LABEL_FORMAT_IDS, type LabelChoice, type LabelFormatId } from '../../protocol/labels.ts';
import { AppError } from '../../util/errors.ts';
import { Rng } from '../../util/rng.ts';
import { marksOf, readRuns } from '../marks.ts';
import { applyLabels } from './labels.ts';
import { scanOf } from './report.ts';
import { surveyLabels } from './understand.ts';

const SHARED = '../shared/data/labels';
const here = existsSync(SHARED);
const real = (name: string) => ({ path: name, file: new Blob([readFileSync(`${SHARED}/${name}`)]) });
const made = (path: string, text: string) => ({ path, file: new Blob([text]) });

async function read(
  sources: readonly { path: string; file: Blob }[],
  paths: readonly string[],
  choice: LabelChoice = {},
) {
  const survey = await surveyLabels(sources, paths, choice);
  const found = await applyLabels(survey, choice);
  if (!found) throw new Error('nothing was applied');
  return { ...found, formats: survey.understood.map(({ format }) => format) };
}

/** A table in each format, as small as it can be. */
const SMALLEST: Readonly<Record<LabelFormatId, string>> = {
  'nih-boxes': 'Image Index,Finding Label,Bbox [x,y,w,h],,,\na.png,Mass,256,512,128,64\n',
  'rsna-boxes': 'patientId,x,y,width,height,Target\na,256,512,128,64,1\n',
  'rsna-classes': 'patientId,class\na,Normal\nb,Lung Opacity\n',
  siim: 'ImageId, EncodedPixels\na,0 1\nb, -1\n',
  vinbig: 'image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\na,ILD,5,R1,10,20,30,60\n',
  'siim-covid':
    'id,boxes,label,StudyInstanceUID\na_image,,none 1 0 0 1 1,s1\nb_image,,opacity 1 1 2 30 40,s2\n',
  readers: 'image_id,rad_id,Edema\na,R1,1\nb,R2,0\n',
  'class-list': '3 a.png negative src\n4 b.png positive src\n',
  'nih-labels': 'Image Index,Finding Labels,Patient ID\na.png,Mass,1\n',
  'nih-list': 'a.png\nb.png\n',
  'mlvicx-list': `a.png${' 0'.repeat(13)} 1\n`,
  classes: 'file,label\na.png,COVID\nb.png,NORMAL\n',
  chexpert: 'Path,Sex,Frontal/Lateral,Edema\na.png,F,Frontal,-1.0\nb.png,M,Lateral,1.0\n',
  columns: 'file,Edema\na.png,1\nb.png,0\n',
  patients: 'file,patient\na.png,P7\n',
};

describe('each format', () => {
  it.each(LABEL_FORMAT_IDS)('%s is known by its header', async (id) => {
    const name = id.endsWith('list') ? 'train_list.txt' : 'l.csv';
    const survey = await surveyLabels([made(name, SMALLEST[id])], ['i/a.png', 'i/b.png']);
    expect(survey.failed).toEqual([]);
    expect(survey.understood.map(({ format }) => format)).toEqual([id]);
  });

  it.each(['rsna-boxes', 'siim', 'vinbig'] as const)('%s leaves no column unread', async (id) => {
    const { report } = await read([made('l.csv', SMALLEST[id])], ['a.png', 'b.png']);
    expect(report.notes?.join(' ') ?? '').not.toContain('not read');
  });

  it('can be named against what was detected, and so can its columns', async () => {
    const text = 'picture,who,label,Edema,fold of ours\nx1,7,COVID,1,test\nx2,8,NORMAL,-1,train\n';
    const choice: LabelChoice = {
      file: 'l.csv',
      format: 'columns',
      fileColumn: 'picture',
      patientColumn: 'who',
      splitColumn: 'fold of ours',
      uncertain: 'one',
    };
    const found = await read([made('l.csv', text)], ['x1.png', 'x2.png'], choice);
    expect(found.findings).toEqual(['Edema']);
    expect(found.films).toMatchObject([
      { labels: Uint8Array.of(1), patient: '7', split: 'test' },
      { labels: Uint8Array.of(1), patient: '8', split: 'train' },
    ]);
    const wrong = await surveyLabels([made('l.csv', text)], ['x1.png'], { ...choice, fileColumn: 'q' });
    expect(wrong.failed[0]?.error.message).toContain('no column "q"');
  });

  it('takes any column as classes, and columns that are no findings if they are asked for', async () => {
    const text = 'file,view,sex,Edema,note\na.png,PA,1,1,x\nb.png,AP,0,0,y\n';
    const paths = ['a.png', 'b.png'];
    const views = await read([made('l.csv', text)], paths, {
      file: 'l.csv',
      format: 'classes',
      classColumn: 'view',
    });
    expect(views.findings).toEqual(['AP', 'PA']);
    expect(views.films.map((film) => [...film!.labels])).toEqual([
      [0, 1],
      [1, 0],
    ]);
    const sex = await read([made('l.csv', text)], paths, { findings: ['sex'] });
    expect(sex.findings).toEqual(['sex']);
    expect(sex.films.map((film) => film!.labels[0])).toEqual([1, 0]);
    expect(sex.report.notes?.join('')).not.toContain('sex');
    const survey = await surveyLabels([made('l.csv', text)], paths, {
      file: 'l.csv',
      format: 'classes',
      classColumn: 'q',
    });
    expect(survey.failed[0]?.error.message).toContain('no column "q"');
  });

  it('tells the columns of a table that it does not understand', async () => {
    const text = 'bild,befund\na,krank\nb,gesund\n';
    const survey = await surveyLabels([made('l.csv', text)], ['a.png', 'b.png']);
    expect(scanOf(survey, null).tables[0]).toMatchObject({
      format: null,
      columns: [{ name: 'bild' }, { name: 'befund' }],
    });
    const choice: LabelChoice = {
      file: 'l.csv',
      format: 'classes',
      fileColumn: 'bild',
      classColumn: 'befund',
    };
    expect((await read([made('l.csv', text)], ['a.png', 'b.png'], choice)).findings).toEqual([
      'gesund',
      'krank',
    ]);
  });

  it('keeps commas, quotes and line breaks inside quotes, and reads across blocks', async () => {
    const rows = Array.from({ length: 40_000 }, (_, i) => `${i}.png,"a ""note"", with\na break",${i % 2}`);
    const paths = rows.map((_, i) => `${i}.png`);
    const found = await read([made('l.csv', `\uFEFFfile,note,Mass\r\n${rows.join('\r\n')}`)], paths);
    expect(found.report).toMatchObject({ rows: 40_000, matchedRows: 40_000, duplicateRows: 0 });
    expect(found.films.every((film, i) => film?.labels[0] === i % 2)).toBe(true);
  });
});

describe('policies', () => {
  it('read -1 and blank as chosen', async () => {
    const text = 'Path,Frontal/Lateral,Edema\na.png,Frontal,-1.0\nb.png,Lateral,\nc.png,Frontal,0.0\n';
    const values = async (choice: LabelChoice) =>
      (await read([made('train.csv', text)], ['a.png', 'b.png', 'c.png'], choice)).films.map(
        (film) => film!.labels[0],
      );
    expect(await values({})).toEqual([LABEL_UNKNOWN, LABEL_UNKNOWN, 0]);
    expect(await values({ uncertain: 'zero' })).toEqual([0, LABEL_UNKNOWN, 0]);
    expect(await values({ uncertain: 'one', blank: 'zero' })).toEqual([1, 0, 0]);
    const { films } = await read([made('train.csv', text)], ['a.png', 'b.png']);
    expect(films.map((film) => film?.lateral)).toEqual([false, true]);
  });

  it('let readers vote', async () => {
    const row = (reader: string, finding: string) => `a,${finding},0,${reader},1,2,3,4`;
    const text = [
      'image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max',
      ...[row('R1', 'ILD'), row('R2', 'ILD'), row('R2', 'ILD'), row('R3', 'No finding')],
      ...[row('R1', 'Mass'), row('R1', 'Mass'), row('R1', 'Edema'), row('R2', 'Edema'), row('R3', 'Edema')],
    ].join('\n');
    const held = async (readers: LabelChoice['readers']) => {
      const found = await read([made('train.csv', text)], ['a.dicom'], readers ? { readers } : {});
      return found.findings.filter((_, i) => found.films[0]!.labels[i] === 1);
    };
    expect(await held(undefined)).toEqual(['Edema', 'ILD']);
    expect(await held('any')).toEqual(['Mass', 'Edema', 'ILD']);
    expect(await held('all')).toEqual(['Edema']);
    const { report } = await read([made('train.csv', text)], ['a.dicom']);
    expect(report).toMatchObject({ duplicateRows: 2, conflictingRows: 0 });
  });
});

describe('boxes and masks', () => {
  it('are scaled from the frame they were drawn in', async () => {
    const boxes = made('BBox_List_2017.csv', SMALLEST['nih-boxes']);
    const labels = made('Data_Entry_2017.csv', SMALLEST['nih-labels']);
    const found = await read([boxes, labels], ['a.png']);
    expect(found.findings).toEqual(['Mass']);
    expect(found.report).toMatchObject({
      file: 'Data_Entry_2017.csv',
      marks: { films: 1, boxes: 1, masks: 0 },
    });
    expect(marksOf(found.marks.get(0)!, 256, 256).boxes).toEqual([
      { finding: 'Mass', reader: '', x: 0.25, y: 0.5, width: 0.125, height: 0.0625 },
    ]);
    const own = await read([made('train.csv', SMALLEST.vinbig)], ['a.dicom']);
    expect(marksOf(own.marks.get(0)!, 100, 200).boxes).toEqual([
      { finding: 'ILD', reader: 'R1', x: 0.1, y: 0.1, width: 0.2, height: 0.2 },
    ]);
  });

  it('refuses runs that are no pairs or leave the frame', () => {
    for (const runs of ['1 2 3', 'a b', '1 -2', '1048570 10']) {
      expect(() => readRuns(runs, 1024 * 1024)).toThrow(
        expect.objectContaining({ code: 'labels-unreadable' }),
      );
    }
  });
});

describe.skipIf(!here)('real and synthetic samples (skipped where ../shared/data/labels is absent)', () => {
  const linesOf = (name: string) => readFileSync(`${SHARED}/${name}`, 'utf8').trimEnd().split(/\r?\n/);
  const firsts = (name: string, from = 1) => [
    ...new Set(
      linesOf(name)
        .slice(from)
        .map((line) => line.split(/[,\s]/)[0]!),
    ),
  ];

  it('SIIM-ACR: every mask has the pixels, bounds and centre that are expected', async () => {
    const ids = firsts('siim-train-rle.synthetic.csv');
    const found = await read(
      [real('siim-train-rle.synthetic.csv')],
      ids.map((id) => `dicom-images-train/${id}.dcm`),
    );
    expect(found.formats).toEqual(['siim']);
    expect(found.findings).toEqual(['Pneumothorax']);
    const [, ...expected] = linesOf('siim-train-rle.synthetic.expected.csv');
    expect(expected.length).toBe(40);
    for (const line of expected) {
      const [id, rows, pixels, ...bounds] = line.split(',');
      const film = ids.indexOf(id!);
      const mask = marksOf(found.marks.get(film) ?? [], 1024, 1024).masks[0];
      const got = measure(mask?.bytes ?? new Uint8Array(0));
      expect(found.marks.get(film)?.length ?? 0, id).toBe(pixels === '0' ? 0 : Number(rows));
      expect(got.pixels, id).toBe(Number(pixels));
      if (pixels !== '0')
        expect(
          got.bounds.map((value) => value.toFixed(1)),
          id,
        ).toEqual(bounds.map((text) => Number(text).toFixed(1)));
      expect(found.films[film]?.labels[0]).toBe(Number(pixels !== '0'));
    }
  });

  it('VinBigData: three readers, boxes, no conflicts', async () => {
    const ids = firsts('vinbigdata-train.synthetic.csv');
    const paths = ids.map((id) => `train/${id}.dicom`);
    const found = await read([real('vinbigdata-train.synthetic.csv')], paths);
    expect(found.formats).toEqual(['vinbig']);
    expect(found.findings).toHaveLength(14);
    const boxes = linesOf('vinbigdata-train.synthetic.csv').filter(
      (line) => /,\d/.test(line.split(',').slice(4).join(',')) && !line.endsWith(',,,'),
    );
    expect(found.report.marks?.boxes).toBe(boxes.length);
    const positives = async (readers: 'any' | 'majority' | 'all') => {
      const { films } = await read([real('vinbigdata-train.synthetic.csv')], paths, { readers });
      return films.reduce((sum, film) => sum + film!.labels.reduce((a, b) => a + b, 0), 0);
    };
    const [any, majority, all] = [
      await positives('any'),
      await positives('majority'),
      await positives('all'),
    ];
    expect(any).toBeGreaterThan(majority);
    expect(majority).toBeGreaterThanOrEqual(all);
  });

  it('RSNA: boxes and classes of the same patients', async () => {
    const ids = firsts('stage_2_train_labels.first200.csv');
    const paths = ids.map((id) => `stage_2_train_images/${id}.dcm`);
    const tables = ['stage_2_train_labels.first200.csv', 'stage_2_detailed_class_info.first200.csv'].map(
      real,
    );
    const found = await read(tables, paths);
    expect(found.formats).toEqual(['rsna-boxes', 'rsna-classes']);
    expect(found.report).toMatchObject({ rows: 200, conflictingRows: 0, duplicateRows: 0 });
    const rows = linesOf('stage_2_train_labels.first200.csv').filter((line) => line.endsWith(',1'));
    expect(found.report.marks?.boxes).toBe(rows.length);
    const classes = await read(tables, paths, { file: 'stage_2_detailed_class_info.first200.csv' });
    expect(classes.findings).toEqual(['Lung Opacity', 'No Lung Opacity / Not Normal']);
    expect(classes.report).toMatchObject({ duplicateRows: 0, marks: { boxes: rows.length } });
  });

  it('NIH: lists give the split, boxes lie on films', async () => {
    const paths = firsts('Data_Entry_2017_v2020.first200.csv');
    const list = { ...real('train_val_list.sample200.txt'), path: 'train_val_list.txt' };
    const test = made('test_list.txt', '00000013_000.png\n');
    const found = await read(
      [real('Data_Entry_2017_v2020.first200.csv'), list, test, real('BBox_List_2017.first200.csv')],
      paths,
    );
    expect(found.formats).toEqual(['nih-labels', 'nih-list', 'nih-list', 'nih-boxes']);
    expect(found.splitSource).toBe('the lists of names (2 files)');
    expect(found.films[paths.indexOf('00000013_000.png')]?.split).toBe('test');
    expect(found.films[paths.indexOf('00000001_000.png')]?.split).toBe('train');
    const boxes = await read([real('BBox_List_2017.first200.csv')], firsts('BBox_List_2017.first200.csv'));
    expect(boxes.report.marks?.boxes).toBe(200);
  });

  it('MLVICX lists: fourteen numbers are the NIH findings, the split is in the name', async () => {
    const lists = ['train', 'test'].map((split) => `Xray14_${split}_official.first200.txt`);
    const paths = lists.flatMap((name) => firsts(name, 0));
    const found = await read(lists.map(real), paths);
    expect(found.formats).toEqual(['mlvicx-list', 'mlvicx-list']);
    const nih = await read([real('Data_Entry_2017_v2020.first200.csv')], paths);
    const at = paths.indexOf('00000001_001.png');
    const said = (of: typeof found) => of.findings.filter((_, i) => of.films[at]!.labels[i] === 1);
    expect(said(found)).toEqual(said(nih));
    expect(said(found)).toEqual(['Cardiomegaly', 'Emphysema']);
    expect(found.report.rows).toBe(400);
    expect(new Set(found.films.map((film) => film?.split))).toEqual(new Set(['train', 'test']));
  });
});

function measure(bytes: Uint8Array): { pixels: number; bounds: number[] } {
  let [pixels, left, top, right, bottom, sum] = [0, 1024, 1024, 0, 0, 0];
  bytes.forEach((value, i) => {
    if (!value) return;
    const [x, y] = [i % 1024, Math.floor(i / 1024)];
    pixels++;
    sum += x;
    [left, top, right, bottom] = [
      Math.min(left, x),
      Math.min(top, y),
      Math.max(right, x),
      Math.max(bottom, y),
    ];
  });
  return { pixels, bounds: [left, top, right, bottom, Math.round((sum / pixels) * 1000) / 1000] };
}

describe('damaged and hostile tables', () => {
  it('are understood or refused by name, whatever is changed in them', async () => {
    const rng = new Rng(5, 'synthetic');
    const pieces = [
      '"',
      ',',
      '\n',
      '\t',
      ' ',
      '-1',
      '|',
      '\u0000',
      '\uFEFF',
      '<b>',
      '999999999999',
      '1e999',
      'NaN',
      ';',
      '/../',
      '😀',
    ];
    for (let round = 0; round < 400; round++) {
      const id = LABEL_FORMAT_IDS[round % LABEL_FORMAT_IDS.length]!;
      let text = SMALLEST[id].repeat(1 + rng.int(3));
      for (let k = 0; k <= rng.int(6); k++) {
        const at = rng.int(text.length + 1);
        text =
          text.slice(0, at) +
          (rng.chance(0.7) ? pieces[rng.int(pieces.length)] : '') +
          text.slice(at + rng.int(4));
      }
      const name = rng.chance(0.3) ? 'test_list.txt' : 'l.csv';
      const survey = await surveyLabels([made(name, text)], ['i/a.png', 'i/b.png']);
      expect(survey.failed.filter(({ error }) => error.code !== 'labels-unreadable')).toEqual([]);
      const outcome = await applyLabels(survey).then(
        (found) => found?.marks ?? new Map(),
        (error) => {
          expect(error, JSON.stringify(text)).toBeInstanceOf(AppError);
          return new Map();
        },
      );
      for (const raw of outcome.values()) {
        try {
          marksOf(raw, 64, 64);
        } catch (error) {
          expect(error, JSON.stringify(text)).toBeInstanceOf(AppError);
        }
      }
    }
  });

  it('do not take memory or time beyond reason', async () => {
    const noBreak = 'x'.repeat(18 * 2 ** 20);
    const openQuote = `file,"Mass\n${'a.png,1\n'.repeat(2_300_000)}`;
    const wide = `file,${'c,'.repeat(5000)}\na.png\n`;
    for (const text of [noBreak, openQuote, wide]) {
      const started = performance.now();
      const { failed } = await surveyLabels([made('l.csv', text)], ['a.png']);
      expect(failed.map(({ error }) => error.code)).toEqual(['labels-unreadable']);
      expect(performance.now() - started).toBeLessThan(10_000);
    }
  }, 30_000);
});

describe('size', () => {
  it('112,120 NIH rows and 67,914 rows of readers are read in seconds', async () => {
    const nih = Array.from(
      { length: 112_120 },
      (_, i) =>
        `${String(Math.floor(i / 4)).padStart(8, '0')}_${String(i % 4).padStart(3, '0')}.png,${i % 3 ? 'No Finding' : 'Mass|Effusion'},${i % 4},${Math.floor(i / 4)},58,M,PA,2682,2749,0.143,0.143`,
    );
    const paths = nih.map((line) => `images_001/images/${line.split(',')[0]}`);
    const head =
      'Image Index,Finding Labels,Follow-up #,Patient ID,Patient Age,Patient Gender,View Position,OriginalImage[Width,Height],OriginalImagePixelSpacing[x,y]';
    const found = await read([made('Data_Entry_2017_v2020.csv', [head, ...nih].join('\n'))], paths);
    expect(found.report).toMatchObject({ matchedRows: 112_120, filesWithoutRow: 0, conflictingRows: 0 });
    const readers = Array.from(
      { length: 67_914 },
      (_, i) => `id${Math.floor(i / 4)},${i % 2 ? 'ILD' : 'No finding'},5,R${i % 3},10,20,30,40`,
    );
    const vin = await read(
      [
        made(
          'train.csv',
          `image_id,class_name,class_id,rad_id,x_min,y_min,x_max,y_max\n${readers.join('\n')}`,
        ),
      ],
      Array.from({ length: 16_979 }, (_, i) => `train/id${i}.dicom`),
    );
    expect(vin.report).toMatchObject({ matchedRows: 67_914, rowsWithoutFile: 0 });
  }, 20_000);
});
