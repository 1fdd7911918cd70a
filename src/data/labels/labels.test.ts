import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LABEL_UNKNOWN } from '../../protocol/dataset.ts';
import type { LabelChoice } from '../../protocol/labels.ts';
import { assignFolders, withFolders } from './folders.ts';
import { applyLabels, type RowChoice } from './labels.ts';
import { PathIndex } from './match.ts';
import { surveyLabels } from './understand.ts';

const SHARED = '../shared/data';
const real = (path: string) => readFileSync(`${SHARED}/${path}`, 'utf8');
const here = existsSync(SHARED);

type Table = readonly [text: string, file?: string];

async function assign(
  tables: readonly Table[],
  paths: readonly string[],
  where?: RowChoice,
  choice: LabelChoice = {},
) {
  const sources = tables.map(([text, file = 'labels.csv']) => ({ path: file, file: new Blob([text]) }));
  const survey = await surveyLabels(sources, paths, choice);
  const found = await applyLabels(survey, choice, where);
  if (!found) throw new Error('nothing was applied');
  return { ...found, formats: survey.understood.map(({ format }) => format), failed: survey.failed };
}

/** The table as read for films of exactly its own names, or the codes of its refusal. */
async function parse(text: string, file = 'labels.csv') {
  const [header = '', ...lines] = text.trimEnd().split('\n');
  const cut = header.includes('\t') ? '\t' : ',';
  const column = Math.max(
    0,
    header.split(cut).findIndex((name) => /file|path|image|patientid/i.test(name)),
  );
  const paths = [...new Set(lines.map((line) => `${line.split(cut)[column]}`))];
  const found = await assign([[text, file]], paths);
  return { ...found, labels: found.films.map((film) => [...film!.labels]), ...found.report };
}

describe('a label table', () => {
  it('reads NIH lists, whatever the header is written like', async () => {
    for (const header of ['Image Index,Finding Labels', 'file,finding_labels']) {
      const table = await parse(`${header}\na.png,Mass|Effusion\nb.png,No Finding\nc.png,\n`);
      expect(table.format).toBe('NIH finding labels');
      expect(table.findings).toEqual(['Effusion', 'Mass']);
      expect(table.labels).toEqual([
        [1, 1],
        [0, 0],
        [LABEL_UNKNOWN, LABEL_UNKNOWN],
      ]);
    }
  });

  it('takes columns of 0 and 1, with blank and -1 as not known, and leaves out what is no finding', async () => {
    const table = await parse(
      'path,sex,id_matched,no_finding,Edema,Age,note\nx.png,1,0,0,1.0,40,a\ny.png,0,1,1,-1,50,\nz.png,0,1,1,,60,\n',
    );
    expect(table.findings).toEqual(['Edema']);
    expect(table.labels).toEqual([[1], [LABEL_UNKNOWN], [LABEL_UNKNOWN]]);
    expect(table.notes?.join(' ')).toMatch(/"sex".*"id_matched".*"no_finding"/);
  });

  it('takes a column of class names', async () => {
    const table = await parse('filename\tlabel\na.png\tNORMAL\nb.png\tCOVID\n', 'l.tsv');
    expect(table.findings).toEqual(['COVID']);
  });

  it('refuses a table without a file column or without rows', async () => {
    for (const text of ['a,b\n1,2\n', 'file,Mass\n', '']) {
      const survey = await surveyLabels([{ path: 'l.csv', file: new Blob([text]) }], ['a.png']);
      expect(survey.failed.map(({ error }) => error.code)).toEqual(['labels-unreadable']);
    }
  });
});

describe('finding the film of a row', () => {
  const index = new PathIndex([
    'set/A/one.PNG',
    'set/B/one.png',
    'set/A/two.dcm',
    'three.png',
    'sub/three.png',
  ]);

  it('compares from the end, without case, root or extension', () => {
    expect(index.find('a/ONE.png').film).toBe(0);
    expect(index.find('other\\root\\b\\one.png').film).toBe(1);
    expect(index.find('two').film).toBe(2);
    expect(index.find('./two.png').film).toBe(2);
    expect(index.find('three.png').film).toBe(3);
  });

  it('guesses nothing', () => {
    expect(index.find('one.png')).toMatchObject({ film: null, ambiguous: true });
    expect(index.find('four.png')).toMatchObject({ film: null, ambiguous: false });
    expect(index.find('')).toMatchObject({ film: null, ambiguous: false });
  });

  it('takes 100,000 films that share one name in linear time', () => {
    const paths = Array.from({ length: 100_000 }, (_, i) => `train/patient${i}/study1/view1_frontal.jpg`);
    const big = new PathIndex(paths);
    expect(paths.every((path, i) => big.find(`CheXpert/${path}`).film === i)).toBe(true);
    expect(big.find('view1_frontal.jpg').ambiguous).toBe(true);
  }, 10_000);
});

