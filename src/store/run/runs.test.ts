import { beforeEach, describe, expect, it } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import type { Config } from '../../config/schema.ts';
import { resetSeries } from '../curves/series.ts';
import {
  deleteRun,
  differences,
  enterLiveRun,
  nameRun,
  pinnedRuns,
  pinRun,
  type Run,
  renameRun,
  undoDelete,
  useRuns,
} from './runs.ts';

const demo = presetConfig('demo');
const names = () => useRuns.getState().runs.map(({ name }) => name);

beforeEach(() => {
  resetSeries();
  useRuns.setState({ runs: [], liveId: null, removed: null });
});

describe('run names', () => {
  it('say what differs from the run before', () => {
    const after = {
      ...demo,
      batchSize: 64,
      learningRate: 0.001,
      projectorFinalNorm: !demo.projectorFinalNorm,
    };
    const found = differences(demo, after);
    expect(found).toHaveLength(3);
    expect(found.some((text) => text.includes('32→64'))).toBe(true);
    expect(found.some((text) => text.includes(`${demo.learningRate}→0.001`))).toBe(true);
    expect(nameRun(after, demo, [])).toBe(found.join(', '));
  });

  it('are the preset where a run is the first or changes presets, and never repeat', () => {
    expect(nameRun(demo, null, [])).toBe(`Demo, seed ${demo.seed}`);
    expect(nameRun(presetConfig('smoke'), demo, [])).toContain('Smoke');
    expect(nameRun(demo, demo, [nameRun(demo, null, [])])).toMatch(/\(2\)$/);
  });

  it('count long lists instead of printing them', () => {
    const far = { ...presetConfig('laptop'), batchSize: 48 };
    expect(nameRun(far, demo, [])).toMatch(/ and \d+ more$/);
  });
});

/** Enters the live series and gives the run it became. */
function entered(config: Config): Run {
  enterLiveRun(config, 'random');
  return useRuns.getState().runs.at(-1)!;
}

describe('runs', () => {
  it('enter a series once and keep the colour and the name it got', () => {
    const first = entered(demo);
    expect(entered(demo)).toBe(first);
    resetSeries();
    const second = entered({ ...demo, seed: 7 });
    expect(second.colour).not.toBe(first.colour);
    expect(useRuns.getState().liveId).toBe(second.id);
    expect(names()).toHaveLength(2);
  });

  it('overlay pinned runs beside the live one only', () => {
    const first = entered(demo);
    resetSeries();
    const second = entered({ ...demo, seed: 7 });
    pinRun(first.id, true);
    pinRun(second.id, true);
    expect(pinnedRuns().map(({ id }) => id)).toEqual([first.id]);
  });

  it('come back to their place after a deletion, and refuse an empty name', () => {
    const first = entered(demo);
    resetSeries();
    entered({ ...demo, seed: 7 });
    renameRun(first.id, '  ');
    renameRun(first.id, ' Baseline ');
    const before = names();
    expect(before[0]).toBe('Baseline');
    deleteRun(first.id);
    expect(names()).toHaveLength(1);
    undoDelete();
    expect(names()).toEqual(before);
  });

  it('stay deleted when more of their samples arrive', () => {
    deleteRun(entered(demo).id);
    enterLiveRun(demo, 'random');
    expect(names()).toEqual([]);
  });
});
