import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { films, numbered, readSet } from './testSets.ts';

const bytes = (text: string) => new Uint8Array(gzipSync(text));

describe('CheXpert as it is downloaded', () => {
  const path = (part: string, i: number) => `${part}/patient0000${i}/study1/view1_frontal.jpg`;
  const header = 'Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Cardiomegaly,Edema';
  const row = (part: string, i: number, labels: string) =>
    `CheXpert-v1.0-small/${path(part, i)},Female,6${i},Frontal,AP,,${labels}`;
  const train = [
    header,
    row('train', 0, '0.0,0.0'),
    row('train', 1, '1.0,-1.0'),
    row('train', 2, '0.0,1.0'),
    row('train', 3, '1.0,'),
  ];
  const valid = [header, row('valid', 4, '0.0,1.0'), row('valid', 5, '1.0,0.0')];
  const pictures = films(...numbered(4, (i) => path('train', i)), path('valid', 4), path('valid', 5));

  it('stacks train.csv and valid.csv; the parts are those of the files', async () => {
    const set = await readSet({ ...pictures, 'train.csv': train.join('\n'), 'valid.csv': valid.join('\n') });
    expect(set.counts).toEqual({ Cardiomegaly: [3, 3, 0], Edema: [2, 2, 2] });
    expect(set.given).toEqual(['train', 'train', 'train', 'train', 'val', 'val']);
    expect(set.uses).toEqual({ 'train.csv': 'labels', 'valid.csv': 'stacked' });
    expect(set.report).toMatchObject({ rows: 6, matchedRows: 6, filesWithoutRow: 0, conflictingRows: 0 });
    expect(set.notes).toContain('valid.csv: more rows of the same table; 2 of 2 rows match.');
  });

  it('believes a column of parts before the names of tables', async () => {
    const column = (from: number, parts: string[]) =>
      parts.map((part, i) => `${from + i}.png,${part}`).join('\n');
    const set = await readSet({
      ...films(...numbered(6, (i) => `${i}.png`)),
      'train.csv': `file,A\n${numbered(4, (i) => `${i}.png,${i % 2}`).join('\n')}`,
      'test.csv': 'file,A\n4.png,1\n5.png,0\n',
      'split.csv': `file,split\n${column(0, ['train', 'train', 'train', 'val', ''])}`,
    });
    expect(set.given).toEqual(['train', 'train', 'train', 'val', 'test', 'test']);
    expect(set.rule).toContain('column "split" of split.csv and the names of the tables (2 files)');
  });

  it('takes the parts of folders where there is one table', async () => {
    const set = await readSet({ ...pictures, 'all.csv': [...train, ...valid.slice(1)].join('\n') });
    expect(set.given).toEqual(['train', 'train', 'train', 'train', 'val', 'val']);
  });

  it('reads packed tables, and labels of studies by their folder', async () => {
    const test =
      'Study,Cardiomegaly,Edema\nCheXpert-v1.0/valid/patient00004/study1,1,0\nCheXpert-v1.0/valid/patient00005/study1,0,1\n';
    const set = await readSet({
      ...pictures,
      'train.csv.gz': bytes(train.join('\n')),
      'val_labels.csv.gz': bytes(test),
    });
    expect(set.counts).toEqual({ Cardiomegaly: [3, 3, 0], Edema: [2, 2, 2] });
    expect(set.given.slice(4)).toEqual(['val', 'val']);
  });

  it('puts no row on a film of another folder that shares the end of its name', async () => {
    const set = await readSet({ ...films(path('train', 7)), 'train.csv': train.join('\n') }, {}).catch(
      (error) => error,
    );
    expect(set).toMatchObject({ code: 'labels-unmatched' });
  });

  it('uses one of two labellers of the same films and says so; a person may take the other', async () => {
    const set = {
      ...pictures,
      'train.csv': train.join('\n'),
      'train_cheXbert.csv': train.join('\n').replaceAll('-1.0', '1.0'),
    };
    const one = await readSet(set);
    expect(one.uses).toEqual({ 'train.csv': 'labels', 'train_cheXbert.csv': 'unused' });
    expect(one.notes).toContain(
      'train_cheXbert.csv was not used: train.csv says the same findings of 4 of its 4 films',
    );
    expect((await readSet(set, { use: ['train_cheXbert.csv'] })).counts.Edema).toEqual([2, 1, 3]);
    const both = await readSet(set, { use: ['train.csv', 'train_cheXbert.csv'] });
    expect(both.uses).toEqual({ 'train.csv': 'labels', 'train_cheXbert.csv': 'joined' });
  });
});

