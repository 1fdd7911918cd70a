// Everything that can be taken along from the page, in one table: what it is called, what it is for, why it may not be there, and how
// its file is made. The dialog (ui/export) is drawn from it. Films never are in any of them; names of films only where they are
// ticked. Every model carries its card.

import { create } from 'zustand';
import { type Config, inForce } from '../../config/schema.ts';
import { encoderOnnx } from '../../export/encoderOnnx.ts';
import { featuresCsv, featuresNpz, readFeatures } from '../../export/features.ts';
import { CARD_FILE, type CardFacts, modelCard } from '../../export/modelCard.ts';
import { torchvisionFile, whyNotPlain } from '../../export/torchvision.ts';
import { isAtWork } from '../../protocol/engine.ts';
import { taskOf } from '../../tasks/records.ts';
import { AppError } from '../../util/errors.ts';
import { eventFileName } from '../../util/eventFile.ts';
import { readSafetensors, withMetadata } from '../../util/safetensors.ts';
import { RUN_EXTENSION } from '../../vault/runFile.ts';
import { attempt, currentClient } from '../client.ts';
import { liveSeries } from '../curves/series.ts';
import { useDataset } from '../films/dataset.ts';
import { useSession } from '../session.ts';
import { bundleZip } from './bundle.ts';
import { evaluationCsv, evaluationJson, runsJson, seriesCsv } from './export.ts';
import { eventLog } from './exportEvents.ts';
import { exportRun, loadCurves } from './library.ts';
import { liveRun, useRuns } from './runs.ts';

/** What a person may tick before a file is made. */
export const TICKS = {
  names: {
    label: 'Names of films',
    words: 'Without them a film is known by a hash of its path, or not at all.',
  },
  histograms: { label: 'Histograms of the weights', words: 'Of the model as it stands.' },
  pictures: {
    label: 'Views and maps of four films',
    words: 'They show films: hand the log on only where the films may be handed on.',
  },
} as const;
export type Tick = keyof typeof TICKS;
export type Ticks = Readonly<Partial<Record<Tick, boolean>>>;

export interface ExportedFile {
  readonly name: string;
  readonly content: Uint8Array<ArrayBuffer> | string;
}

export interface ExportEntry {
  readonly label: string;
  /** The end of its file's name. */
  readonly ending: string;
  /** What it is for, in a sentence. */
  readonly words: string;
  readonly group: keyof typeof EXPORT_GROUPS;
  readonly ticks?: readonly Tick[];
  /** Why there is nothing to export now; null where there is. Hooks are called elsewhere: it reads what is there. */
  obstacle(): string | null;
  /** Null where it failed and that was shown. */
  make(ticks: Ticks): Promise<ExportedFile | null>;
}

export const EXPORT_GROUPS = { model: 'Model', films: 'Every film', run: 'Run' } as const;

interface ExportState {
  readonly opened: boolean;
  /** The entry whose file is being made. */
  readonly making: ExportName | null;
  readonly ticks: Ticks;
}
export const useExports = create<ExportState>()(() => ({ opened: false, making: null, ticks: {} }));
export const showExports = (opened: boolean): void => useExports.setState({ opened });
export const setTick = (tick: Tick, on: boolean): void =>
  useExports.setState(({ ticks }) => ({ ticks: { ...ticks, [tick]: on } }));

const session = () => useSession.getState();

/** Why the model at hand cannot be exported, or null. */
function modelObstacle(): string | null {
  const { runConfig, status, busy } = session();
  if (!runConfig) return 'There is no model yet: press Play first.';
  if (busy !== null || isAtWork(status.state)) return 'Pause the run first.';
  return status.state === 'failed' ? 'The run failed; reset it first.' : null;
}

const filmsObstacle = () =>
  modelObstacle() ?? (useDataset.getState().summary ? null : 'No films are loaded.');

const runObstacle = () =>
  liveRun() ? null : 'There are no curves yet: a run has them from its first step on.';

const newestEvaluation = () => liveRun()?.evaluations.at(-1) ?? null;
const scoresObstacle = () => (newestEvaluation() ? null : 'This run was not evaluated yet.');

