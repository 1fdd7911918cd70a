// A study from its plan to its end on made-up scores: what is refused as unfair, what is trained and in which order, cuts,
// failures, the choice on validation films.

import { describe, expect, test } from 'vitest';
import { AppError } from '../util/errors.ts';
import { runId } from './names.ts';
import { isComplete, jobsOf, nextJob, progressOf, runStudy } from './queue.ts';
import { studyCsv, studyTex } from './report/files.ts';
import { checkSpec, configOf, differences, sweepOf } from './spec.ts';
import { readState } from './state.ts';
import { chosenFor, sweepRows } from './sweep.ts';
import { studyTable } from './table.ts';
import { begun, methodsNamed, specOf, TestHost } from './testStudy.ts';
import { verdict } from './verdict.ts';
import { leftOut, warningsOf } from './warnings.ts';

const RATES = [{ key: 'learningRate', values: [0.001, 0.005, 0.02] }];
const ids = (state: ReturnType<typeof begun>, part: string) =>
  jobsOf(state).flatMap((job) => (job.part === part ? [job.id] : []));

describe('the plan', () => {
  test('gives every method the same settings but its own', () => {
    const spec = specOf();
    const [a, b] = spec.methods.map((method) => configOf(spec, method, 3, {}));
    expect({ ...a, method: 'vicreg' }).toEqual(b);
    expect(a!.seed).toBe(3);
  });

  test.each([
    [{ methods: [{ name: 'vicreg', settings: { batchSize: 4 } }] }, /batchSize.*same for every method/],
    [
      { methods: [{ name: 'vicreg', settings: { temperature: 1 } }] },
      /temperature.*no setting of the method/,
    ],
    [{ sweep: [{ key: 'imageSize', values: [32, 48] }] }, /imageSize is the same for every method/],
    [{ sweep: [{ key: 'nothing', values: [1] }] }, /no setting called nothing/],
    [{ sweep: [{ key: 'learningRate', values: [99] }] }, /learningRate = 99/],
    [{ seeds: [1, 1] }, /named twice/],
    [{ shares: [0] }, /labelShare/],
    [{ shares: [] }, /label share/],
    [{ reference: 'simclr' }, /none of the methods/],
  ] as const)('refuses what would not be fair or is not there: %o', (changes, words) => {
    const spec = { ...specOf(), reference: 'vicreg', ...changes };
    expect(() => checkSpec(spec as never)).toThrow(words);
  });

  test('lists everything in which methods differ', () => {
    const spec = specOf({
      methods: [
        { name: 'mlvicx', settings: {} },
        { name: 'simclr', settings: { learningRate: 0.01 } },
      ],
    });
    const [ours, theirs] = differences(spec, () => ({}));
    const keys = (of: typeof ours) => of!.settings.map(({ key }) => key);
    expect(keys(ours)).toContain('learningRate');
    expect(keys(theirs)).toContain('temperature');
    expect(keys(ours)).not.toContain('batchSize');
  });

  test('tries as many settings for every method, and none where they are given', () => {
    const spec = specOf({
      sweep: RATES,
      methods: [...methodsNamed('mlvicx'), { name: 'vicreg', settings: { learningRate: 0.1 } }],
    });
    expect(spec.methods.map((method) => sweepOf(spec, method).length)).toEqual([3, 1]);
    expect(warningsOf(begun(spec)).join()).toContain('same number of settings');
  });

  test('sets pixels and random encoders beside the methods at every seed', () => {
    const scored = ids(begun(specOf()), 'scored');
    for (const seed of [1, 2]) {
      expect(scored).toContain(`pixels-seed${seed}`);
      // MLVICX has context bottlenecks, VICReg none.
      expect(scored).toContain(`random-bottlenecks-seed${seed}`);
      expect(scored).toContain(`random-plain-seed${seed}`);
    }
  });
});

