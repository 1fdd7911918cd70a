// The engine and the intake of the app in this process, without a browser: the same code on Dawn, for drivers that a browser does
// not take and machines that have none. It knows the calls that a study makes; nothing is kept but what the command itself keeps.

import { openAsBlob, readdirSync, readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RunnerApi, RunnerEvent } from '../../../src/headless.ts';
import { Delivery, plainSample, Schedule, withoutFilms } from '../../../src/headlessEngine.ts';
import { ALL_KERNELS, type KernelOptions } from '../../../src/protocol/device.ts';
import type { DeviceFacts, EngineEvent } from '../../../src/protocol/engine.ts';
import type { SourceFile } from '../../../src/protocol/intake.ts';
import { AppError } from '../../../src/util/errors.ts';
import type { EngineClient } from '../../../src/worker/client.ts';
import type { Intake } from '../../../src/worker/intake/intake.ts';
import { findSwiftShaderIcd } from '../../tools/chromium.mjs';
import { offerGpu } from '../../tools/dawn.ts';
import { linkedFiles } from '../giveFolder.ts';
import { describeKernels } from '../kernels.ts';
import type { Answer, EngineSession, FileCall, FileInput } from '../session.ts';
import { offerPictures } from './picture.ts';

const asFile = async (file: string) => new File([await openAsBlob(file)], path.basename(file));

/** Every file below the folder, links followed. */
async function filesBelow(folder: string): Promise<SourceFile[]> {
  const { paths, files } = linkedFiles(folder);
  const plain = readdirSync(folder, { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));
  const all = [
    ...plain.map((file) => ({ place: path.relative(folder, file).split(path.sep).join('/'), file })),
    ...paths.map((place, i) => ({ place, file: files[i]! })),
  ];
  return Promise.all(all.map(async ({ place, file }) => ({ path: place, file: await asFile(file) })));
}

class NativeSession implements EngineSession {
  readonly device: DeviceFacts;
  readonly #engine: EngineClient;
  readonly #calls: Partial<RunnerApi>;
  readonly #interrupted: Promise<never>;
  readonly #inputs = new Map<FileInput, readonly string[]>();
  #folder: readonly SourceFile[] = [];

