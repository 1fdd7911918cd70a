import { describe, expect, it } from 'vitest';
import { formOf } from './lists.ts';
import { films, numbered, readSet } from './testSets.ts';

const NAMES = numbered(8, (i) => `img0${i}.png`);
const said = [
  ['Atelectasis', 'Effusion'],
  ['Atelectasis'],
  ['Effusion'],
  [],
  ['Atelectasis', 'Effusion'],
  ['Effusion'],
  [],
  ['Atelectasis'],
];
const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
const table = (write: (findings: string[]) => string, header = 'Image Index,Finding Labels') =>
  [header, ...NAMES.map((name, i) => `${name},${quoted(write(said[i]!))}`)].join('\n');
const read = (text: string, choice = {}) => readSet({ ...films(...NAMES), 'labels.csv': text }, choice);
const right = [
  [4, 4, 0],
  [4, 4, 0],
];

describe('lists of findings in a cell', () => {
  it.each(['|', ', ', ',', ';', '; ', '/', ' / ', ' + ', ' & ', ' and ', '\n', ' '])(
    'are parted by %j',
    async (separator) => {
      const set = await read(table((findings) => findings.join(separator) || 'No Finding'));
      expect(set.findings).toEqual(['Atelectasis', 'Effusion']);
      expect(Object.values(set.counts)).toEqual(right);
      expect(set.scan.tables[0]?.list).toMatchObject({ asked: null });
    },
  );

  it.each([
    [
      'Python',
      (findings: string[]) =>
        `[${(findings.length > 0 ? findings : ['normal']).map((each) => `'${each}'`).join(', ')}]`,
    ],
    ['JSON', (findings: string[]) => JSON.stringify(findings.length > 0 ? findings : ['normal'])],
    [
      'NumPy',
      (findings: string[]) =>
        `[${(findings.length > 0 ? findings : ['normal']).map((each) => `'${each}'`).join(' ')}]`,
    ],
    [
      'a set',
      (findings: string[]) =>
        `{${(findings.length > 0 ? findings : ['normal']).map((each) => `'${each}'`).join(', ')}}`,
    ],
    ['bare brackets', (findings: string[]) => `[${findings.join(', ') || 'normal'}]`],
  ])('are read as %s writes them', async (_, write) => {
    for (const header of ['Image Index,Finding Labels', 'ImageID,Labels']) {
      expect(Object.values((await read(table(write, header))).counts)).toEqual(right);
    }
  });

  it('of PadChest may be of hundreds of findings in thousands of combinations', async () => {
    const findings = numbered(190, (i) => `finding number ${i}`);
    const names = numbered(6000, (i) => `${i}.png`);
    const rows = names.map(
      (name, i) =>
        `${name},"['${findings[i % 190]}', '${findings[(i * 7 + 3) % 190]}', '${findings[(i * 13 + (i >> 3)) % 190]}']"`,
    );
    const set = await readSet({ ...films(...names), 'padchest.csv': `ImageID,Labels\n${rows.join('\n')}` });
    expect(set.findings).toHaveLength(190);
    expect(set.scan.tables[0]?.list?.separator).toBe('literal');
  }, 20_000);

  it('of which nothing is known for certain are asked about, and read as chosen', async () => {
    const text = `file,label\na.png,"Mass X, Nodule Y"\nb.png,"Fibrosis Z, Edema W"\nc.png,normal\n`;
    const paths = films('a.png', 'b.png', 'c.png');
    const asked = await readSet({ ...paths, 'l.csv': text });
    expect(asked.scan.tables[0]?.list).toEqual({ separator: ',', asked: ',', example: 'Mass X, Nodule Y' });
    expect(asked.notes).toContain('the table does not say for certain');
    expect(asked.findings).toHaveLength(4);
    expect((await readSet({ ...paths, 'l.csv': text }, { separator: 'none' })).findings).toEqual([
      'Fibrosis Z, Edema W',
      'Mass X, Nodule Y',
    ]);
    const slash = 'file,label\na.png,Nodule/Mass\nb.png,Other lesion\nc.png,normal\n';
    const whole = await readSet({ ...paths, 'l.csv': slash });
    expect(whole.findings).toEqual(['Nodule/Mass', 'Other lesion']);
    expect(whole.notes).toContain('the table does not say for certain');
    expect((await readSet({ ...paths, 'l.csv': slash }, { separator: '/' })).findings).toEqual([
      'Mass',
      'Nodule',
      'Other lesion',
    ]);
  });

  it('leave names of several words whole', () => {
    for (const cells of [
      ['Pleural effusion', 'Lung opacity', 'normal'],
      ['Normal', 'Lung Opacity', 'No Lung Opacity / Not Normal'],
      ['Pleural_Thickening', 'Mass'],
      ['COVID-19', 'Non-COVID'],
    ]) {
      expect(formOf(cells).separator).toBeNull();
    }
    expect(
      formOf(['Pneumonia/Viral/COVID-19', 'Pneumonia', 'Pneumonia/Bacterial', 'No Finding']).separator,
    ).toBe('/');
  });
});