describe('several tasks', () => {
  const spec = specOf({ tasks: ['neighbours', 'linear', 'finetune'], seeds: [1] });

  test('are scored one after the other on the encoder that is at hand, trained once', async () => {
    const host = new TestHost(begun(spec));
    // The baselines, a run, and its scores by the first task.
    host.stopAfter = 11;
    await expect(runStudy(host.kept, host)).rejects.toMatchObject({ code: 'cancelled' });
    host.stopAfter = Number.POSITIVE_INFINITY;
    const state = await runStudy(host.kept, host);
    expect(isComplete(state)).toBe(true);
    expect(host.trained).toEqual(['mlvicx-seed1', 'vicreg-seed1']);
    expect(Object.keys(state.scored).filter((id) => id.startsWith('mlvicx'))).toEqual([
      'mlvicx-seed1',
      'mlvicx-seed1-by-linear',
      'mlvicx-seed1-by-finetune',
    ]);
    expect(jobsOf(state).filter(({ part }) => part === 'scored')).toHaveLength(3 * (1 + 2 + 2));
  });

  test('a run that fails is scored by none, a task that fails fails alone', async () => {
    const host = new TestHost(begun(spec));
    host.fail = ({ id }) => (id === 'vicreg-seed1' ? new AppError('loss-exploded', id) : null);
    const score = host.score;
    host.score = async (request) => {
      const fails = request.task === 'finetune' && request.config.method === 'mlvicx';
      if (fails && request.encoder === 'run') throw new AppError('loss-not-finite', 'fine-tuning');
      return score(request);
    };
    const state = await runStudy(host.kept, host);
    expect(isComplete(state)).toBe(true);
    expect(Object.keys(state.failed)).toContain('vicreg-seed1');
    expect(Object.keys(state.failed)).toContain('mlvicx-seed1-by-finetune');
    const [ours, theirs] = studyTable(state);
    const known = ({ cells }: typeof ours & {}) =>
      spec.tasks.map((task) => cells.filter((cell) => cell.task === task).every(({ seeds }) => seeds === 1));
    expect(known(ours!)).toEqual([true, true, false]);
    expect(known(theirs!)).toEqual([false, false, false]);
  });

  test('are refused twice or not at all; a plan of before there were several has one', () => {
    expect(() => checkSpec({ ...spec, tasks: [] })).toThrow(/task to score by/);
    expect(() => checkSpec({ ...spec, tasks: ['linear', 'linear'] })).toThrow(/named twice/);
    const { tasks: _, ...before } = spec;
    const older = (more: object) => readState({ ...begun(spec), spec: { ...before, ...more } }).spec.tasks;
    expect(older({ task: 'finetune' })).toEqual(['finetune']);
    expect(older({})).toEqual(['linear']);
  });
});

describe('settings on validation films', () => {
  const spec = specOf({
    films: 'validation',
    sweep: [
      { key: 'batchSize', values: [4, 8] },
      { key: 'minCropScale', values: [0.3, 0.5] },
    ],
  });

  test('are tried at every seed, for as many views whatever the batch, and no test film is scored', () => {
    const jobs = jobsOf(begun(spec));
    expect(new Set(jobs.map(({ part }) => part))).toEqual(new Set(['trained', 'tried']));
    // Two methods, two seeds, four combinations.
    expect(jobs).toHaveLength(2 * 16);
    const { batchSize, maxSteps } = spec.base;
    for (const { config } of jobs) {
      const apart = Math.abs(config.maxSteps * config.batchSize - batchSize * maxSteps);
      expect(apart).toBeLessThan(config.batchSize);
    }
  });

  test('are tried where nothing is swept as well, and refused where methods are held against each other', () => {
    expect(jobsOf(begun(specOf({ films: 'validation' })))).toHaveLength(2 * 4);
    expect(() => checkSpec({ ...spec, films: 'test' })).toThrow(/batchSize is the same for every method/);
    expect(() => checkSpec({ ...spec, sweep: [{ key: 'imageSize', values: [32, 48] }] })).toThrow(
      /imageSize/,
    );
    expect(() => specOf({ sweepSeeds: 3 })).toThrow(/1 to 2 of the seeds/);
  });

  test('are told with mean and deviation over seeds', async () => {
    const host = new TestHost(begun(spec));
    const end = await runStudy(host.kept, host);
    expect(isComplete(end)).toBe(true);
    const [method] = spec.methods;
    const [row] = sweepRows(end, method!);
    const tried = spec.seeds.map((seed) => end.tried[runId('mlvicx', seed, row!.swept)]!.auroc!);
    expect(row!.auroc).toBeCloseTo((tried[0]! + tried[1]!) / 2, 12);
    expect(row!.spread).toBeCloseTo(Math.abs(tried[0]! - tried[1]!) / Math.SQRT2, 12);
    expect(verdict(end, studyTable(end))).toMatch(
      /^No test film was scored\. On validation films, mean over 2 seeds/,
    );
    const [best] = [...sweepRows(end, method!)].sort((a, b) => b.auroc! - a.auroc!);
    expect(chosenFor(end, method!)).toEqual(best!.swept);
  });

  test('are the table of its files, the chosen ones marked', async () => {
    const host = new TestHost(begun(spec));
    const end = await runStudy(host.kept, host);
    const [head, ...lines] = studyCsv(end).trimEnd().split('\r\n');
    expect(head).toBe('method,batchSize,minCropScale,seeds,validation_auroc,sd_seeds,chosen');
    expect(lines).toHaveLength(2 * 4);
    expect(lines.filter((line) => line.endsWith(',1'))).toHaveLength(2);
    const tex = studyTex(end);
    expect(tex.match(/\\textbf\{0\.\d{3} \$\\pm\$ 0\.\d{3}\}/g)).toHaveLength(2);
    expect(tex).toContain('MLVICX & batchSize 4, minCropScale 0.3 & ');
    expect(tex).toContain('No test film was scored');
  });
});

