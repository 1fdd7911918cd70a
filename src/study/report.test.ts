// Table, sentence and files of a study: what is called a difference and what is not, and that reports hold what they promise
// and no address, script or name that must not leave.

import { beforeAll, describe, expect, test } from 'vitest';
import { findingTables } from './findings.ts';
import { runStudy } from './queue.ts';
import { studyCsv, studyJson, studyTex } from './report/files.ts';
import { studyHtml } from './report/html.ts';
import type { StudyState } from './state.ts';
import { type Difference, ofTask, studyTable } from './table.ts';
import { begun, DATA, methodsNamed, specOf, TestHost } from './testStudy.ts';
import { standing, verdict } from './verdict.ts';
import { warningsOf } from './warnings.ts';

let state: StudyState;
beforeAll(async () => {
  const host = new TestHost(begun(specOf({ seeds: [1, 2, 3] })));
  state = await runStudy(host.kept, host);
});

const told = (changes: Partial<Difference>): Difference => ({
  value: 0.05,
  low: 0.01,
  high: 0.09,
  seeds: 3,
  sameSign: true,
  p: 0.01,
  ...changes,
});

describe('the table', () => {
  test('holds mean, interval, spread over seeds and draws, and the difference to the reference', () => {
    const rows = studyTable(state);
    expect(rows.map(({ id }) => id)).toEqual([
      'mlvicx',
      'vicreg',
      'random-bottlenecks',
      'random-plain',
      'pixels',
    ]);
    for (const { id, cells } of rows) {
      for (const { score, spread, difference, seeds } of cells) {
        expect(seeds).toBe(3);
        expect(score.value).toBeCloseTo(spread.mean!, 12);
        expect(score.low!).toBeLessThan(score.value!);
        expect(spread.seeds!).toBeGreaterThan(0);
        if (id === 'mlvicx') expect(difference).toBeNull();
        else expect(difference!.low!).toBeLessThan(difference!.value!);
      }
      // A draw apart is known only where there are several.
      expect(cells[0]!.spread.draws!).toBeGreaterThan(0);
      expect(cells[1]!.spread.draws).toBeNull();
    }
    const [ours, theirs] = rows;
    expect(theirs!.cells[0]!.difference!.value).toBeCloseTo(
      theirs!.cells[0]!.score.value! - ours!.cells[0]!.score.value!,
      12,
    );
  });
  test('corrects single findings over the findings of a row', () => {
    const [table] = findingTables(state);
    for (const column of table!.labels.keys()) {
      const cells = table!.findings.map(({ cells }) => cells[column]!);
      const ps = cells.map(({ p }) => p);
      if (ps.some((p) => p === null)) continue;
      const smallest = Math.min(...ps.map((p) => p!));
      const at = ps.indexOf(smallest);
      expect(cells[at]!.holm).toBeCloseTo(Math.min(1, ps.length * smallest), 12);
    }
  });
});

