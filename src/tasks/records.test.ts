// What holds for every evaluation of the table: its settings stand in the one settings table, and a report survives being
// stored and is told in full by its record.

import { describe, expect, it } from 'vitest';
import { CONFIG_KEYS, defaultConfig, SCHEMA } from '../config/schema.ts';
import { fakeEvaluation } from '../fake/report.ts';
import { Unfit } from '../util/schema.ts';
import { EVALUATION_ROWS, type Evaluation, readEvaluations, TASK_NAMES, TASKS, taskOf } from './records.ts';

const config = { ...defaultConfig(), labelShare: 0.1 };

it('every setting of an evaluation belongs to a task, and to nothing else', () => {
  const evaluated = CONFIG_KEYS.filter((key) => SCHEMA[key].when === 'evaluation');
  expect(Object.keys(EVALUATION_ROWS)).toEqual(evaluated);
});

describe.each(TASK_NAMES)('%s', (task) => {
  const evaluation = fakeEvaluation(task, config, 300);
  const { report } = evaluation;
  const record = taskOf(evaluation);

  it('reads what it wrote, as it was', () => {
    const evaluations = JSON.parse(JSON.stringify([evaluation]));
    expect(readEvaluations({ evaluations })).toEqual([evaluation]);
  });

  it('refuses a report of another form by the place', () => {
    const evaluations = [{ task, report: { ...report, seconds: 'many' } }];
    expect(() => readEvaluations({ evaluations })).toThrow(Unfit);
    expect(() => readEvaluations({ evaluations })).toThrow('the scores[0].seconds');
  });

  it('tells every score in a table, in text, in a line and in a sentence', () => {
    const { fields, rows } = record.table(report);
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) expect(row).toHaveLength(fields.length);
    expect(record.print(report).split('\n').length).toBeGreaterThanOrEqual(rows.length);
    expect(JSON.parse(JSON.stringify(record.result(report)))).toEqual(record.result(report));
    expect(record.verdict(report)).toMatch(/[.]$/);
    expect(record.headline(report)).toMatchObject({ step: 300, condition: '10 %' });
  });

  it('says what it answers in one sentence', () => {
    expect(TASKS[task].answers).toMatch(/^[A-Z].+\.$/);
    expect(TASKS[task].short).toMatch(/^[a-z]+$/);
  });
});

it('the last line of the linear evaluation is what scripts know', () => {
  const evaluation = fakeEvaluation('linear', config, 300);
  expect(taskOf(evaluation).result(evaluation.report)).toEqual({
    share: 0.1,
    auroc: { pretrained: 0.861, random: 0.722, pixels: 0.768 },
  });
});

it('claims nothing of pretraining where no decoder draws on films with a mask', () => {
  const { report } = fakeEvaluation('segmentation', config, 300) as Extract<
    Evaluation,
    { task: 'segmentation' }
  >;
  expect(TASKS.segmentation.verdict(report)).toMatch(/^Pretraining lifts/);
  const none = { value: 0, low: 0, high: 0 };
  const dicePositive = { pretrained: none, random: none, gain: none };
  expect(TASKS.segmentation.verdict({ ...report, scores: { ...report.scores, dicePositive } })).toBe(
    'No decoder has learnt yet to draw on films with a mask, so nothing can be said about pretraining: raise Decoder epochs or Decoder rate.',
  );
});
