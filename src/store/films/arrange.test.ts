import { beforeAll, describe, expect, it } from 'vitest';
import { createFakeClient } from '../../fake/engine.ts';
import type { Arrangement, IntakeOptions } from '../../protocol/intake.ts';
import { AppError, ERROR_TABLE } from '../../util/errors.ts';
import type { PlaygroundClient } from '../../worker/client.ts';
import { useProtection } from '../page/protection.ts';
import { load, readAgain, startSession } from '../run/acts.ts';
import { arrange, confirmLabels, fetchProblems, useArrangement, WAYS_OUT } from './arrange.ts';
import { type Source, useDataset } from './dataset.ts';

const folder = (name: string): Source => ({
  kind: 'files',
  name,
  slices: () => [[{ path: 'a.png', file: new File([], 'a.png') }]],
});

/** The fake client with an intake that refuses one split and remembers what it was asked. */
const asked: (Arrangement | IntakeOptions)[] = [];
function client(): PlaygroundClient {
  const fake = createFakeClient({ beat: 1 });
  return {
    ...fake,
    intake: {
      ...fake.intake,
      async readFiles(files, options, onEvent) {
        asked.push(options);
        if (options.name === 'torn' && !options.split) throw new AppError('split-overlap', '1 of 2.');
        return fake.intake.readFiles(files, options, onEvent);
      },
      async arrange(arrangement) {
        asked.push(arrangement);
        const { summary } = useDataset.getState();
        if (arrangement.split?.seed === 13 || !summary) throw new AppError('split-impossible', 'unlucky.');
        return {
          ...summary,
          splitRule: `seed ${arrangement.split?.seed}`,
          fingerprint: `seed ${arrangement.split?.seed}`,
        };
      },
      matchProblems: async () => [{ problem: 'no-row', file: '', row: 0, name: 'a.png' }],
    },
  };
}

const state = () => useArrangement.getState();

describe('deciding about labels and parts', () => {
  beforeAll(async () => {
    useProtection.setState({ protection: { state: 'active', by: 'server' } });
    await startSession(client);
    await load(folder('whole'));
  });

  it('changes the set at hand; a change that fails leaves the one before, and says why', async () => {
    expect(await arrange({ split: { seed: 5 } })).toBe(true);
    expect(useDataset.getState().summary?.splitRule).toBe('seed 5');
    confirmLabels();
    expect(await arrange({ split: { seed: 13 } })).toBe(false);
    expect(state()).toMatchObject({ choice: { split: { seed: 5 } }, confirmed: true, busy: false });
    expect(state().error?.code).toBe('split-impossible');
    expect(await arrange({ leaveOut: ['dark'] })).toBe(true);
    expect(state()).toMatchObject({ choice: { split: { seed: 5 }, leaveOut: ['dark'] }, error: null });
  });

  it('fetches what did not fit only when asked, and anew after a change', async () => {
    await fetchProblems();
    expect(state().problems).toHaveLength(1);
    await arrange({ split: { seed: 6 } });
    expect(state().problems).toBeNull();
  });

  it('keeps decisions when the same films are read again, and forgets them with the films', async () => {
    const { source } = useDataset.getState();
    await load(source!);
    expect(asked.at(-1)).toMatchObject({ split: { seed: 6 }, leaveOut: ['dark'] });
    await load(folder('other'));
    expect(state()).toMatchObject({ choice: {}, confirmed: false });
  });

  it('offers a way out of a refused split and reads the folder with it', async () => {
    await load(folder('torn'));
    const { error } = useDataset.getState();
    const [way] = WAYS_OUT[error!.code]!;
    await readAgain(way!.change);
    expect(asked.at(-1)).toMatchObject({ name: 'torn', split: { overlap: 'leave-out' } });
    expect(useDataset.getState().phase).toBe('ready');
    expect(Object.keys(WAYS_OUT).filter((code) => !Object.hasOwn(ERROR_TABLE, code))).toEqual([]);
  });
});

it('stays with the set that was read when the last word of progress comes late', async () => {
  const base = client();
  let late: () => void = () => undefined;
  const slow: PlaygroundClient = {
    ...base,
    intake: {
      ...base.intake,
      readFiles(files, options, onEvent) {
        late = () => onEvent({ type: 'progress', done: 1, total: 1, skipped: 0, found: 0 });
        return base.intake.readFiles(files, options, onEvent);
      },
    },
  };
  await startSession(() => slow);
  await load(folder('ward'));
  late();
  expect(useDataset.getState().phase).toBe('ready');
});
