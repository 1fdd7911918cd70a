// A run's record from a file of unknown origin, rebuilt field by field: what is not known is dropped, what is
// known must be of its kind. Nothing of a stranger's object is passed on.

import { CONFIG_KEYS, type ConfigKey, parseConfig, parseValue } from '../config/schema.ts';
import { type MetricName, metricNames } from '../protocol/metrics.ts';
import type { MarkKind, RunChange, RunMark, RunRecord } from '../protocol/vault.ts';
import { AppError } from '../util/errors.ts';
import { choice, count, list, number, type Plain, record, text, Unfit } from '../util/plain.ts';

const STATES = ['running', 'paused', 'failed', 'done'] as const;
const MARKS: readonly MarkKind[] = ['pause', 'change', 'checkpoint', 'fault', 'gap'];
const MOST_MARKS = 10_000;

/** Turns the schema's own refusal into one with a place. */
function valid<T>(place: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Unfit(`${place}: ${error instanceof AppError ? error.message : 'not valid'}`);
  }
}

function readMark(value: unknown, place: string): RunMark {
  const { step, kind, text: words } = record(value, place);
  return {
    step: count(step, `${place}.step`),
    kind: choice(kind, `${place}.kind`, MARKS),
    text: text(words, `${place}.text`),
  };
}

function readChange(value: unknown, place: string): RunChange {
  const change = record(value, place);
  const key: ConfigKey = choice(change.key, `${place}.key`, CONFIG_KEYS);
  const raw = change.value as Parameters<typeof parseValue>[1];
  return {
    step: count(change.step, `${place}.step`),
    key,
    value: valid(`${place}.value`, () => parseValue(key, raw)),
  };
}

function readLast(value: unknown, metrics: readonly MetricName[]): Record<MetricName, number> {
  const last = record(value, 'last');
  const known = metrics.filter((name) => typeof last[name] === 'number');
  return Object.fromEntries(known.map((name) => [name, last[name] as number]));
}

function readWords(value: unknown): Record<string, string> {
  const entries = Object.entries(record(value, 'computedBy')).slice(0, 50);
  return Object.fromEntries(
    entries.map(([name, words]) => [name.slice(0, 100), text(words, `computedBy.${name}`, 2000)]),
  );
}

/** The record without what speaks of files: those are entered anew where the run is put in. @throws Unfit */
export function readRecord(raw: unknown): RunRecord {
  const given: Plain = record(raw, 'the record');
  if (given.version !== 1) throw new Unfit('the record is of another version');
  const data = record(given.data, 'data');
  const config = valid('config', () =>
    parseConfig(record(given.config, 'config') as Record<string, unknown>),
  );
  const metrics = metricNames(config);
  return {
    version: 1,
    id: choice(
      given.id,
      'id',
      [text(given.id, 'id', 64)].filter((id) => /^[0-9a-f-]{8,64}$/.test(id)),
    ),
    state: choice(given.state, 'state', STATES),
    createdAt: count(given.createdAt, 'createdAt'),
    updatedAt: count(given.updatedAt, 'updatedAt'),
    config,
    changes: list(given.changes, 'changes', MOST_MARKS, readChange),
    start: text(given.start, 'start'),
    data: {
      fingerprint: text(data.fingerprint, 'data.fingerprint', 200),
      films: count(data.films, 'data.films'),
    },
    totalSteps: count(given.totalSteps, 'totalSteps'),
    stepsPerEpoch: count(given.stepsPerEpoch, 'stepsPerEpoch'),
    computedBy: readWords(given.computedBy),
    step: count(given.step, 'step'),
    activeSeconds: number(given.activeSeconds, 'activeSeconds'),
    checkpoints: [],
    series: { first: 0, rows: 0, metrics },
    marks: list(given.marks, 'marks', MOST_MARKS, readMark),
    last: readLast(given.last, metrics),
    thumbnail: list(given.thumbnail, 'thumbnail', 64, number),
    failure: null,
  };
}
