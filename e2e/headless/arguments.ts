// Reading the command line: options shared by the commands, each refused by name before a browser is started.
// Settings go through the configuration table, so a bad value gets the same sentence as in the page.

import { existsSync, mkdtempSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type ParseArgsConfig, parseArgs } from 'node:util';
import { isPresetName, PRESET_NAMES, type PresetName } from '../../src/config/presets.ts';
import { type Config, isConfigKey, parseSettings } from '../../src/config/schema.ts';
import { OVERLAP, SPLIT_SOURCES, type SplitChoice } from '../../src/protocol/arrangement.ts';
import type { Decisions } from '../../src/protocol/intake.ts';
import { BLANK, type LabelChoice, READERS, UNCERTAIN } from '../../src/protocol/labels.ts';
import { AppError } from '../../src/util/errors.ts';
import { isShardIndex, joinShards, shardMap } from '../../src/util/shards.ts';
import { LABEL_FILE_OPTIONS, type LabelFileValues, labelFileChoice } from './labelArguments.ts';

/** The program was called wrongly: exit status 2. */
export class UsageError extends Error {}

type Options = NonNullable<ParseArgsConfig['options']>;

/** Options of every command that reads films. */
export const DATA_OPTIONS = {
  data: { type: 'string' },
  labels: { type: 'string', multiple: true, default: [] },
  ...LABEL_FILE_OPTIONS,
  where: { type: 'string' },
  limit: { type: 'string' },
  set: { type: 'string', multiple: true, default: [] },
  out: { type: 'string' },
  uncertain: { type: 'string' },
  blank: { type: 'string' },
  readers: { type: 'string' },
  split: { type: 'string' },
  overlap: { type: 'string' },
  cache: { type: 'string' },
  'leave-out': { type: 'string', multiple: true, default: [] },
  keep: { type: 'string', multiple: true, default: [] },
} as const satisfies Options;

/** Where planes lie while the command runs; a folder of many films goes to the disk unless told otherwise. */
const CACHE = { yes: 'on disk', no: 'in memory' } as const;

/** Options that take a word out of a table. */
const CHOICES = {
  uncertain: UNCERTAIN,
  blank: BLANK,
  readers: READERS,
  split: SPLIT_SOURCES,
  overlap: OVERLAP,
  cache: CACHE,
} as const;
type ChoiceName = keyof typeof CHOICES;

/** For the help: each option with its words. */
export const choicesInWords = (): string =>
  Object.entries(CHOICES)
    .map(([name, words]) => `--${name} ${Object.keys(words).join('|')}`)
    .join(', ');

export function readOptions<O extends Options>(argv: readonly string[], options: O) {
  try {
    return parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }).values;
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : String(error));
  }
}

export function required(value: string | undefined, name: string): string {
  if (!value) throw new UsageError(`--${name} is needed.`);
  return value;
}

export function wholeNumber(text: string, name: string, least: number): number {
  const value = Number(text);
  if (text.trim() && Number.isInteger(value) && value >= least) return value;
  throw new UsageError(`--${name} ${text} is not a whole number from ${least} up.`);
}

export function presetName(text: string): PresetName {
  if (isPresetName(text)) return text;
  throw new UsageError(`there is no preset ${text}; there are ${PRESET_NAMES.join(', ')}.`);
}

export function keyAndValue(text: string, option: string): [string, string] {
  const at = text.indexOf('=');
  if (at <= 0) throw new UsageError(`--${option} ${text} is not of the form key=value.`);
  return [text.slice(0, at).trim(), text.slice(at + 1).trim()];
}

/** `--set key=value …` as a record for parseConfig. */
export const settings = (given: readonly string[]) =>
  Object.fromEntries(given.map((text) => keyAndValue(text, 'set')));

/** The configuration with the settings of the command line over it. A wrong setting is a wrong call. */
export function configure(base: Config, given: Readonly<Record<string, unknown>>): Config {
  const unknown = Object.keys(given).find((key) => !isConfigKey(key));
  if (unknown) throw new UsageError(`there is no setting called ${unknown}.`);
  try {
    return parseSettings(given, base);
  } catch (error) {
    if (error instanceof AppError) throw new UsageError(error.message);
    throw error;
  }
}

export interface DataArguments {
  /** Folder of films, or null for a synthetic set. */
  readonly folder: string | null;
  /** The only label files to use; none: those of the folder. */
  readonly labels: readonly string[];
  /** Seed of the synthetic set, as far as one is named. */
  readonly syntheticSeed: number | null;
  readonly where: { readonly column: string; readonly value: string } | null;
  /** Films at most; 0 for all. */
  readonly limit: number;
  readonly arrangement: Decisions;
  /** Null: decided by the number of files. */
  readonly cache: boolean | null;
}

