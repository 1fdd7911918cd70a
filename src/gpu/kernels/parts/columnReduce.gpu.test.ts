// The reduction in both of its workgroup forms at every width that a workgroup takes, each of which is a program of its
// own: sums and maxima equal plain loops, and still do where a driver does not keep the threads of a subgroup in order.
import { afterEach, expect, test } from 'vitest';
import type { Form } from '../../forms.ts';
import { tf } from '../../kernel.ts';
import type { Program } from '../../program.ts';
import { testDevice } from '../../testDevice.ts';
import { values } from './case.ts';
import { type ColumnReduction, runColumnReduction } from './columnReduce.ts';

const REDUCTION: ColumnReduction = {
  name: 'testSumAndMaximum',
  reads: { x: 'f32' },
  writes: { y: 'f32' },
  params: [],
  state: { sum: 'f32', most: 'f32' },
  prepare: '',
  start: 'State(0.0, -1e30)',
  visit: `let v = x[(segment * p.rows + r) * p.columns + c];
    s.sum += v;
    s.most = max(s.most, v);`,
  merge: 'return State(a.sum + b.sum, max(a.most, b.most));',
  finish: `y[2u * (segment * p.columns + c)] = s.sum;
    y[2u * (segment * p.columns + c) + 1u] = s.most;`,
};

/** A driver that numbers the threads of a subgroup in another order than the workgroup does. */
const outOfOrder = (program: Program): Program => {
  const code = program.code.replace('lane % subgroupSize != subgroupLane', 'lane == 70u');
  expect(code).not.toBe(program.code);
  return { ...program, name: `${program.name}_disorder`, code };
};

afterEach(async () => {
  expect((await testDevice()).takeFaults()).toEqual([]);
});

const WIDTHS = [1, 2, 4, 8, 16, 3, 7, 11, 37];

test.each<[string, Form, (program: Program) => Program]>([
  ['through workgroup memory', 'workgroup', (program) => program],
  ['first within subgroups', 'subgroup', (program) => program],
  ['with subgroups out of order', 'subgroup', outOfOrder],
])('%s, at every width', async (_, form, change) => {
  const { runtime } = await testDevice();
  const programs = new Set<string>();
  for (const columns of WIDTHS) {
    const [segments, rows] = [2, 300];
    const data = values([segments, rows, columns], columns);
    const x = tf.tensor(data, [segments, rows, columns]);
    const y = tf.zeros([segments, columns, 2]);
    const run: Parameters<typeof runColumnReduction>[0]['run'] = (program, ...rest) => {
      const changed = change(program);
      programs.add(changed.name);
      runtime.dispatch(changed, ...rest);
    };
    runColumnReduction({ run, form }, REDUCTION, { segments, rows, columns }, [x, y], []);
    const found = await y.data();
    for (let at = 0; at < segments * columns; at++) {
      const [segment, column] = [Math.floor(at / columns), at % columns];
      const list = Array.from({ length: rows }, (__, r) => data[(segment * rows + r) * columns + column]!);
      expect(found[2 * at]).toBeCloseTo(
        list.reduce((a, b) => a + b, 0),
        3,
      );
      expect(found[2 * at + 1]).toBe(Math.max(...list));
    }
    tf.dispose([x, y]);
  }
  // A program for each power of two up to the widest.
  expect(programs.size).toBe(5);
});
