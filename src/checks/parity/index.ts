// Checks recorded fixtures of the method against this program on the GPU: every fixture of every kind that the index
// of a folder names, through the code that training and evaluation use. What cannot be checked, an unknown kind, a
// damaged file, is a failed row; what this program does not compute is said by name. Format and tolerances: the README
// beside the fixtures.

import type { Runtime } from '../../gpu/runtime.ts';
import type { ParityRequest, ParityRow } from '../../protocol/device.ts';
import { checkAugment, filmsIn } from './augment.ts';
import { checkDecoder } from './decoder.ts';
import { checkDiagnostics } from './diagnostics.ts';
import { checkFinetune } from './finetune.ts';
import { type Fixture, type IndexEntry, type Kind, readIndex } from './fixtures.ts';
import { checkBottleneck, checkResizeProject } from './layers.ts';
import { checkLinearEval } from './linearEval.ts';
import { checkLoss } from './loss.ts';
import { checkModel } from './model.ts';
import { checkMomentum, checkObjective } from './objective.ts';
import { failedRow, Rows } from './rows.ts';
import { checkClassMap, checkDelong, checkMetrics, checkNeighbours } from './scores.ts';
import { checkSegmentation } from './segmentation.ts';

type Check = (fixture: Fixture, rows: Rows, runtime: Runtime) => Promise<void>;
type KindCheck = (fixtures: readonly Fixture[], runtime: Runtime) => AsyncGenerator<ParityRow[]>;

const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));

/** A kind whose fixtures do not know of each other. `prepare` makes what they share. */
function each(prepare: (fixtures: readonly Fixture[]) => Check): KindCheck {
  return async function* (fixtures, runtime) {
    const check = prepare(fixtures);
    for (const fixture of fixtures) {
      const rows = new Rows(fixture.name);
      try {
        await check(fixture, rows, runtime);
      } catch (error) {
        rows.fail('runs', reasonOf(error));
      }
      if (rows.list.length === 0) rows.fail('runs', 'it holds nothing to compare');
      yield rows.list;
    }
  };
}

const KINDS: Readonly<Record<string, KindCheck>> = {
  loss: each(() => checkLoss),
  objective: each(() => checkObjective),
  momentum: each(() => checkMomentum),
  bottleneck: each(() => checkBottleneck),
  'resize-project': each(() => checkResizeProject),
  'model-tiny': checkModel,
  augment: each((fixtures) => {
    let films: ReturnType<typeof filmsIn> | null = null;
    return (fixture, rows, runtime) => {
      films ??= filmsIn(fixtures);
      return checkAugment(fixture, rows, films, runtime);
    };
  }),
  'linear-eval': each(() => checkLinearEval),
  metrics: each(() => checkMetrics),
  neighbours: each(() => checkNeighbours),
  classmap: each(() => checkClassMap),
  finetune: each(() => checkFinetune),
  delong: each(() => checkDelong),
  diagnostics: each(() => checkDiagnostics),
  segmentation: each(() => checkSegmentation),
  decoder: each(() => checkDecoder),
};

/** The rows of one fixture after another. Errors of the device are the caller's to watch for. */
export async function* runParity(request: ParityRequest, runtime: Runtime): AsyncGenerator<ParityRow[]> {
  let index: IndexEntry[];
  try {
    index = readIndex(request.files);
  } catch (error) {
    yield [failedRow('index.json', 'can be read', reasonOf(error))];
    return;
  }
  const wanted = (kind: string) => request.kinds.length === 0 || request.kinds.includes(kind);
  for (const kind of request.kinds) {
    if (!index.some((entry) => entry.kind === kind)) {
      yield [failedRow(kind, 'is in the index', 'there is no such kind')];
    }
  }
  if (index.length === 0) yield [failedRow('index.json', 'names kinds', 'it names none')];
  for (const entry of index) {
    if (wanted(entry.kind)) yield* checkKind(entry, runtime);
  }
}

async function* checkKind({ kind, open }: IndexEntry, runtime: Runtime): AsyncGenerator<ParityRow[]> {
  const check = Object.hasOwn(KINDS, kind) ? KINDS[kind] : undefined;
  if (!check) {
    const known = Object.keys(KINDS).join(', ');
    yield [failedRow(kind, 'is a known kind', `kinds that can be checked are ${known}`)];
    return;
  }
  let read: Kind;
  try {
    read = open();
  } catch (error) {
    yield [failedRow(kind, 'description can be read', reasonOf(error))];
    return;
  }
  for (const name of read.undescribed)
    yield [failedRow(name, 'is described', `not in the description of ${kind}`)];
  yield* check(read.fixtures, runtime);
}