function word<N extends ChoiceName>(
  name: N,
  given: string | undefined,
): keyof (typeof CHOICES)[N] | undefined {
  if (given === undefined || Object.hasOwn(CHOICES[name], given)) {
    return given as keyof (typeof CHOICES)[N] | undefined;
  }
  throw new UsageError(`--${name} is one of ${Object.keys(CHOICES[name]).join(', ')}, not ${given}.`);
}

/** Only what was given; the rest is detected. */
const stated = <T extends object>(record: T): T =>
  Object.fromEntries(Object.entries(record).filter(([, value]) => value !== undefined)) as T;

type ArrangementValues = Partial<Record<ChoiceName, string | undefined>> &
  LabelFileValues & { 'leave-out'?: string[]; keep?: string[] };

const folderBelow = (folder: string) => folder.replace(/^\.\/|\/+$/g, '');

/** What the command line says about labels, split and folders. */
export function arrangementOf(given: ArrangementValues): Decisions {
  const labels = stated({
    uncertain: word('uncertain', given.uncertain),
    blank: word('blank', given.blank),
    readers: word('readers', given.readers),
    ...labelFileChoice(given),
  }) as LabelChoice;
  const split = stated({
    source: word('split', given.split),
    overlap: word('overlap', given.overlap),
  }) as SplitChoice;
  const folders = (given['leave-out'] ?? []).map(folderBelow);
  const kept = (given.keep ?? []).map(folderBelow);
  return {
    ...(Object.keys(labels).length > 0 ? { labels } : {}),
    ...(Object.keys(split).length > 0 ? { split } : {}),
    ...(folders.length > 0 ? { leaveOutFolders: folders } : {}),
    ...(kept.length > 0 ? { keepFolders: kept } : {}),
  };
}

function existing(file: string, option: string, kind: 'file' | 'folder'): string {
  const full = path.resolve(file);
  const found = existsSync(full) ? statSync(full) : null;
  if (kind === 'file' ? found?.isFile() : found?.isDirectory()) return full;
  throw new UsageError(`--${option} ${file} is not a ${kind} that can be read.`);
}

export const existingFile = (file: string, option: string) => existing(file, option, 'file');

/**
 * A file of weights; where it is the index of several, these joined in a file of their own. @throws AppError checkpoint-invalid
 */
export function weightsFile(file: string, option: string): string {
  const found = existingFile(file, option);
  if (!isShardIndex(found)) return found;
  const read = (name: string) => ({ name, bytes: readFileSync(path.join(path.dirname(found), name)) });
  const index = read(path.basename(found));
  const parts = [...new Set(shardMap(index.bytes).values())];
  const there = parts.filter((name) => existsSync(path.join(path.dirname(found), name)));
  const joined = path.join(mkdtempSync(path.join(tmpdir(), 'mlvicx-weights-')), 'model.safetensors');
  writeFileSync(joined, joinShards([index, ...there.map(read)]));
  return joined;
}

export const existingFolder = (file: string, option: string) => existing(file, option, 'folder');

interface DataValues extends ArrangementValues {
  data?: string | undefined;
  labels?: string[] | undefined;
  where?: string | undefined;
  limit?: string | undefined;
}

/** The setting that `--data synthetic:SEED` stands for. */
export const syntheticSettings = ({ syntheticSeed }: DataArguments): Record<string, unknown> =>
  syntheticSeed === null ? {} : { syntheticSeed };

/** Where the films come from, checked as far as the file system can tell. */
export function dataArguments({ data, labels = [], where, limit, ...choices }: DataValues): DataArguments {
  const wanted = required(data, 'data');
  const [, seed] = /^synthetic(?::(.*))?$/s.exec(wanted) ?? [];
  const synthetic = wanted === 'synthetic' || seed !== undefined;
  if (synthetic && (labels.length > 0 || where || limit !== undefined)) {
    throw new UsageError('the synthetic set is what it is; --labels, --where and --limit go with a folder.');
  }
  const [column, value] = where ? keyAndValue(where, 'where') : ['', ''];
  return {
    syntheticSeed: seed === undefined ? null : wholeNumber(seed, 'data synthetic:', 0),
    folder: synthetic ? null : existing(wanted, 'data', 'folder'),
    labels: labels.map((file) => existing(file, 'labels', 'file')),
    where: where ? { column, value } : null,
    limit: limit === undefined ? 0 : wholeNumber(limit, 'limit', 1),
    arrangement: arrangementOf(choices),
    cache: word('cache', choices.cache) === undefined ? null : choices.cache === 'yes',
  };
}
