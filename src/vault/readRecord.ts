// A run's record from a file of unknown origin, rebuilt from the schema of records: what is not known is dropped, what is known
// must be of its kind. Nothing of a stranger's object is passed on, and nothing that it says of files.

import { metricNames } from '../protocol/metrics.ts';
import { RUN_CHANGE, RUN_ENTRIES, RUN_MARK, type RunRecord } from '../protocol/vault.ts';
import { dictionary, list, object, read, unknown } from '../util/schema.ts';

const MOST_MARKS = 10_000;

const { checkpoints: _, series: __, failure: ___, ...CARRIED } = RUN_ENTRIES;
const CARRIED_RECORD = object({
  ...CARRIED,
  changes: list(RUN_CHANGE, MOST_MARKS),
  marks: list(RUN_MARK, MOST_MARKS),
  last: dictionary(unknown(), 1000),
});

/** The record without what speaks of files: those are entered anew where the run is put in. @throws Unfit */
export function readRecord(raw: unknown): RunRecord {
  const { last, ...carried } = read(CARRIED_RECORD, raw, 'the record');
  const metrics = metricNames(carried.config);
  const known = metrics.filter((name) => typeof last[name] === 'number');
  return {
    ...carried,
    checkpoints: [],
    series: { first: 0, rows: 0, metrics },
    last: Object.fromEntries(known.map((name) => [name, last[name] as number])),
    failure: null,
  };
}
