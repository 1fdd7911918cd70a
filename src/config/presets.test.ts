// The published preset has every quirk on; ours differs where the specification recommends it.
import { expect, test } from 'vitest';
import { presetConfig, quirkSwitches } from './presets.ts';

test('the published preset has every quirk on, the paper preset only those to be reproduced', () => {
  expect(quirkSwitches(presetConfig('paper-official')).every(({ asPublished }) => asPublished)).toBe(true);
  const changed = quirkSwitches(presetConfig('paper')).filter(({ asPublished }) => !asPublished);
  expect(changed.map(({ quirk }) => quirk).sort()).toEqual(['Q1', 'Q2', 'Q3']);
  const named = new Set(quirkSwitches(presetConfig('demo')).map(({ quirk }) => quirk));
  for (const quirk of ['Q1', 'Q2', 'Q3', 'Q14', 'Q15', 'Q20']) expect(named).toContain(quirk);
});
