// What a command asks of an engine, whatever it runs in: a browser (browser.ts) or this process (native/). Calls are those of the
// runner's page; files go in by the names of that page's inputs, and large ones come out by a path.

import type { RunnerApi } from '../../src/headless.ts';
import type { DeviceFacts } from '../../src/protocol/engine.ts';

export type Answer<K extends keyof RunnerApi> = Awaited<ReturnType<RunnerApi[K]>>;

/** What is given as files beside a folder. */
export type FileInput = 'checkpoint' | 'weights' | 'labels' | 'kept';

/** Calls that end in a file. */
export type FileCall = 'saveCheckpoint' | 'saveFeatures' | 'saveSteps' | 'saveDiagnostics' | 'saveKept';

export interface EngineSession {
  readonly device: DeviceFacts;
  call<K extends keyof RunnerApi>(name: K, argument?: Parameters<RunnerApi[K]>[0]): Promise<Answer<K>>;
  give(input: FileInput, files: readonly string[]): Promise<void>;
  giveFolder(folder: string): Promise<void>;
  /** Makes a call that ends in a file, and puts it where `file` says. */
  save<K extends FileCall>(file: string, name: K, argument: Parameters<RunnerApi[K]>[0]): Promise<void>;
}
