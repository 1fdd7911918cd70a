// A configuration as a link, which carries a preset and what differs from it, nothing else: no
// data, no file name, no label. Reading one goes through the same validation as the form.

import { AppError } from '../util/errors.ts';
import { isPresetName, PRESET_NAMES, type PresetName, presetConfig } from './presets.ts';
import { type Config, type ConfigKey, keysInForce, parseSettings } from './schema.ts';

export interface Shared {
  readonly preset: PresetName;
  readonly config: Config;
}

/** What a link may say of the page beside settings: a lesson, a language, and what is shown. */
export const PAGE_WORDS = ['lesson', 'lang', 'embed', 'show', 'hide', 'projector', 'teacher'] as const;
export type PageWord = (typeof PAGE_WORDS)[number];

/** The settings of a configuration in which it differs from another, in the order of the schema. */
export const differingKeys = (config: Config, base: Config): ConfigKey[] =>
  keysInForce(config).filter((key) => config[key] !== base[key]);

/** The preset that needs the fewest changes to become the configuration; the seed does not count. */
export function nearestPreset(config: Config): PresetName {
  const distance = (name: PresetName) =>
    differingKeys(config, presetConfig(name)).filter((key) => key !== 'seed').length;
  return PRESET_NAMES.reduce((best, name) => (distance(name) < distance(best) ? name : best));
}

/** `#preset=demo&seed=7&batchSize=16` */
export function shareHash(config: Config, preset: PresetName = nearestPreset(config)): string {
  const parts = new URLSearchParams({ preset, seed: String(config.seed) });
  for (const key of differingKeys(config, presetConfig(preset))) parts.set(key, String(config[key]));
  return `#${parts}`;
}

/** Reads a link's hash; null when it holds no configuration. @throws AppError config-invalid */
export function readShareHash(hash: string): Shared | null {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  const preset = parts.get('preset');
  if (preset === null) return null;
  if (!isPresetName(preset)) {
    throw new AppError('config-invalid', `there is no preset called ${preset.slice(0, 40)}.`);
  }
  for (const word of ['preset', ...PAGE_WORDS]) parts.delete(word);
  return { preset, config: parseSettings(Object.fromEntries(parts), presetConfig(preset)) };
}
