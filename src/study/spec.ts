// What a study is: methods side by side on the same films, at the same seeds and label shares, with the same settings but for
// those that belong to a method or to how it is optimised. A setting that would make the comparison unfair is refused here.
// Settings come from the one table (config/schema.ts); no method is named.

import {
  type Config,
  type ConfigKey,
  type ConfigValue,
  keysInForce,
  parseConfig,
  parseValue,
  SCHEMA,
} from '../config/schema.ts';
import {
  belongsTo,
  METHOD_NAMES,
  METHOD_ROWS,
  METHODS,
  type MethodName,
  methodOf,
} from '../methods/records.ts';
import { STUDY_TASK_NAMES, STUDY_TASKS, type StudyTask } from '../protocol/study.ts';
import { percent } from '../tasks/compared/record.ts';
import { AppError } from '../util/errors.ts';
import {
  choice,
  count,
  type InferOutput,
  list,
  number,
  object,
  parsed,
  pipe,
  text,
  transform,
  unknown,
} from '../util/schema.ts';

/** Settings of a method beside those of all, from any record. @throws AppError config-invalid */
export function parsedSettings(raw: Readonly<Record<string, unknown>>): Partial<Config> {
  const config = parseConfig(raw);
  return Object.fromEntries((Object.keys(raw) as ConfigKey[]).map((key) => [key, config[key]]));
}

/** Plans of older versions name a single task, or none, and choose settings at one seed. */
function asNow(raw: unknown): unknown {
  if (typeof raw !== 'object' || raw === null) return raw;
  const now = { sweepSeeds: 1, films: 'test', ...raw };
  if ('tasks' in now) return now;
  const { task } = raw as { readonly task?: unknown };
  return { ...now, tasks: [STUDY_TASK_NAMES.find((name) => name === task) ?? 'linear'] };
}

/** The films that encoders are scored on; on validation films a study is about settings, and its test films are left alone. */
export const STUDY_FILMS = ['test', 'validation'] as const;

const SPEC = object({
  /** For every method; what it says of method and seed is not read. */
  base: parsed((raw): Config => parseConfig(raw)),
  methods: list(object({ name: choice(METHOD_NAMES), settings: parsed(parsedSettings) }), 50),
  /** That the others are held against. */
  reference: choice(METHOD_NAMES),
  /** By which encoders are scored; settings are chosen by a linear layer whatever they are. */
  tasks: list(choice(STUDY_TASK_NAMES), STUDY_TASK_NAMES.length),
  seeds: list(count, 100),
  /** Of the training patients, in (0, 1]. */
  shares: list(number, 50),
  /** Empty asks for all of the set. */
  findings: list(text(), 500),
  /** Every combination is tried for every method that is not given a value of its own. */
  sweep: list(object({ key: text(100), values: list(number, 100) }), 5),
  /** At how many of the seeds, from the first on; on validation films at all of them. */
  sweepSeeds: count,
  films: choice(STUDY_FILMS),
});
export const STUDY_SPEC = pipe(unknown(), transform(asNow), SPEC);
export type StudySpec = InferOutput<typeof STUDY_SPEC>;
export type StudyMethod = StudySpec['methods'][number];

/** One combination of swept settings. */
export type Swept = Readonly<Partial<Record<ConfigKey, number>>>;

const refuse = (detail: string): never => {
  throw new AppError('config-invalid', detail);
};

/** A method may have its own value of its own rows and of the optimiser's; all else is the same for all. */
export const mayDiffer = (key: ConfigKey): boolean =>
  Object.hasOwn(METHOD_ROWS, key) || SCHEMA[key].group === 'optimiser' || SCHEMA[key].group === 'loss';

/** Where no method is held against another, views and batch may be looked for as well. */
const maySweep = (key: ConfigKey, { films }: Pick<StudySpec, 'films'>): boolean =>
  mayDiffer(key) || (films === 'validation' && (SCHEMA[key].group === 'views' || key === 'batchSize'));

function checkSettings({ name, settings }: StudyMethod): void {
  const { label } = METHODS[name];
  for (const key of Object.keys(settings) as ConfigKey[]) {
    if (!belongsTo(key, name)) refuse(`${key} (${SCHEMA[key].label}) is no setting of the method ${label}.`);
    if (!mayDiffer(key)) {
      refuse(
        `${key} (${SCHEMA[key].label}) is the same for every method of a study; set it without ${name}.`,
      );
    }
  }
}

const twice = (values: readonly unknown[]) => values.find((value, i) => values.indexOf(value) !== i);