describe('the report', () => {
  const paths = ['i/a.png', 'i/b.png', 'j/b.png', 'i/c.png', 'i/d.png'];
  const text = [
    'file,keep,Mass',
    'a.png,1,1',
    'a.png,1,1',
    'c.png,1,1',
    'c.png,1,0',
    'b.png,1,0',
    'nowhere.png,1,0',
    'd.png,0,1',
  ].join('\n');

  it('accounts for every row and file', async () => {
    const { report, films, findings, problems } = await assign([[text]], paths);
    expect(findings).toEqual(['keep', 'Mass']);
    expect(report).toMatchObject({
      rows: 7,
      matchedRows: 5,
      rowsWithoutFile: 1,
      filesWithoutRow: 2,
      duplicateRows: 2,
      conflictingRows: 1,
      ambiguousRows: 1,
    });
    expect(films.map((film) => film?.labels[1])).toEqual([1, undefined, undefined, LABEL_UNKNOWN, 1]);
    expect(problems.map(({ problem, row, name }) => [problem, row, name])).toEqual([
      ['duplicate', 2, 'a.png'],
      ['duplicate', 4, 'c.png'],
      ['conflict', 4, 'c.png'],
      ['ambiguous', 5, 'b.png'],
      ['no-film', 6, 'nowhere.png'],
      ['no-row', 0, 'i/b.png'],
      ['no-row', 0, 'j/b.png'],
    ]);
  });

  it('keeps only the rows asked for', async () => {
    const chosen = await assign([[text]], paths, { column: 'Keep', value: '0' });
    expect(chosen.films.map((film) => film !== undefined)).toEqual([false, false, false, false, true]);
    expect(chosen.onlyLabelled).toBe(true);
    await expect(assign([[text]], paths, { column: 'x', value: '0' })).rejects.toThrow(/no column "x"/);
    await expect(assign([[text]], paths, { column: 'keep', value: '7' })).rejects.toThrow(/keep = 7/);
  });

  it('prefers the folder that a row names to a bare name elsewhere', async () => {
    const rows = 'file,Mass\nP/im.png,1\nN/im.png,0\n';
    const { films, report } = await assign([[rows]], ['N/im.png']);
    expect(films[0]?.labels[0]).toBe(0);
    expect(report).toMatchObject({ matchedRows: 1, rowsWithoutFile: 1, conflictingRows: 0 });
  });

  it('joins tables with other findings of the same films, and fails when none matches', async () => {
    const small: Table = ['file,Edema\na.png,1\n', 'a.csv'];
    const { report, findings, films } = await assign([small, [text]], paths);
    expect(report.file).toBe('labels.csv, a.csv');
    expect(report.notes).toContain('a.csv: joined by film; 1 of 1 rows match.');
    expect(findings).toEqual(['keep', 'Mass', 'Edema']);
    expect([...films[0]!.labels]).toEqual([1, 1, 1]);
    expect([...films[4]!.labels]).toEqual([0, 1, LABEL_UNKNOWN]);
    await expect(assign([small], ['q.png'])).rejects.toMatchObject({ code: 'labels-unmatched' });
  });
});

it('tells two label files of one name apart by their folders, and uses one of two that say the same', async () => {
  const small: Table = ['file,Edema\na.png,1\n', 'old/labels.csv'];
  const { report } = await assign(
    [small, ['file,Edema\na.png,1\nb.png,0\n', 'new/labels.csv']],
    ['a.png', 'b.png'],
  );
  expect(report.file).toBe('new/labels.csv');
  expect(report.notes).toContain(
    'old/labels.csv was not used: new/labels.csv says the same findings of 1 of its 1 films.',
  );
});