describe('the sentence', () => {
  test('calls a difference only what the test and every seed say', () => {
    expect(standing(told({}))).toBe('above');
    expect(standing(told({ value: -0.05 }))).toBe('below');
    expect(standing(told({ p: 0.06 }))).toBe('alike');
    expect(standing(told({ sameSign: false }))).toBe('alike');
    expect(standing(told({ p: null }))).toBe('alike');
    expect(standing(null)).toBeNull();
  });
  const withDifference = (difference: Difference) =>
    studyTable(state).map((row) =>
      row.id === 'mlvicx' ? row : { ...row, cells: row.cells.map((cell) => ({ ...cell, difference })) },
    );
  test('says that two methods cannot be told apart', () => {
    expect(verdict(state, withDifference(told({ p: 0.5 })))).toMatch(
      /^MLVICX and VICReg cannot be told apart on these 120 films at any label share\./,
    );
  });
  test('holds several against the reference only, and the upper line apart', async () => {
    const methods = methodsNamed('mlvicx', 'vicreg', 'simclr', 'supervised');
    const host = new TestHost(begun(specOf({ seeds: [1, 2, 3], methods })));
    const several = await runStudy(host.kept, host);
    const rows = studyTable(several).map((row) =>
      row.id === 'mlvicx'
        ? row
        : { ...row, cells: row.cells.map((cell) => ({ ...cell, difference: told({ p: 1 }) })) },
    );
    expect(verdict(several, rows)).toMatch(
      /^MLVICX cannot be told apart from VICReg and SimCLR on these 120 films at any label share\. With .*Supervised \(upper line\)/,
    );
    expect(warningsOf(several).join()).toContain('an upper line, not a rival');
  });
  test('turns the sign round when it speaks of the reference', () => {
    expect(verdict(state, withDifference(told({ value: -0.05, low: -0.09, high: -0.01 })))).toMatch(
      /^With 10 % of the labels, MLVICX lies above VICReg \(\+0\.050, 95 % interval \+0\.010 to \+0\.090\)\. With all labels/,
    );
  });
  test('says nothing of a study that is not complete, and of encoders where there is one seed', async () => {
    expect(verdict(begun(specOf()), studyTable(begun(specOf())))).toMatch(/not complete \(0 of/);
    const host = new TestHost(begun(specOf({ seeds: [4] })));
    const single = await runStudy(host.kept, host);
    expect(verdict(single, studyTable(single))).toContain('not about the methods');
  });
});

describe('warnings', () => {
  test('are given for few cases, unknown patients, films seen before and contradicting labels', () => {
    const bad = { ...DATA, patients: DATA.films, duplicatesAcross: 2, conflictingRows: 1 };
    const words = warningsOf({ ...state, data: bad }).join('\n');
    expect(words).toMatch(/Fewer than 30 test films.*Nodule \(\d+ with/);
    expect(words).toContain('Every film counts as a patient of its own');
    expect(words).toContain('2 films look the same as a film of another part');
    expect(words).toContain('1 row of the label files contradict');
    expect(words).toContain('120 test films are of 60 patients');
    expect(warningsOf(state).join('\n')).not.toContain('contradict');
  });
});

describe('the files', () => {
  test('have a line of the table for every row and share', () => {
    const lines = studyCsv(state).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 5 * 2);
    expect(lines[0]!.split(',')).toContain('sd_seeds');
    expect(lines[3]).toMatch(/^"?VICReg"?,linear,0\.1,3,0\.\d+/);
    const tex = studyTex(state);
    expect(tex).toContain('\\toprule');
    expect(tex.match(/\\\\$/gm)).toHaveLength(6);
    expect(tex).toContain('10 \\%');
  });
  test('have a column for every task and share, and say by which task each claim is', async () => {
    const host = new TestHost(begun(specOf({ tasks: ['linear', 'finetune'], seeds: [1, 2, 3] })));
    const both = await runStudy(host.kept, host);
    const lines = studyCsv(both).trimEnd().split('\r\n');
    expect(lines).toHaveLength(1 + 5 * 2 * 2);
    expect(lines.filter((line) => line.startsWith('VICReg,finetune,'))).toHaveLength(2);
    const tex = studyTex(both);
    expect(tex).toContain('\\begin{tabular}{lllll}');
    expect(tex).toContain('& Fine-tuning, 10 \\% &');
    expect(tex).toContain('AUROC by a linear layer on frozen features; AUROC by fine-tuning of all weights');
    const html = studyHtml(both);
    expect(html.match(/<svg/g)).toHaveLength(2);
    expect(html.match(/<circle/g)).toHaveLength(20);
    expect(html).toContain('Linear layer, 10 %');
    expect(JSON.parse(studyJson(both)).study.tasks).toEqual([
      { name: 'linear', measure: 'AUROC' },
      { name: 'finetune', measure: 'AUROC' },
    ]);
    // The columns of a task are those of a study by it alone, up to what is corrected over all columns.
    const alone = new TestHost(begun(specOf({ tasks: ['finetune'], seeds: [1, 2, 3] })));
    const own = studyTable(await runStudy(alone.kept, alone));
    const plain = (rows: ReturnType<typeof studyTable>) =>
      rows.map(({ cells }) => cells.map(({ score, spread }) => ({ score, spread })));
    expect(plain(ofTask(studyTable(both), 'finetune'))).toEqual(plain(own));
    expect(plain(ofTask(studyTable(both), 'linear'))).not.toEqual(plain(own));
    const turned = studyTable(both).map((row) => ({
      ...row,
      cells: row.cells.map((cell) => ({ ...cell, difference: row.id === 'mlvicx' ? null : told({}) })),
    }));
    expect(verdict(both, turned)).toMatch(
      /With 10 % of the labels, by fine-tuning of all weights, MLVICX lies below/,
    );
    expect(findingTables(both).map(({ task, share }) => `${task} ${share}`)).toEqual([
      'linear 0.1',
      'linear 1',
      'finetune 0.1',
      'finetune 1',
    ]);
  });
  test('say everything once more as JSON', () => {
    const json = JSON.parse(studyJson(state));
    expect(json.verdict).toBe(verdict(state, studyTable(state)));
    expect(json.study.seeds).toEqual([1, 2, 3]);
    expect(json.table).toHaveLength(5);
    expect(Object.keys(json.runs.scored)).toContain('mlvicx-seed3');
    expect(json.cost[0]).toMatchObject({ method: 'mlvicx', secondsPerStep: 0.05, runs: 3 });
  });
  test('call scores of masks by their name, without pixels and single findings', async () => {
    const host = new TestHost(begun(specOf({ tasks: ['segmentation'] })));
    const masks = await runStudy(host.kept, host);
    expect(Object.keys(masks.scored).filter((id) => id.startsWith('pixels'))).toEqual([]);
    expect(studyTable(masks).map(({ id }) => id)).not.toContain('pixels');
    expect(studyCsv(masks)).toMatch(/^row,task,label_share,seeds,dice_positive,dice_positive_low,/);
    const [html, tex, json] = [studyHtml(masks), studyTex(masks), studyJson(masks)];
    for (const text of [html, tex, json]) expect(text).toContain('Dice of films with a mask');
    for (const text of [html, tex]) expect(text).not.toMatch(/auroc/i);
    expect(Object.keys(JSON.parse(json).runs.scored['mlvicx-seed1'].shares[0].findings[0])).toEqual([
      'finding',
      'dice_positive',
    ]);
    expect(html).not.toContain('Single findings');
  });
  test('name no measure for all where tasks have several, and leave pixels out where they have no score', async () => {
    const host = new TestHost(begun(specOf({ tasks: ['segmentation', 'linear'], shares: [1], seeds: [1] })));
    const mixed = await runStudy(host.kept, host);
    const pixels = studyTable(mixed).find(({ id }) => id === 'pixels')!;
    expect(pixels.cells.map(({ task, seeds }) => `${task} ${seeds}`)).toEqual(['segmentation 0', 'linear 1']);
    expect(studyCsv(mixed)).toMatch(/^row,task,label_share,seeds,score,score_low,/);
    const html = studyHtml(mixed);
    expect(html).toContain('Mean Dice of films with a mask, AUROC');
    expect(html).not.toContain('Chance is 0.5');
    // DeLong compares what ranks films.
    expect(html).toContain('of the labels, by a linear layer on frozen features</h3>');
    expect(html).not.toContain('of the labels, by the masks');
  });
  test('are one page that asks for nothing and runs nothing', () => {
    const html = studyHtml({ ...state, failed: { '<b>x': { code: 'internal', message: 'a & b' } } });
    expect(html).not.toMatch(/<script|https?:|<link|@import|url\(|src=/i);
    expect(html).toContain('&lt;b&gt;x: a &amp; b');
    expect(html).not.toContain('<b>x');
    expect(html.match(/<circle/g)).toHaveLength(10);
    for (const words of [
      'Difference to MLVICX',
      'Single findings',
      'Cost',
      'What differs',
      'Left out',
      'Hernia',
    ]) {
      expect(html).toContain(words);
    }
  });
});