/** @throws AppError config-invalid */
export function checkSpec(spec: StudySpec): StudySpec {
  const names = spec.methods.map(({ name }) => name);
  if (names.length === 0) refuse('a study needs a method.');
  if (spec.seeds.length === 0) refuse('a study needs a seed.');
  if (spec.shares.length === 0) refuse('a study needs a label share.');
  if (spec.tasks.length === 0) refuse('a study needs a task to score by.');
  if (spec.sweepSeeds < 1 || spec.sweepSeeds > spec.seeds.length)
    refuse(`settings are chosen at 1 to ${spec.seeds.length} of the seeds, not ${spec.sweepSeeds}.`);
  for (const values of [names, spec.seeds, spec.shares, spec.tasks]) {
    const again = twice(values);
    if (again !== undefined) refuse(`${again} is named twice.`);
  }
  if (!names.includes(spec.reference)) refuse(`the reference ${spec.reference} is none of the methods.`);
  for (const share of spec.shares) parseValue('labelShare', share);
  for (const seed of spec.seeds) parseValue('seed', seed);
  for (const method of spec.methods) checkSettings(method);
  for (const { key, values } of spec.sweep) {
    if (!Object.hasOwn(SCHEMA, key)) refuse(`there is no setting called ${key}.`);
    if (!maySweep(key as ConfigKey, spec))
      refuse(
        `${key} is the same for every method of a study; it is not swept, or on validation films alone.`,
      );
    for (const value of values) parseValue(key as ConfigKey, value);
    if (values.length === 0 || twice(values) !== undefined)
      refuse(`the values of ${key} are none or not different.`);
  }
  return spec;
}

/** A column of every table of a study. */
export interface Column {
  readonly task: StudyTask;
  readonly share: number;
  /** Of the share among those of the plan. */
  readonly at: number;
}

/** Task by task, the shares of each in the order of the plan. */
export const columnsOf = ({ tasks, shares }: Pick<StudySpec, 'tasks' | 'shares'>): readonly Column[] =>
  tasks.flatMap((task) => shares.map((share, at) => ({ task, share, at })));

/** What the scores of a study are, in words. */
export const measuresOf = ({ tasks }: Pick<StudySpec, 'tasks'>): string =>
  [...new Set(tasks.map((task) => STUDY_TASKS[task].measure))].join(', ');

/** What stands over a column; the task only where there are several. */
export const columnWords = (
  { tasks }: Pick<StudySpec, 'tasks'>,
  { task, share }: Pick<Column, 'task' | 'share'>,
): string => (tasks.length > 1 ? `${STUDY_TASKS[task].label}, ${percent(share)}` : percent(share));

/** The combinations tried for a method: those of settings that it has and that were not given to it. */
export function sweepOf(spec: StudySpec, { name, settings }: StudyMethod): readonly Swept[] {
  const open = spec.sweep.filter(({ key }) => belongsTo(key, name) && !Object.hasOwn(settings, key));
  return open.reduce<readonly Swept[]>(
    (combinations, { key, values }) =>
      combinations.flatMap((swept) => values.map((value) => ({ ...swept, [key]: value }))),
    [{}],
  );
}

/** The seeds at which settings are tried. */
export const sweepSeedsOf = ({ seeds, sweepSeeds, films }: StudySpec): readonly number[] =>
  films === 'validation' ? seeds : seeds.slice(0, sweepSeeds);

/** Another batch takes as many steps as draw the same number of views. */
function stepsOf({ base }: StudySpec, { batchSize }: Swept): Partial<Config> {
  if (batchSize === undefined) return {};
  return { maxSteps: Math.max(1, Math.round((base.maxSteps * base.batchSize) / batchSize)) };
}

export const configOf = (
  spec: StudySpec,
  { name, settings }: StudyMethod,
  seed: number,
  swept: Swept,
): Config => parseConfig({ ...settings, ...swept, ...stepsOf(spec, swept), method: name, seed }, spec.base);

/** What an untrained encoder depends on beside the seed. */
export type EncoderShape = 'plain' | 'bottlenecks';
export const shapeOf = (spec: StudySpec, method: StudyMethod): EncoderShape => {
  const config = configOf(spec, method, 0, {});
  return methodOf(config).bottlenecks(config) ? 'bottlenecks' : 'plain';
};

/** Settings of a method that others do not share: with its own rows, and with other values of common ones. */
export interface MethodDifference {
  readonly method: MethodName;
  readonly settings: readonly {
    readonly key: ConfigKey;
    readonly value: ConfigValue;
    readonly own: boolean;
  }[];
}

/** Everything in which the methods differ, whatever made it so. @param chosen the swept settings of each method */
export function differences(
  spec: StudySpec,
  chosen: (method: MethodName) => Swept,
): readonly MethodDifference[] {
  const configs = spec.methods.map((method) => configOf(spec, method, 0, chosen(method.name)));
  return spec.methods.map(({ name }, at) => {
    const config = configs[at]!;
    const settings = keysInForce(config).flatMap((key) => {
      if (key === 'method') return [];
      const others = configs.filter((other) => belongsTo(key, other.method));
      const own = Object.hasOwn(METHOD_ROWS, key) && others.length < configs.length;
      const differs = own || others.some((other) => other[key] !== config[key]);
      return differs ? [{ key, value: config[key], own }] : [];
    });
    return { method: name, settings };
  });
}