  constructor(device: DeviceFacts, engine: EngineClient, parts: Parts, interrupted: Promise<never>) {
    this.device = device;
    this.#engine = engine;
    this.#interrupted = interrupted;
    const { intake, schedule, delivery, onEvent } = parts;
    this.#calls = {
      readFolder: async (options) => {
        const labels = await Promise.all(
          (this.#inputs.get('labels') ?? []).map(async (file) => ({
            path: path.basename(file),
            file: await asFile(file),
          })),
        );
        const named = labels.map((label) => label.path);
        const files = [...this.#folder.filter((file) => !named.includes(file.path)), ...labels];
        const wanted = { ...options, ...(named.length > 0 && { labelFile: named }), cache: false };
        const summary = await delivery.of(
          () =>
            intake.readFiles(files, wanted, (event) => {
              if (event.type === 'progress' || event.type === 'listing') onEvent(event);
            }),
          interrupted,
        );
        return withoutFilms(summary);
      },
      prepare: (config) => engine.prepare(config),
      trainFor: (seconds) => schedule.trainFor(engine, seconds, interrupted),
      importCheckpoint: (base) => engine.importCheckpoint(this.#read('checkpoint'), base),
      // Runs are held in memory, and the next begins with a folder of its own.
      clearRuns: async () => 0,
      // What an evaluation that trains had kept is of another process.
      giveKept: async () => undefined,
      validateForStudy: (request) => engine.validateForStudy(request),
      scoreForStudy: (request) => engine.scoreForStudy(request),
    };
  }

  /** Commands take it out of the session, as they may the page's. */
  readonly call = async <K extends keyof RunnerApi>(
    name: K,
    argument?: Parameters<RunnerApi[K]>[0],
  ): Promise<Answer<K>> => {
    const method = this.#calls[name] as ((given: typeof argument) => Promise<Answer<K>>) | undefined;
    if (!method) throw new AppError('not-ready', `${name} needs a browser.`);
    return Promise.race([method(argument), this.#interrupted]);
  };

  async give(input: FileInput, files: readonly string[]): Promise<void> {
    this.#inputs.set(input, files);
  }

  async giveFolder(folder: string): Promise<void> {
    this.#folder = await filesBelow(folder);
  }

  async save(file: string, name: FileCall): Promise<void> {
    if (name !== 'saveCheckpoint') throw new AppError('not-ready', `${name} needs a browser.`);
    await writeFile(file, await Promise.race([this.#engine.exportCheckpoint(), this.#interrupted]));
  }

  #read(input: FileInput): Uint8Array {
    const [file] = this.#inputs.get(input) ?? [];
    if (!file) throw new AppError('checkpoint-invalid', 'no file was given.');
    return new Uint8Array(readFileSync(file));
  }
}

interface Parts {
  readonly intake: Pick<Intake, 'readFiles'>;
  readonly schedule: Schedule;
  readonly delivery: Delivery;
  readonly onEvent: (event: RunnerEvent) => void;
}

function heard(event: EngineEvent, onEvent: (event: RunnerEvent) => void): void {
  if (event.type === 'samples') onEvent({ type: 'samples', samples: event.samples.map(plainSample) });
  else if (event.type !== 'snapshot' && event.type !== 'predictions') onEvent(event);
}

/** Ctrl+C as a rejection, until it is let go of. */
function interruption() {
  const signals = ['SIGINT', 'SIGTERM'] as const;
  let interrupt: () => void = () => undefined;
  const interrupted = new Promise<never>((_, reject) => {
    interrupt = () => reject(new AppError('cancelled'));
  });
  interrupted.catch(() => undefined);
  for (const signal of signals) process.once(signal, interrupt);
  const letGo = () => {
    for (const signal of signals) process.off(signal, interrupt);
  };
  return { interrupted, letGo };
}

let offered: Promise<void> | null = null;

/** WebGPU of this process, offered once. @throws AppError adapter-missing */
function offerEngine(): Promise<void> {
  offered ??= (async () => {
    const icd = await findSwiftShaderIcd();
    if (icd) process.env.SWIFTSHADER_ICD ??= icd;
    await offerGpu().catch((cause: unknown) => {
      throw new AppError('adapter-missing', cause instanceof Error ? cause.message : String(cause));
    });
    offerPictures();
  })();
  return offered;
}

/** Runs `work` with an engine in this process, and closes it afterwards. */
export async function withNativeSession<T>(
  onEvent: (event: RunnerEvent) => void,
  work: (session: EngineSession) => Promise<T>,
  { kernels = ALL_KERNELS }: { readonly kernels?: KernelOptions } = {},
): Promise<T> {
  await offerEngine();
  const { Engine } = await import('../../../src/worker/engine/engine.ts');
  const { Intake: FilmIntake } = await import('../../../src/worker/intake/intake.ts');
  const { decodeFilm } = await import('../../../src/data/decode.ts');
  const engine = new Engine();
  const decoder = { dispose: () => undefined };
  const intake = new FilmIntake((options) => ({
    ...decoder,
    decode: ({ file }) => decodeFilm(file, options),
  }));
  const { port1, port2 } = new MessageChannel();
  engine.connectIntake(port1);
  intake.connectEngine(port2);
  const [schedule, delivery] = [new Schedule(), new Delivery()];
  const { interrupted, letGo } = interruption();
  try {
    await engine.open((event) => {
      delivery.hear(event);
      schedule.hear(event);
      heard(event, onEvent);
    });
    const device = await engine.chooseKernels(kernels);
    const name = [device.vendor, device.architecture, device.description].filter(Boolean).join(' ');
    console.log(
      `WebGPU without a browser: ${name}${device.software ? ' (software adapter, slow)' : ''}${describeKernels(device.kernels)}`,
    );
    const parts = { intake, schedule, delivery, onEvent };
    return await work(new NativeSession(device, engine as unknown as EngineClient, parts, interrupted));
  } finally {
    letGo();
    await engine.close();
    port1.close();
    port2.close();
  }
}