describe('MIMIC-CXR as it is downloaded', () => {
  const films4 = [
    'files/p10/p10000032/s50414267/02aa804e-bde0afdd.jpg',
    'files/p10/p10000032/s53189527/2a2277a9-b0ded155.jpg',
    'files/p10/p10000032/s53189527/e084de3b-be89b11e.jpg',
    'files/p10/p10000764/s57375967/096052b7-d256dc40.jpg',
  ];
  const chexpert =
    'subject_id,study_id,Atelectasis,Cardiomegaly,No Finding\n10000032,50414267,,0.0,1.0\n10000032,53189527,1.0,-1.0,\n10000764,57375967,1.0,,\n19999999,59999999,1.0,,\n';
  const split =
    'dicom_id,study_id,subject_id,split\n02aa804e-bde0afdd,50414267,10000032,train\n2a2277a9-b0ded155,53189527,10000032,train\ne084de3b-be89b11e,53189527,10000032,train\n096052b7-d256dc40,57375967,10000764,validate\n';
  const metadata =
    'dicom_id,subject_id,study_id,ViewPosition,Rows\n02aa804e-bde0afdd,10000032,50414267,PA,3056\n2a2277a9-b0ded155,10000032,53189527,PA,3056\ne084de3b-be89b11e,10000032,53189527,LATERAL,3056\n096052b7-d256dc40,10000764,57375967,AP,2500\n';
  const right = { Atelectasis: [3, 0, 1], Cardiomegaly: [0, 1, 3] };

  it('labels every film of a study; the person is the subject', async () => {
    const set = await readSet({ ...films(...films4), 'mimic-cxr-2.0.0-chexpert.csv': chexpert });
    expect(set.counts).toEqual(right);
    expect(set.patients).toEqual(['10000032', '10000032', '10000032', '10000764']);
    expect(set.report).toMatchObject({ rows: 4, matchedRows: 3, rowsWithoutFile: 1, filesWithoutRow: 0 });
    expect(set.notes).toContain('by study or folder; 3 of 4 rows match');
  });

  it('joins labels, parts and views, packed or not', async () => {
    const set = await readSet({
      ...films(...films4),
      'mimic-cxr-2.0.0-chexpert.csv.gz': bytes(chexpert),
      'mimic-cxr-2.0.0-split.csv.gz': bytes(split),
      'mimic-cxr-2.0.0-metadata.csv.gz': bytes(metadata),
    });
    expect(set.counts).toEqual(right);
    expect(set.given).toEqual(['train', 'train', 'train', 'val']);
    expect(set.assignment!.films.map((film) => film?.lateral)).toEqual([false, false, true, false]);
    expect(set.rule).toContain('column "split" of mimic-cxr-2.0.0-split.csv.gz');
    expect(Object.values(set.uses).sort()).toEqual(['joined', 'joined', 'labels']);
  });

  it('finds the studies of films in one flat folder through the table of films', async () => {
    const flat = films4.map((path) => `images/${path.split('/').at(-1)}`);
    const set = await readSet({ ...films(...flat), 'chexpert.csv': chexpert, 'metadata.csv': metadata });
    expect(set.counts).toEqual(right);
    expect(set.scan.tables.find(({ path }) => path === 'chexpert.csv')?.use).toMatchObject({
      by: 'study',
      through: 'metadata.csv',
      films: 4,
    });
  });

  it('chooses rows by a column of any of the tables', async () => {
    const { readLabels, sortSources } = await import('../sources.ts');
    const files = Object.entries({
      ...films(...films4),
      'chexpert.csv': chexpert,
      'metadata.csv': metadata,
    }).map(([path, content]) => ({
      path,
      size: 9,
      modified: 0,
      open: async () => new File([content], path),
    }));
    const where = { column: 'ViewPosition', value: 'PA' };
    const { assignment } = await readLabels(await sortSources(files, undefined), { where });
    expect(assignment!.films.map((film) => film && [...film.labels])).toEqual([
      [255, 0],
      [1, 255],
      undefined,
      undefined,
    ]);
  });
});

