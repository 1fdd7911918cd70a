import { describe, expect, it } from 'vitest';
import { withoutWrappers } from './wrappers.ts';

const NAMES = ['encoder.encoder.0.weight', 'encoder.encoder.1.running_mean', 'expander.layers.0.weight'];

describe('withoutWrappers', () => {
  it.each([
    '',
    'module.',
    '_orig_mod.',
    '_orig_mod.module.',
    'module._orig_mod.',
    'model.',
    'state_dict.',
    'state_dict.module.',
    'model.module._orig_mod.',
    'net.',
    'model_state_dict.',
  ])('takes off "%s"', (front) => expect(withoutWrappers(NAMES.map((name) => front + name))).toEqual(NAMES));
  it('takes off what wraps a part', () => {
    expect(
      withoutWrappers(['encoder._orig_mod.encoder.0.weight', 'expander.module.layers.0.weight']),
    ).toEqual([NAMES[0], NAMES[2]]);
  });
  it('leaves names that do not share it, and names that would meet', () => {
    const apart = ['model.a.weight', 'b.weight'];
    expect(withoutWrappers(apart)).toEqual(apart);
    const meeting = ['module.a.weight', 'a.weight'];
    expect(withoutWrappers(meeting)).toEqual(meeting);
    expect(withoutWrappers(['encoder.encoder.0.weight'])).toEqual(['encoder.encoder.0.weight']);
    expect(withoutWrappers(['module', 'model'])).toEqual(['module', 'model']);
    expect(withoutWrappers([])).toEqual([]);
  });
});
