// `study`: methods side by side on the same films, seeds and label shares. All that decides is in src/study; here it is read
// from the command line, run in a browser that is opened anew where it was lost, or in this process,, and left in a folder that a second call of the
// same command goes on in.

import path from 'node:path';
import type { ParseArgsConfig } from 'node:util';
import { presetConfig } from '../../src/config/presets.ts';
import { isConfigKey, parseConfig } from '../../src/config/schema.ts';
import type { RunnerEvent } from '../../src/headless.ts';
import { belongsTo, METHOD_NAMES, type MethodName } from '../../src/methods/records.ts';
import { STUDY_TASK_NAMES, type StudyTask } from '../../src/protocol/study.ts';
import { isComplete, type Job, progressOf, runStudy } from '../../src/study/queue.ts';
import { checkSpec, parsedSettings, STUDY_FILMS, type StudySpec } from '../../src/study/spec.ts';
import { type StudyState, studyData } from '../../src/study/state.ts';
import { studyTable } from '../../src/study/table.ts';
import { verdict } from '../../src/study/verdict.ts';
import { warningsOf } from '../../src/study/warnings.ts';
import { AppError } from '../../src/util/errors.ts';
import { againWhereLost } from './again.ts';
import {
  DATA_OPTIONS,
  type DataArguments,
  dataArguments,
  keyAndValue,
  presetName,
  readOptions,
  required,
  syntheticSettings,
  UsageError,
  wholeNumber,
} from './arguments.ts';
import { withSession } from './browser.ts';
import type { Command } from './commands.ts';
import { describeFilms, loadFilms } from './films.ts';
import { describeKernels, KERNEL_OPTIONS, KERNEL_USAGE, kernelOptions } from './kernels.ts';
import { withNativeSession } from './native/session.ts';
import { duration, Progress } from './progress.ts';
import type { EngineSession } from './session.ts';
import { StudyFolder } from './studyFolder.ts';
import { StudyRunner } from './studyRunner.ts';

const OPTIONS = {
  ...DATA_OPTIONS,
  preset: { type: 'string', default: 'demo' },
  methods: { type: 'string' },
  reference: { type: 'string' },
  tasks: { type: 'string' },
  /** The same for one, as before there could be several. */
  task: { type: 'string' },
  seeds: { type: 'string', default: '3' },
  shares: { type: 'string', default: '0.01,0.1,1' },
  findings: { type: 'string', default: '' },
  sweep: { type: 'string', multiple: true, default: [] },
  'sweep-seeds': { type: 'string', default: '1' },
  films: { type: 'string', default: 'test' },
  steps: { type: 'string' },
  'keep-every': { type: 'string', default: '60' },
  /** In a browser as in the app, or in this process. */
  engine: { type: 'string', default: 'browser' },
  ...KERNEL_OPTIONS,
} as const satisfies ParseArgsConfig['options'];

const words = (text: string) =>
  text
    .split(',')
    .map((word) => word.trim())
    .filter(Boolean);

function numbers(text: string, option: string): number[] {
  const values = words(text).map(Number);
  if (values.length > 0 && values.every(Number.isFinite)) return values;
  throw new UsageError(`--${option} ${text} is no list of numbers.`);
}

function methodName(text: string): MethodName {
  const known = METHOD_NAMES.find((name) => name === text);
  if (known) return known;
  throw new UsageError(`there is no method ${text}; there are ${METHOD_NAMES.join(', ')}.`);
}

function taskName(text: string): StudyTask {
  const known = STUDY_TASK_NAMES.find((name) => name === text);
  if (known) return known;
  throw new UsageError(`encoders are scored by ${STUDY_TASK_NAMES.join(', ')}, not by ${text}.`);
}

function filmsName(text: string): StudySpec['films'] {
  const known = STUDY_FILMS.find((name) => name === text);
  if (known) return known;
  throw new UsageError(`encoders are scored on ${STUDY_FILMS.join(' or ')} films, not on ${text}.`);
}

