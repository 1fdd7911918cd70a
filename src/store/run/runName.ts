// Names a run by what sets it apart from the one before: "batch 32→64, lr 0.002→0.001". A first run, or one that
// went over to another preset, carries the preset's name; nothing is numbered unless nothing differs.

import type { Field } from '../../config/fields.ts';
import { PRESETS, presetOf } from '../../config/presets.ts';
import { type Config, type ConfigKey, SCHEMA } from '../../config/schema.ts';
import { differingKeys } from '../../config/share.ts';

const SHOWN_DIFFERENCES = 3;

function words(key: ConfigKey, value: Config[ConfigKey]): string {
  const field: Field = SCHEMA[key];
  if (field.kind === 'toggle') return value ? 'on' : 'off';
  if (field.kind === 'number') return String(Number(Number(value).toPrecision(4)));
  return String(value);
}

/** The settings of pretraining in which two configurations differ, as short words. */
export function differences(before: Config, after: Config): string[] {
  return differingKeys(after, before)
    .filter((key) => SCHEMA[key].when !== 'evaluation')
    .map((key) => `${SCHEMA[key].short} ${words(key, before[key])}→${words(key, after[key])}`);
}

function presetName(config: Config): string {
  const preset = presetOf(config);
  const method = config.method === SCHEMA.method.default ? '' : `${SCHEMA.method.choices[config.method]}, `;
  return `${method}${preset ? PRESETS[preset].label : 'Own settings'}, seed ${config.seed}`;
}

/** A name for a run with `config` after one with `before`; `taken` are the names already used. */
export function nameRun(config: Config, before: Config | null, taken: readonly string[]): string {
  const changed = before ? differences(before, config) : [];
  const wentToPreset = before && presetOf(config) !== null && presetOf(config) !== presetOf(before);
  const plain =
    !before || wentToPreset || changed.length === 0
      ? presetName(config)
      : changed.slice(0, SHOWN_DIFFERENCES).join(', ') +
        (changed.length > SHOWN_DIFFERENCES ? ` and ${changed.length - SHOWN_DIFFERENCES} more` : '');
  let name = plain;
  for (let again = 2; taken.includes(name); again++) name = `${plain} (${again})`;
  return name;
}