describe('other sets', () => {
  it('VinDr-CXR: readers vote by column, consensus of the test set is stacked, boxes are drawn', async () => {
    const ids = ['a0', 'a1', 'a2'].map((id) => id.repeat(16));
    const rows = [
      [0, 'R8', '1,1,0,0'],
      [0, 'R9', '1,0,0,0'],
      [0, 'R10', '1,1,0,0'],
      [1, 'R8', '0,0,0,1'],
      [1, 'R9', '0,0,0,1'],
      [1, 'R10', '0,0,1,0'],
      [2, 'R8', '0,1,1,0'],
      [2, 'R9', '0,1,,0'],
      [2, 'R10', '0,1,1,0'],
    ].map(([i, reader, labels]) => `${ids[i as number]},${reader},${labels}`);
    const findings = 'Aortic enlargement,Cardiomegaly,Pleural effusion,No finding';
    const set = {
      ...films(...ids.map((id) => `train/${id}.dicom`), 'test/t0.dicom', 'test/t1.dicom'),
      'image_labels_train.csv': `image_id,rad_id,${findings}\n${rows.join('\n')}\n`,
      'image_labels_test.csv': `image_id,${findings}\nt0,0,1,0,0\nt1,0,0,0,1\n`,
      'annotations_train.csv': `image_id,rad_id,class_name,x_min,y_min,x_max,y_max\n${ids[0]},R8,Cardiomegaly,10,20,30,40\n${ids[1]},R8,No finding,,,,\n`,
    };
    const read = await readSet(set);
    expect(read.counts).toEqual({
      'Aortic enlargement': [1, 4, 0],
      Cardiomegaly: [3, 2, 0],
      'Pleural effusion': [1, 4, 0],
    });
    expect(read.report).toMatchObject({ conflictingRows: 0, duplicateRows: 0, marks: { boxes: 1 } });
    expect(read.given).toEqual(['test', 'test', 'train', 'train', 'train']);
    expect((await readSet(set, { readers: 'any' })).counts['Pleural effusion']).toEqual([2, 3, 0]);
    expect((await readSet(set, { readers: 'all' })).counts.Cardiomegaly).toEqual([2, 3, 0]);
  });

  it('a row that says nothing contradicts none; one that disagrees makes unknown, whatever comes after', async () => {
    const text = 'file,A,B,C\na.png,,1,1\na.png,1,0,1\na.png,1,1,\n';
    const set = await readSet({ ...films('a.png'), 'l.csv': text });
    expect([...set.assignment!.films[0]!.labels]).toEqual([1, 255, 1]);
    expect(set.report).toMatchObject({ duplicateRows: 2, conflictingRows: 2 });
  });

  it('RANZCR: films are called after the study', async () => {
    const set = await readSet({
      ...films(...numbered(4, (i) => `train/1.2.826.0.1.3680043.8.498.10${i}.jpg`)),
      'train.csv': `StudyInstanceUID,ETT - Abnormal,ETT - Normal,PatientID\n${numbered(4, (i) => `1.2.826.0.1.3680043.8.498.10${i},${i % 2},${1 - (i % 2)},ec8941${i >> 1}`).join('\n')}\n`,
    });
    expect(set.counts).toEqual({ 'ETT - Abnormal': [2, 2, 0], 'ETT - Normal': [2, 2, 0] });
    expect(new Set(set.patients).size).toBe(2);
  });

  it('a column of any name may name the films', async () => {
    const set = await readSet({
      ...films(...numbered(4, (i) => `xr_${i}a.png`)),
      'train.csv': `Roentgenbild,Erguss\n${numbered(4, (i) => `xr_${i}a,${i % 2}`).join('\n')}\n`,
    });
    expect(set.counts).toEqual({ Erguss: [2, 2, 0] });
    expect(set.scan.tables[0]).toMatchObject({ fileColumn: 'Roentgenbild', matched: 4 });
  });

  it('SIIM-FISABIO-RSNA: studies by folder, or through the table of images, whose boxes are drawn', async () => {
    const study = `id,Negative for Pneumonia,Typical Appearance,Indeterminate Appearance,Atypical Appearance\n${numbered(4, (i) => `5776db0cec7${i}_study,${Number(i === 0)},${Number(i > 1)},0,${Number(i === 1)}`).join('\n')}\n`;
    const image = `id,boxes,label,StudyInstanceUID\n${numbered(4, (i) => `000a312787f${i}_image,"[{'x': 7, 'y': 5, 'width': 10, 'height': 19}]",${i ? `opacity 1 7.5 5 17 24 opacity 1 20 5 30 9` : 'none 1 0 0 1 1'},5776db0cec7${i}`).join('\n')}\n`;
    const nested = films(...numbered(4, (i) => `train/5776db0cec7${i}/81456c9c5423/000a312787f${i}.dcm`));
    const typical = {
      'Typical Appearance': [2, 2, 0],
      'Indeterminate Appearance': [0, 4, 0],
      'Atypical Appearance': [1, 3, 0],
    };
    const alone = await readSet({ ...nested, 'train_study_level.csv': study });
    expect(alone.counts).toEqual(typical);
    expect(alone.scan.tables[0]).toMatchObject({ fileColumn: 'id', matched: 4, use: { by: 'study' } });
    const flat = films(...numbered(4, (i) => `train/000a312787f${i}.png`));
    for (const pictures of [nested, flat]) {
      const both = await readSet({
        ...pictures,
        'train_study_level.csv': study,
        'train_image_level.csv': image,
      });
      expect(both.counts).toEqual({ ...typical, opacity: [3, 1, 0] });
      expect(both.report?.marks).toEqual({ films: 3, boxes: 6, masks: 0 });
    }
  });

  it('Open-i: reports by uid, through the table of films', async () => {
    const set = await readSet({
      ...films(...numbered(4, (i) => `images/${1 + (i >> 1)}_IM-000${i}-4001.dcm.png`)),
      'indiana_projections.csv': `uid,filename,projection\n${numbered(4, (i) => `${1 + (i >> 1)},${1 + (i >> 1)}_IM-000${i}-4001.dcm.png,${i % 2 ? 'Lateral' : 'Frontal'}`).join('\n')}\n`,
      'indiana_reports.csv':
        'uid,MeSH,Problems,image,findings\n1,normal,normal,Xray Chest PA and Lateral,The cardiac silhouette is normal. The lungs are clear and the pleural spaces are too.\n2,Cardiomegaly/mild;Opacity/lung,Cardiomegaly;Opacity,Chest 2 views,There is a mild enlargement of the heart. Opacity of the left lung at the base is seen as well.\n',
    });
    expect(set.counts).toEqual({ Cardiomegaly: [2, 2, 0], Opacity: [2, 2, 0] });
    expect(set.assignment!.films.map((film) => film?.lateral)).toEqual([false, true, false, true]);
  });

  it('a table of persons reaches their films by folder and by the customs of file names', async () => {
    const table = 'Patient ID,Tuberculosis\n1,1\n2,0\n';
    for (const paths of [
      ['patient00001/a.png', 'patient00001/b.png', 'patient00002/a.png'],
      ['images/00000001_000.png', 'images/00000001_001.png', 'images/00000002_000.png'],
    ]) {
      const set = await readSet({ ...films(...paths), 'people.csv': table });
      expect(set.counts).toEqual({ Tuberculosis: [2, 1, 0] });
      expect(set.scan.tables[0]?.use).toMatchObject({ by: 'patient', films: 3 });
    }
  });

  it('labels of other films of the same person or study are put on none', async () => {
    const nih = 'Image Index,Finding Labels,Patient ID\n00000001_000.png,Mass,1\n00000001_001.png,Mass,1\n';
    const refused = await readSet({ ...films('00000001_002.png'), 'Data_Entry_2017.csv': nih }).catch(
      (error) => error,
    );
    expect(refused.code).toBe('labels-unmatched');
    expect(refused.message).toContain('none of its rows names a film');
  });

  it('says that rows fit several films, where they do', async () => {
    const set = await readSet({
      ...films('a/1.png', 'b/1.png', 'a/2.png', 'b/2.png'),
      'l.csv': 'file,A\n1.png,1\n2.png,0\n',
    }).catch((error) => error);
    expect(set).toMatchObject({ code: 'labels-unmatched' });
    expect(set.message).toContain('2 of its 2 rows fit several films each');
  });

  it('names a table whose films are not there beside one that is used', async () => {
    const set = await readSet({
      ...films('a.png', 'b.png'),
      'here.csv': 'file,A\na.png,1\nb.png,0\n',
      'there.csv': 'file,A\nq.png,1\n',
    });
    expect(set.notes).toContain(
      'there.csv was not used: none of its rows names a film in the column "file".',
    );
  });
});

