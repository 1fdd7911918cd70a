// Which quirks of the published code a configuration reproduces, for reports. Derived from the table of settings
// and from the preset that has them all; docs/method.md explains each.

import type { Field } from './fields.ts';
import { presetConfig } from './presets.ts';
import { type Config, type ConfigKey, type ConfigValue, keysInForce, SCHEMA } from './schema.ts';

export interface QuirkSwitch {
  /** As docs/method.md numbers them, e.g. Q1. */
  readonly quirk: string;
  readonly setting: ConfigKey;
  readonly value: ConfigValue;
  readonly asPublished: boolean;
}

/** Every switch that the configuration has with its value, in the order of the table. */
export function quirkSwitches(config: Config): QuirkSwitch[] {
  const published = presetConfig('paper-official');
  return keysInForce(config).flatMap((setting) => {
    const { quirk }: Field = SCHEMA[setting];
    if (!quirk) return [];
    const value = config[setting];
    return [{ quirk, setting, value, asPublished: value === published[setting] }];
  });
}
