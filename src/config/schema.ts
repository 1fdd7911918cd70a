// Every hyper-parameter of the product, once. Forms, URL, command line, validation, run names and reports are
// derived from this table. Defaults are the paper's (arXiv 2403.11504) or, where the published code does
// something questionable, the recommended choice; each such switch names its quirk (docs/method.md).
// Presets layer other values over these (presets.ts); nothing here knows about forms or files.

import { belongsTo, METHOD_ROW, METHOD_ROWS } from '../methods/records.ts';
import { EVALUATION_ROWS } from '../tasks/records.ts';
import { AppError } from '../util/errors.ts';
import type { Field, ValueOf } from './fields.ts';
import { MODEL_ROWS } from './rowsModel.ts';
import { TRAINING_ROWS } from './rowsTraining.ts';
import { VIEW_ROWS } from './rowsViews.ts';

/** In the order in which the form shows them. */
export const SCHEMA = {
  ...METHOD_ROW,
  ...MODEL_ROWS,
  ...METHOD_ROWS,
  ...TRAINING_ROWS,
  ...VIEW_ROWS,
  ...EVALUATION_ROWS,
} as const satisfies Record<string, Field>;

export type Schema = typeof SCHEMA;
export type ConfigKey = keyof Schema;
/** A complete configuration: a value for every row of the table. */
export type Config = { [K in ConfigKey]: ValueOf<Schema[K]> };
export type ConfigValue = Config[ConfigKey];

export const CONFIG_KEYS = Object.keys(SCHEMA) as ConfigKey[];

export const isConfigKey = (text: string): text is ConfigKey => Object.hasOwn(SCHEMA, text);

export function defaultConfig(): Config {
  const entries = CONFIG_KEYS.map((key) => [key, SCHEMA[key].default]);
  return Object.fromEntries(entries) as Config;
}

/** The settings that mean something under a configuration: those of other methods do not. */
export const keysInForce = ({ method }: Pick<Config, 'method'>): ConfigKey[] =>
  CONFIG_KEYS.filter((key) => belongsTo(key, method));

/** The values that mean something, as files and reports carry them. */
export const inForce = (config: Config): Partial<Config> =>
  Object.fromEntries(keysInForce(config).map((key) => [key, config[key]]));

/** Reads one value from text or JSON. @throws AppError `config-invalid` with the found value and the range. */
export function parseValue<K extends ConfigKey>(key: K, raw: unknown): Config[K] {
  const field: Field = SCHEMA[key];
  const refuse = (range: string): never => {
    throw new AppError('config-invalid', `${key} = ${String(raw).slice(0, 40)}, expected ${range}.`);
  };
  if (field.kind === 'toggle') {
    if (raw === true || raw === 'true' || raw === '1') return true as Config[K];
    if (raw === false || raw === 'false' || raw === '0') return false as Config[K];
    return refuse('true or false');
  }
  if (field.kind === 'choice') {
    if (typeof raw === 'string' && Object.hasOwn(field.choices, raw)) return raw as Config[K];
    return refuse(`one of ${Object.keys(field.choices).join(', ')}`);
  }
  const value =
    typeof raw === 'number' ? raw : typeof raw === 'string' && raw.trim() ? Number(raw) : Number.NaN;
  const inRange = Number.isFinite(value) && value >= field.min && value <= field.max;
  if (!inRange || (field.integer && !Number.isInteger(value))) {
    return refuse(`${field.integer ? 'an integer' : 'a number'} from ${field.min} to ${field.max}`);
  }
  return value as Config[K];
}

/** A complete configuration from any record; unknown keys and bad values are refused by name. */
export function parseConfig(raw: Readonly<Record<string, unknown>>, base: Config = defaultConfig()): Config {
  const config: Record<string, ConfigValue> = { ...base };
  for (const [key, value] of Object.entries(raw)) {
    if (!isConfigKey(key)) throw new AppError('config-invalid', `there is no setting called ${key}.`);
    config[key] = parseValue(key, value);
  }
  return config as Config;
}

/**
 * As parseConfig, for settings that someone named one by one: a row of a method that is not the chosen one is refused.
 * @throws AppError config-invalid
 */
export function parseSettings(raw: Readonly<Record<string, unknown>>, base: Config): Config {
  const config = parseConfig(raw, base);
  const stray = Object.keys(raw).find((key) => !belongsTo(key, config.method));
  if (stray === undefined) return config;
  const { label } = SCHEMA[stray as ConfigKey];
  const chosen = SCHEMA.method.choices[config.method];
  throw new AppError('config-invalid', `${stray} (${label}) is no setting of the method ${chosen}.`);
}