describe('tables beside others', () => {
  const numbers = numbered(6, (i) => `${i}.png`);
  const half = (from: number, to: number, value = (i: number) => i % 2) =>
    `file,A\n${numbers
      .slice(from, to)
      .map((name, i) => `${name},${value(from + i)}`)
      .join('\n')}`;

  it('a table of something else does not disturb folders that say what they are', async () => {
    const set = { ...films('NORMAL/a.png', 'TB/b.png'), 'results.csv': 'name,accuracy\nfirst run,0.9\n' };
    const read = await readSet(set);
    expect(read.counts).toEqual({ TB: [1, 1, 0] });
    expect(read.notes).toContain(
      'results.csv was not used: none of its rows names a film in the column "name".',
    );
    await expect(readSet(set, {}, 'results.csv')).rejects.toMatchObject({ code: 'labels-unmatched' });
  });

  it('a sample of a submission labels nothing', async () => {
    const set = {
      ...films(...numbers),
      'train.csv': half(0, 4),
      'sample_submission.csv': half(4, 6, () => 0),
    };
    const read = await readSet(set);
    expect(read.counts).toEqual({ A: [2, 2, 2] });
    expect(read.notes).toContain('sample_submission.csv was not used: it is called a submission');
    expect((await readSet(set, { use: ['train.csv', 'sample_submission.csv'] })).counts).toEqual({
      A: [2, 4, 0],
    });
  });

  it('batches that overlap a little are stacked; what they dispute is unknown, and counted', async () => {
    const read = await readSet({
      ...films(...numbers),
      'batch_1.csv': half(0, 4),
      'batch_2.csv': half(3, 6, (i) => (i + 1) % 2),
    });
    expect(read.uses).toEqual({ 'batch_1.csv': 'labels', 'batch_2.csv': 'stacked' });
    expect(read.counts).toEqual({ A: [2, 3, 1] });
    expect(read.notes).toContain('On 1 film(s) the tables contradict each other');
  });

  it('a table in each part folder speaks of the films beside it', async () => {
    const parts = ['train', 'valid', 'test'];
    const read = await readSet({
      ...films(...parts.flatMap((part) => numbered(3, (i) => `${part}/${i}.jpg`))),
      ...Object.fromEntries(
        parts.map((part, at) => [
          `${part}/_classes.csv`,
          `filename, Mass\n0.jpg,${at % 2}\n1.jpg,1\n2.jpg,0\n`,
        ]),
      ),
    });
    expect(read.counts).toEqual({ Mass: [4, 5, 0] });
    expect(read.given).toEqual(['test', 'test', 'test', 'train', 'train', 'train', 'val', 'val', 'val']);
  });

  it('a list whose commas are not quoted is read to the end of the row', async () => {
    const read = await readSet({
      ...films(...numbers),
      'l.csv': 'file,label\n0.png,Mass\n1.png,Mass, Nodule\n2.png,normal\n3.png,Nodule\n',
    });
    expect(read.counts).toEqual({ Mass: [2, 2, 2], Nodule: [2, 2, 2] });
    expect(read.notes).not.toContain('more cells');
  });

  it('a table without findings names the columns that could hold some', async () => {
    const read = await readSet({ ...films(...numbers), 'l.csv': 'file,Befund\n0.png,krank\n1.png,gesund\n' });
    expect(read.findings).toEqual([]);
    expect(read.notes).toContain(
      'Columns that were not read: "Befund". Choose one of them if it holds classes.',
    );
    expect(
      (await readSet({ ...films(...numbers), 'l.csv': 'file,vector\n0.png,"[0, 1]"\n1.png,"[1, 0]"\n' }))
        .findings,
    ).toEqual([]);
  });
});

