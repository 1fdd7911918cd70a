// @vitest-environment happy-dom
// The form against the table it is made from: every row has a control somewhere on the page, and what is typed reaches the
// draft only when the schema takes it.

import { fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { CONFIG_KEYS, keysInForce, SCHEMA } from '../../config/schema.ts';
import { STATISTICS } from '../../methods/record/statistics.ts';
import { belongsTo, METHOD_NAMES } from '../../methods/records.ts';
import { entryOfSetting } from '../../store/lessons/glossary.ts';
import { choosePreset, setDraft, useSettings } from '../../store/page/settings.ts';
import { setTask } from '../../store/run/evaluation.ts';
import { useSession } from '../../store/session.ts';
import { EVALUATION_ROWS, TASK_NAMES, TASKS } from '../../tasks/records.ts';
import { GLOSSARY_EN } from '../../words/en/glossary.ts';
import { EvaluateView } from '../evaluate/EvaluateView.tsx';
import { RunPanel } from '../runs/RunPanel.tsx';
import { mount } from '../testPage.tsx';
import { ConfigForm } from './ConfigForm.tsx';

/** A field lies in a folded group, so it has no role for those who do not see it. */
const HIDDEN = { hidden: true };
const draft = () => useSettings.getState().draft;
const row = (key: string) => screen.getByTestId(`field-${key}`);
const typed = (key: string, text: string) =>
  fireEvent.change(within(row(key)).getByRole('textbox', HIDDEN), { target: { value: text } });

const shownKeys = () =>
  screen.getAllByTestId(/^field-/).map((element) => element.dataset.testid!.slice('field-'.length));

beforeEach(() => {
  setDraft('method', SCHEMA.method.default);
  choosePreset('smoke');
  useSession.setState(useSession.getInitialState());
});

describe('the settings table on the page', () => {
  it.each(METHOD_NAMES)('has one control for every row that belongs to %s', (method) => {
    setDraft('method', method);
    mount(
      <>
        <ConfigForm />
        <RunPanel />
      </>,
    );
    const keys = CONFIG_KEYS.filter((key) => belongsTo(key, method) && SCHEMA[key].when !== 'evaluation');
    expect(shownKeys().sort()).toEqual(keys.sort());
  });

  it.each(TASK_NAMES)('shows what %s reads on the Evaluate view while it is chosen', (task) => {
    setTask(task);
    mount(<EvaluateView />);
    expect(shownKeys()).toEqual(CONFIG_KEYS.filter((key) => Object.hasOwn(TASKS[task].rows, key)));
  });

  it('shows nothing that only evaluations read anywhere else', () => {
    mount(<ConfigForm />);
    expect(shownKeys().filter((key) => Object.hasOwn(EVALUATION_ROWS, key))).toEqual([]);
  });
});

describe('a field', () => {
  it('passes on what the schema takes, says why it refuses, and returns to the last good value', async () => {
    mount(<ConfigForm />);
    typed('learningRate', '0.25');
    expect(draft().learningRate).toBe(0.25);
    typed('learningRate', '-1');
    const input = within(row('learningRate')).getByRole('textbox', HIDDEN);
    expect(input.getAttribute('aria-invalid')).toBe('true');
    expect(draft().learningRate).toBe(0.25);
    fireEvent.blur(input);
    expect(input.getAttribute('aria-invalid')).not.toBe('true');
    expect((input as HTMLInputElement).value).toBe('0.25');
  });

  it('marks what differs from the preset and goes back to it', () => {
    mount(<ConfigForm />);
    typed('weightDecay', '0.01');
    expect(row('weightDecay').dataset.changed).toBe('true');
    fireEvent.click(within(row('weightDecay')).getByLabelText(/^Reset /));
    expect(draft().weightDecay).toBe(presetConfig('smoke').weightDecay);
    expect(row('weightDecay').dataset.changed).toBe('false');
  });

  it('opens the entry of the glossary that explains it, where there is one', async () => {
    mount(<ConfigForm />);
    const explained = CONFIG_KEYS.filter((key) => entryOfSetting(key) !== null && shownKeys().includes(key));
    expect(explained).toContain('varianceWeight');
    for (const key of explained) {
      const word = within(row(key)).getByTestId(`term-${key}`);
      expect(word.tagName).toBe('BUTTON');
      expect(word.textContent).toContain(SCHEMA[key].label);
    }
    expect(within(row('weightDecay')).queryByTestId('term-weightDecay')).toBeNull();
    fireEvent.click(screen.getByTestId('term-varianceWeight'));
    const entry = await screen.findByTestId('entry-variance');
    expect(entry.textContent).toContain(GLOSSARY_EN.variance.meaning);
    expect(within(entry).getByLabelText(STATISTICS.variance.formula)).toBeTruthy();
    fireEvent.keyDown(entry, { key: 'Escape' });
    await waitFor(() => expect(screen.queryByTestId('entry-variance')).toBeNull());
  });

  it('is locked by a run unless it may change between steps', () => {
    useSession.setState({ runConfig: draft(), ended: false });
    mount(<ConfigForm />);
    const locked = (key: string) => row(key).dataset.locked === 'true';
    const shown = keysInForce(draft()).filter((key) => key !== 'seed' && SCHEMA[key].when !== 'evaluation');
    for (const key of shown) {
      expect([key, locked(key)]).toEqual([key, SCHEMA[key].when === 'start']);
    }
    expect(screen.getByTestId('lock').textContent).toContain('New run');
  });

  it('of an evaluation stays free during a run', () => {
    useSession.setState({ runConfig: draft(), ended: false });
    setTask('linear');
    mount(<EvaluateView />);
    typed('probeEpochs', '12');
    fireEvent.click(within(row('probeFlip')).getByRole('switch', HIDDEN));
    expect(draft()).toMatchObject({ probeEpochs: 12, probeFlip: !presetConfig('smoke').probeFlip });
    expect(screen.getByTestId('probe-settings').textContent).toContain('2 changed');
    setDraft('probeEpochs', presetConfig('smoke').probeEpochs);
  });
});