describe('class folders', () => {
  const labels = (paths: string[]) => {
    const found = assignFolders(paths);
    return found && { findings: found.findings, rows: found.films.map((film) => [...film!.labels]) };
  };

  it('make one finding of NORMAL and another class, below any common root', () => {
    expect(labels(['top/NORMAL/a.png', 'top/PNEUMONIA/b.png'])).toEqual({
      findings: ['PNEUMONIA'],
      rows: [[0], [1]],
    });
  });

  it('make one finding of every other class', () => {
    expect(labels(['COVID/a.png', 'Normal/b.png', 'TB/c.png', 'd.png'])?.rows).toEqual([
      [1, 0],
      [0, 0],
      [0, 1],
      [LABEL_UNKNOWN, LABEL_UNKNOWN],
    ]);
  });

  it('see splits above the classes', () => {
    const found = assignFolders(['s/train/NORMAL/a.png', 's/train/SICK/b.png', 's/test/SICK/c.png']);
    expect(found?.findings).toEqual(['SICK']);
    expect(found?.films.map((film) => film?.split)).toEqual(['train', 'train', 'test']);
  });

  it('stand beside a table that names only patients', async () => {
    const paths = ['NORMAL/a.png', 'SICK/b.png', 'SICK/c.png'];
    const tables = await assign([['file,patient_id\na.png,7\nb.png,8\n']], paths);
    const both = withFolders(tables, paths);
    expect(both.findings).toEqual(['SICK']);
    expect(both.films.map((film) => [film?.labels[0], film?.patient])).toEqual([
      [0, '7'],
      [1, '8'],
      [1, undefined],
    ]);
    expect(both.report.notes).toContain('Findings are class folders: NORMAL, SICK.');
    const labelled = await assign([['file,Mass\na.png,1\n']], paths);
    expect(withFolders(labelled, paths)).toBe(labelled);
  });

  it('are not numbered parts, patients, or a single folder', () => {
    expect(assignFolders(['images_001/a.png', 'images_002/b.png'])).toBeNull();
    expect(assignFolders(['p10/s1/a.png', 'p11/s2/b.png'])).toBeNull();
    expect(assignFolders(['images/a.png', 'images/b.png'])).toBeNull();
  });
});

describe.skipIf(!here)('real label files (skipped where ../shared/data is absent)', () => {
  it('NIH, as released: 200 rows', async () => {
    const text = real('labels/Data_Entry_2017_v2020.first200.csv');
    const found = await assign([[text]], ['images_001/images/00000001_001.png']);
    expect(found.findings.slice(0, 3)).toEqual(['Atelectasis', 'Cardiomegaly', 'Effusion']);
    expect(found.films[0]).toMatchObject({ patient: '1', lateral: false });
    expect(found.report).toMatchObject({ rows: 200, matchedRows: 1, rowsWithoutFile: 199 });
  });

  it('the thousand NIH films: every finding counted, id-matched rows chosen', async () => {
    const folder = 'cxr-folder/nih-cxr14-1000';
    const table: Table = [real(`${folder}/labels.csv`)];
    const paths = readdirSync(`${SHARED}/${folder}/images`).map((name) => `images/${name}`);
    const all = await assign([table], paths);
    expect(all.report).toMatchObject({ matchedRows: 1000, filesWithoutRow: 0, conflictingRows: 0 });
    const positives = (finding: string, films: typeof all.films) =>
      films.filter((film) => film?.labels[all.findings.indexOf(finding)] === 1).length;
    expect(['Pneumonia', 'Infiltration', 'Hernia'].map((f) => positives(f, all.films))).toEqual([
      500, 187, 3,
    ]);
    expect(all.splitSource).toBe('column "split" of labels.csv');
    const matched = await assign([table], paths, { column: 'id_matched', value: '1' });
    expect(matched.films.filter((film) => film)).toHaveLength(610);
    expect(positives('Pneumonia', matched.films)).toBe(110);
  });

  it('the paediatric films: one 0/1 column', async () => {
    const table = await parse(real('cxr-folder/kermany-paediatric-1600/labels.csv'));
    expect(table.findings).toEqual(['pneumonia']);
    expect(table.labels.reduce((sum, [value]) => sum + value!, 0)).toBe(800);
  });
});