describe('films that one cell does not tell apart', () => {
  it('are found by person and study, or by the folder in another column', async () => {
    const paths = [1, 2].flatMap((person) =>
      [1, 2].map((study) => `patient${person}/study${study}/view1.png`),
    );
    const right = { A: [2, 2, 0] };
    const rows = ['patient1,study1', 'patient1,study2', 'patient2,study1', 'patient2,study2'];
    const study = await readSet({
      ...films(...paths),
      'l.csv': `patient,study,A\n${rows.map((row, i) => `${row},${i % 2}`).join('\n')}`,
    });
    expect(study.counts).toEqual(right);
    expect(study.report).toMatchObject({ conflictingRows: 0, duplicateRows: 0, matchedRows: 4 });
    const file = await readSet({
      ...films(...paths),
      'l.csv': `patient,study,file,A\n${rows.map((row, i) => `${row},view1.png,${i % 2}`).join('\n')}`,
    });
    expect(file.counts).toEqual(right);
    const folder = await readSet({
      ...films('0/1.png', '1/1.png'),
      'l.csv': 'ImageID,ImageDir,Labels\n1.png,0,"[\'mass\']"\n1.png,1,"[\'normal\']"\n',
    });
    expect(folder.counts).toEqual({ mass: [1, 1, 0] });
  });

  it('are found by numbers whose zeros a spreadsheet dropped, where all films are numbers of one length', async () => {
    const numbers = numbered(12, (i) => `${String(i).padStart(5, '0')}.png`);
    const rows = numbered(12, (i) => `${i},${i % 2}`).join('\n');
    expect((await readSet({ ...films(...numbers), 'l.csv': `id,A\n${rows}` })).report?.matchedRows).toBe(12);
    const ages = await readSet({ ...films(...numbers), 'l.csv': 'who,Age,A\nx,3,1\ny,7,0\n' }).catch(
      (error) => error,
    );
    expect(ages.leftOut).toEqual([['l.csv', 'labels-unreadable']]);
    const mixed = await readSet({ ...films(...numbers, 'x.png'), 'l.csv': `id,A\n${rows}\nx,1` });
    expect(mixed.report?.matchedRows).toBe(1);
  });
});