/** What the card of the model at hand says. */
export function cardFacts(config: Config): CardFacts {
  const { status, facts, engineData } = session();
  const { summary } = useDataset.getState();
  const run = liveRun();
  const scored =
    run?.evaluations.filter((one) => taskOf(one).headline(one.report).step === status.step) ?? [];
  const trainedOn = summary?.fingerprint === engineData?.fingerprint && status.step > 0;
  return {
    config,
    step: status.step,
    start: status.start,
    data: summary && { ...summary, trainedOn },
    adapter: facts,
    evaluations: scored,
  };
}

const card = () => modelCard(cardFacts(session().runConfig!));

/** Runs with the page marked as saving; null where it failed and that was shown. */
async function made<T>(work: () => Promise<T>): Promise<T | null> {
  let found: T | null = null;
  await attempt('saving', async () => {
    found = await work();
  });
  return found;
}

const checkpoint = () => currentClient().engine.exportCheckpoint();
const stepped = (name: string, ending: string) => `${name}-step-${session().status.step}${ending}`;

/** A file of the model with the checkpoint as it stands. */
const ofModel =
  (name: string, ending: string, content: (bytes: Uint8Array) => Promise<Uint8Array<ArrayBuffer>>) =>
  (): Promise<ExportedFile | null> =>
    made(async () => ({ name: stepped(name, ending), content: await content(await checkpoint()) }));

async function onnx(bytes: Uint8Array): Promise<Uint8Array<ArrayBuffer>> {
  const config = session().runConfig!;
  const layer = await currentClient().engine.scoreLayer();
  const { tensors } = readSafetensors(bytes);
  const texts = {
    model_card: card(),
    config: JSON.stringify(inForce(config)),
    step: String(session().status.step),
  };
  return encoderOnnx({ ...config, tensors }, layer, texts);
}

/** What the model makes of every film, with the scores of the newest linear evaluation where it stands on this encoder. */
const ofFilms =
  (ending: string, content: (set: ReturnType<typeof readFeatures>) => ExportedFile['content']) => () =>
    made(async () => {
      const { engine } = currentClient();
      const layer = await engine.scoreLayer();
      const bytes = await engine.features({ checkpoint: await checkpoint(), images: false });
      return { name: stepped('features', ending), content: content(readFeatures(bytes, layer)) };
    });