/** `--set key=value` for all, `--set method.key=value` for one. */
function settingsOf(given: readonly string[], methods: readonly MethodName[]) {
  const forAll: Record<string, string> = {};
  const own = new Map(methods.map((name) => [name, {} as Record<string, string>]));
  for (const text of given) {
    const [place, value] = keyAndValue(text, 'set');
    const [first = '', key] = place.split('.');
    if (key === undefined) {
      if (isConfigKey(first) && !methods.some((name) => belongsTo(first, name))) {
        throw new UsageError(`${first} is no setting of any of these methods.`);
      }
      forAll[first] = value;
    } else {
      const settings = own.get(methodName(first));
      if (!settings) throw new UsageError(`--set ${text}: ${first} is not among --methods.`);
      if (!isConfigKey(key)) throw new UsageError(`there is no setting called ${key}.`);
      settings[key] = value;
    }
  }
  return { forAll, own };
}

/** `3` is the seeds 1, 2, 3; `4,7` is 4 and 7. */
const seedsOf = (text: string): number[] =>
  text.includes(',')
    ? numbers(text, 'seeds')
    : Array.from({ length: wholeNumber(text, 'seeds', 1) }, (_, i) => i + 1);

function readArguments(argv: readonly string[]) {
  const values = readOptions(argv, OPTIONS);
  const data = dataArguments(values);
  const withEngine = engineOf(values.engine);
  if (data.folder === null && withEngine === ENGINES.node) {
    throw new UsageError('the built-in films are drawn in a browser; --engine node is for a folder.');
  }
  const methods = words(required(values.methods, 'methods')).map(methodName);
  const { forAll, own } = settingsOf(values.set, methods);
  const steps = values.steps === undefined ? {} : { maxSteps: wholeNumber(values.steps, 'steps', 1) };
  const preset = presetConfig(presetName(values.preset));
  const base = refusing(() => parseConfig({ ...steps, ...forAll, ...syntheticSettings(data) }, preset));
  const asked: StudySpec = {
    base,
    methods: methods.map((name) => ({ name, settings: refusing(() => parsedSettings(own.get(name)!)) })),
    reference: values.reference === undefined ? methods[0]! : methodName(values.reference),
    tasks: words(values.tasks ?? values.task ?? 'linear').map(taskName),
    seeds: seedsOf(values.seeds),
    shares: numbers(values.shares, 'shares'),
    findings: words(values.findings),
    sweep: values.sweep.map((text) => {
      const [key, list] = keyAndValue(text, 'sweep');
      return { key, values: numbers(list, 'sweep') };
    }),
    sweepSeeds: wholeNumber(values['sweep-seeds'], 'sweep-seeds', 1),
    films: filmsName(values.films),
  };
  return {
    spec: refusing(() => checkSpec(asked)),
    data,
    out: required(values.out, 'out'),
    kernels: kernelOptions(values),
    keepEvery: wholeNumber(values['keep-every'], 'keep-every', 1),
    withEngine,
  };
}

/** What settings refuse is a wrong call here. */
function refusing<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof AppError) throw new UsageError(error.message);
    throw error;
  }
}

const ENGINES = { browser: withSession, node: withNativeSession } as const;

function engineOf(name: string) {
  const known = (Object.keys(ENGINES) as (keyof typeof ENGINES)[]).find((one) => one === name);
  if (known) return ENGINES[known];
  throw new UsageError(`--engine takes ${Object.keys(ENGINES).join(', ')}, not ${name}.`);
}

type Asked = ReturnType<typeof readArguments>;

/** Which piece of how many, where it stands, how long all will take. */
class StudyProgress {
  readonly #line = new Progress();
  #state: StudyState | null = null;
  #job: Job | null = null;

  begin(state: StudyState, job: Job | null): void {
    this.#state = state;
    this.#job = job;
    this.#say('', 0);
  }

