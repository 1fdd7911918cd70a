// @vitest-environment happy-dom
// The curves of fine-tuning: a line for each start and draw, random ones below, values that are not known left out; shown while it goes
// on and with the report.

import { screen } from '@testing-library/react';
import { beforeEach, expect, it } from 'vitest';
import { noteTuned, useEvaluation } from '../../../store/run/evaluation.ts';
import type { TunedEpoch } from '../../../tasks/finetune/record.ts';
import { mount } from '../../testPage.tsx';
import { EvaluateView } from '../EvaluateView.tsx';
import { linesOf } from './TuningChart.tsx';

const epoch = (start: TunedEpoch['start'], draw: number, at: number, auroc: number | null): TunedEpoch => ({
  start,
  draw,
  epoch: at,
  loss: 1 / at,
  auroc,
});
const EPOCHS = [
  epoch('random', 0, 1, 0.5),
  epoch('pretrained', 0, 1, 0.7),
  epoch('pretrained', 0, 2, null),
  epoch('pretrained', 1, 1, 0.8),
];

beforeEach(() => useEvaluation.setState(useEvaluation.getInitialState()));

it('makes a line for each start and draw', () => {
  const lines = linesOf(EPOCHS, 'auroc');
  expect(lines.map(({ key }) => key)).toEqual(['random 0', 'pretrained 0', 'pretrained 1']);
  expect(lines[1]!.points).toEqual([{ epoch: 1, value: 0.7 }]);
  expect(linesOf(EPOCHS, 'loss')[1]!.points).toHaveLength(2);
});

it('is shown while fine-tuning goes on, and for no other task', () => {
  useEvaluation.setState({ running: true, task: 'finetune', tuned: EPOCHS });
  mount(<EvaluateView />).unmount();
  mount(<EvaluateView />);
  expect(screen.getByTestId('tuning-curves').textContent).toContain(
    'label draw 2, epoch 1: loss 1.0000, AUROC 0.800',
  );
  useEvaluation.setState({ task: 'linear' });
  mount(<EvaluateView />);
  expect(screen.queryAllByTestId('tuning-curves')).toHaveLength(0);
});

it('has each epoch once, though a training that a lost device took is told again', () => {
  useEvaluation.setState({ running: true, task: 'finetune' });
  for (const one of [...EPOCHS, ...EPOCHS, epoch('pretrained', 1, 2, 0.9)]) noteTuned(one);
  const lines = linesOf(useEvaluation.getState().tuned, 'loss');
  expect(lines.map(({ points }) => points.map(({ epoch: at }) => at))).toEqual([[1], [1, 2], [1, 2]]);
});