const ofRun = (ending: string) => {
  const plain = (liveRun()?.name ?? 'run')
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${plain || 'run'}${ending}`;
};

async function allRuns(): Promise<ExportedFile> {
  for (const { id } of useRuns.getState().runs) await loadCurves(id);
  return { name: 'runs.json', content: runsJson(useRuns.getState().runs) };
}

const TABLE = {
  checkpoint: {
    label: 'Checkpoint',
    ending: '.safetensors',
    group: 'model',
    words:
      'Weights, statistics and optimiser under PyTorch names. It opens here again and goes on at the same step.',
    obstacle: modelObstacle,
    make: ofModel('mlvicx', '.safetensors', async (bytes) => withMetadata(bytes, { card: card() })),
  },
  bundle: {
    label: 'Continue with PyTorch',
    ending: '.zip',
    group: 'model',
    words:
      'A folder that goes on with this run on one GPU or on many, with PyTorch alone; what it writes opens here again.',
    ticks: ['names'],
    obstacle: modelObstacle,
    make: ({ names }) =>
      made(async () => ({
        name: stepped('pytorch', '.zip'),
        content: await bundleZip(await checkpoint(), names === true, card()),
      })),
  },
  onnx: {
    label: 'ONNX model',
    ending: '.onnx',
    group: 'model',
    words:
      'The encoder for any runtime: grey films of any size in, features and levels out, and the scores of the newest linear evaluation.',
    obstacle: modelObstacle,
    make: ofModel('encoder', '.onnx', onnx),
  },
  torchvision: {
    label: 'Plain encoder',
    ending: '.safetensors',
    group: 'model',
    words: 'A ResNet-18 under the names that torchvision and timm load, for programs that build on them.',
    obstacle() {
      const blocked = modelObstacle();
      const why = blocked ? null : whyNotPlain(session().runConfig!);
      return blocked ?? (why && 'The context bottlenecks have no place in a plain ResNet-18.');
    },
    make: ofModel('resnet18', '.safetensors', async (bytes) => torchvisionFile(bytes, { card: card() })),
  },
  card: {
    label: 'Model card',
    ending: '.md',
    group: 'model',
    words:
      'What the model was trained on and how, its scores and its limits, as text; every model carries it too.',
    obstacle: () => (session().runConfig ? null : 'There is no model yet: press Play first.'),
    make: () => made(async () => ({ name: CARD_FILE, content: card() })),
  },
  features: {
    label: 'Features for NumPy',
    ending: '.npz',
    group: 'films',
    words: 'Features, levels and embeddings of every film with its labels and scores; numpy.load opens it.',
    obstacle: filmsObstacle,
    make: ofFilms('.npz', featuresNpz),
  },
  table: {
    label: 'Features as a table',
    ending: '.csv',
    group: 'films',
    words: 'A line for each film: part, labels, scores, pooled features; for pandas and spreadsheets.',
    obstacle: filmsObstacle,
    make: ofFilms('.csv', featuresCsv),
  },
  runFile: {
    label: 'Run file',
    ending: RUN_EXTENSION,
    group: 'run',
    words: 'Settings, curves, newest checkpoint and scores in one file, to import in another browser.',
    ticks: ['names'],
    obstacle: () => modelObstacle() ?? runObstacle(),
    async make({ names }) {
      const { liveId } = useRuns.getState();
      const content = liveId && (await exportRun(liveId, names === true));
      return content ? { name: ofRun(RUN_EXTENSION), content } : null;
    },
  },
  curves: {
    label: 'Curves',
    ending: '.csv',
    group: 'run',
    words: 'Every logged value of every step at full precision.',
    obstacle: runObstacle,
    make: () => made(async () => ({ name: ofRun('.csv'), content: seriesCsv(liveSeries()) })),
  },
  tensorboard: {
    label: 'TensorBoard log',
    ending: ' events',
    group: 'run',
    words: 'Curves and settings for tensorboard --logdir; put the file into a folder of its own.',
    ticks: ['histograms', 'pictures'],
    obstacle: runObstacle,
    make: (ticks) =>
      made(async () => {
        const run = liveRun();
        if (!run) throw new AppError('run-missing', 'it has no curves.');
        const blocked = modelObstacle();
        if (blocked && (ticks.histograms || ticks.pictures))
          throw new AppError('not-ready', blocked.toLowerCase());
        return {
          name: eventFileName(run.startedAt / 1000, 'playground'),
          content: await eventLog(run, ticks),
        };
      }),
  },
  scores: {
    label: 'Scores',
    ending: '.csv',
    group: 'run',
    words: 'The newest evaluation as a table, with intervals.',
    obstacle: scoresObstacle,
    make: () =>
      made(async () => ({ name: ofRun('-scores.csv'), content: evaluationCsv(newestEvaluation()!) })),
  },
  report: {
    label: 'Evaluation report',
    ending: '.json',
    group: 'run',
    words: 'The newest evaluation whole: scores, curves, and under which conditions they were measured.',
    obstacle: scoresObstacle,
    make: () =>
      made(async () => ({ name: ofRun('-scores.json'), content: evaluationJson(newestEvaluation()!) })),
  },
  runs: {
    label: 'All runs',
    ending: '.json',
    group: 'run',
    words: 'Settings, curves and scores of every run in the list, for scripts.',
    obstacle: () => (useRuns.getState().runs.length > 0 ? null : 'There are no runs yet.'),
    make: () => made(allRuns),
  },
} as const satisfies Record<string, ExportEntry>;
export type ExportName = keyof typeof TABLE;

export const EXPORTS: Readonly<Record<ExportName, ExportEntry>> = TABLE;
export const EXPORT_NAMES = Object.keys(TABLE) as ExportName[];

/** Makes the file of an entry, one at a time. */
export async function makeExport(name: ExportName): Promise<ExportedFile | null> {
  if (useExports.getState().making || EXPORTS[name].obstacle()) return null;
  useExports.setState({ making: name });
  try {
    return await EXPORTS[name].make(useExports.getState().ticks);
  } finally {
    useExports.setState({ making: null });
  }
}