  readonly hear = (event: RunnerEvent): void => {
    if (event.type === 'progress' && !this.#job) {
      this.#line.update('Reading films', `${event.done} of ${event.total}`);
    } else if (event.type === 'compile') {
      this.#say(`compiling ${event.done} of ${event.total}`, 0);
    } else if (event.type === 'evaluation-progress') {
      this.#say(`${event.stage.toLowerCase()} ${event.done} of ${event.total}`, 0);
    } else if (event.type === 'status' && event.status.state === 'running') {
      const { step, totalSteps } = event.status;
      this.#say(`step ${step} of ${totalSteps}`, step / Math.max(1, totalSteps));
    }
  };

  end(): void {
    this.#line.end();
  }

  #say(detail: string, share: number): void {
    if (!this.#state || !this.#job) return;
    const { done, total, secondsLeft } = progressOf(this.#state, share);
    const { part, words: named } = this.#job;
    const doing = { trained: 'train', tried: 'validate', scored: 'score' }[part];
    const left = secondsLeft === null ? '' : `, ${duration(secondsLeft)} left`;
    this.#line.update(`${done + 1} of ${total}, ${doing} ${named}`, `${detail || 'begin'}${left}`);
  }
}

function adapterWords({ device }: EngineSession, before: string | null): string {
  const name = [device.vendor, device.architecture, device.description].filter(Boolean).join(' ');
  const now = `${name}${describeKernels(device.kernels)}`;
  return before === null || before === now || before.endsWith(`; ${now}`)
    ? (before ?? now)
    : `${before}; ${now}`;
}

async function readFilms(
  session: EngineSession,
  data: DataArguments,
  folder: StudyFolder,
): Promise<StudyState> {
  const { state } = folder;
  const summary = await loadFilms(session, data, state.spec.base);
  if (state.data && state.data.fingerprint !== summary.fingerprint) {
    throw new AppError('films-changed', 'this study was begun with others; give it another --out.');
  }
  if (!state.data) console.log(describeFilms(summary));
  return folder.begin(studyData(summary), adapterWords(session, state.adapter));
}

/** One engine until the study is complete or the engine is lost. */
async function inEngine(
  { data, kernels, keepEvery, withEngine }: Asked,
  folder: StudyFolder,
  halted: () => boolean,
): Promise<void> {
  const progress = new StudyProgress();
  let runner: StudyRunner | null = null;
  const hear = (event: RunnerEvent) => {
    progress.hear(event);
    runner?.hear(event);
  };
  try {
    await withEngine(
      hear,
      async (session) => {
        const state = await readFilms(session, data, folder);
        progress.end();
        runner = new StudyRunner(session, folder, {
          keepEvery,
          halted,
          onState: (now, job) => progress.begin(now, job),
        });
        await runStudy(state, runner);
      },
      { kernels },
    );
  } finally {
    progress.end();
  }
}

async function work(asked: Asked, folder: StudyFolder): Promise<void> {
  if (isComplete(folder.state) && folder.state.data) return;
  await againWhereLost(
    (halted) => inEngine(asked, folder, halted),
    () => folder.writes + folder.kept.writes + 1,
  );
}

export const study: Command = {
  usage:
    `study --data DIR|synthetic[:SEED] [--labels FILE] [--where column=value] [--findings a,b] --methods a,b,… [--reference a] [--tasks ${STUDY_TASK_NAMES.join(',')}] ` +
    '[--seeds 3] [--shares 0.01,0.1,1] --preset NAME [--set key=value …] [--set METHOD.key=value …] ' +
    `[--sweep learningRate=a,b,c …] [--sweep-seeds N] [--films test|validation] [--keep-every SECONDS] [--engine browser|node] ${KERNEL_USAGE} --steps N --out DIR`,
  summary:
    'Compares methods on the same films, seeds and label shares; leaves report.html, study.json, .csv and .tex. The same command goes on where it was cut off.',
  async run(argv) {
    const asked = readArguments(argv);
    const folder = await StudyFolder.open(asked.out, asked.spec);
    await work(asked, folder);
    await folder.report();
    const rows = studyTable(folder.state);
    for (const line of warningsOf(folder.state)) console.log(`Note: ${line}`);
    console.log(folder.printed());
    console.log(verdict(folder.state, rows));
    console.log(`Report in ${path.relative('.', path.join(folder.path, 'report.html'))}`);
  },
};