describe('the queue', () => {
  test('chooses at as many seeds as asked, and trains what it chose there once', async () => {
    const spec = specOf({ sweep: RATES, sweepSeeds: 2 });
    const host = new TestHost(begun(spec));
    const end = await runStudy(host.kept, host);
    expect(isComplete(end)).toBe(true);
    // Three rates at both seeds for each of two methods, and no run beside them.
    expect(host.trained).toHaveLength(12);
    expect(Object.keys(end.tried)).toHaveLength(12);
  });

  test('trains the chosen run of the sweep once, and looks at no test film before the choice', async () => {
    const spec = specOf({ sweep: RATES });
    const host = new TestHost(begun(spec));
    const order: string[] = [];
    host.onState = (_, job) => {
      if (job) order.push(`${job.part} ${job.id}`);
    };
    const end = await runStudy(host.kept, host);
    expect(isComplete(end)).toBe(true);
    expect(spec.methods.map((method) => chosenFor(end, method))).toEqual([
      { learningRate: 0.005 },
      { learningRate: 0.005 },
    ]);
    // Three rates at the first seed, one more run at the second, for each of two methods.
    expect(host.trained).toHaveLength(8);
    expect(new Set(host.trained).size).toBe(8);
    const lastTry = order.findLastIndex((one) => one.startsWith('tried'));
    const firstTest = order.findIndex((one) => /^scored (mlvicx|vicreg)/.test(one));
    expect(firstTest).toBeGreaterThan(lastTry);
  });

  test('knows from the start how many pieces there are, and what the rest will take', async () => {
    const host = new TestHost(begun(specOf({ sweep: RATES })));
    const before = progressOf(host.kept);
    expect(before.secondsLeft).toBeNull();
    const seen: number[] = [];
    host.onState = (state) => {
      const { secondsLeft, total } = progressOf(state);
      expect(total).toBe(before.total);
      if (secondsLeft !== null) seen.push(secondsLeft);
    };
    await runStudy(host.kept, host);
    expect(seen.at(-1)).toBe(0);
    expect(seen.length).toBeGreaterThan(5);
  });

  test('cut after every piece and read back, it ends with the numbers of one that was not cut', async () => {
    const spec = specOf({ sweep: RATES });
    const uncut = new TestHost(begun(spec));
    await runStudy(uncut.kept, uncut);
    let state = begun(spec);
    let cuts = 0;
    const trained: string[] = [];
    while (nextJob(state)) {
      const host = new TestHost(state);
      host.stopAfter = 1;
      await expect(runStudy(state, host)).rejects.toThrow('Cancelled');
      trained.push(...host.trained.slice(0, 1));
      state = readState(JSON.parse(JSON.stringify(host.kept)));
      cuts++;
      if (progressOf(state).done === progressOf(state).total - 1) break;
    }
    const last = new TestHost(state);
    state = await runStudy(state, last);
    expect(cuts).toBeGreaterThan(10);
    expect(studyTable(state)).toEqual(studyTable(uncut.kept));
    expect(state.scored).toEqual(uncut.kept.scored);
  });

  test('a run that blows up is left out by name, and the others go on', async () => {
    const host = new TestHost(begun(specOf()));
    host.fail = ({ id }) => (id === 'vicreg-seed2' ? new AppError('loss-not-finite', 'at step 9.') : null);
    const end = await runStudy(host.kept, host);
    expect(leftOut(end).map(({ what }) => what)).toEqual(['Hernia', 'vicreg-seed2']);
    const row = studyTable(end).find(({ id }) => id === 'vicreg')!;
    expect(row.cells[0]!.seeds).toBe(1);
    // Compared at the seed that both have.
    expect(row.cells[0]!.difference!.seeds).toBe(1);
  });

  test('a method whose settings all failed is said not to work, and is not run', async () => {
    const host = new TestHost(begun(specOf({ sweep: RATES })));
    host.fail = ({ config }) => (config.method === 'vicreg' ? new AppError('loss-exploded', 'x') : null);
    const end = await runStudy(host.kept, host);
    expect(isComplete(end)).toBe(true);
    expect(warningsOf(end).join()).toContain('VICReg was not made to work: all 3');
    expect(verdict(end, studyTable(end))).not.toContain('VICReg');
  });

  test('a device that is gone ends the work, not the study', async () => {
    const host = new TestHost(begun(specOf()));
    host.fail = () => new AppError('device-lost-often', 'x');
    await expect(runStudy(host.kept, host)).rejects.toThrow('again and again');
    expect(host.kept.failed).toEqual({});
    expect(Object.keys(host.kept.scored).length).toBeGreaterThan(0);
  });

  test('what was written for another version or damaged is not read', () => {
    const state = JSON.parse(JSON.stringify(begun(specOf())));
    expect(readState(state)).toEqual(begun(specOf()));
    expect(() => readState({ ...state, version: 2 })).toThrow('another version');
    expect(() => readState({ ...state, spec: { ...state.spec, seeds: ['1'] } })).toThrow();
  });
});
