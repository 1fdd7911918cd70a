// The seam between the page (or the headless runner) and the engine worker. EngineApi is implemented by
// worker/engine/engine.ts and called through worker/client.ts; every failure crosses as an AppError.
// Buffers among the arguments are handed over, not copied (worker/rpc.ts).
// State and samples are pushed as EngineEvents over a callback, at most twenty messages a second.

import type { Config, ConfigKey, ConfigValue } from '../config/schema.ts';
import type { FilmFeatures } from '../diagnostics/filmMap.ts';
import type { Snapshot } from '../diagnostics/snapshot.ts';
import type { TunedEpoch } from '../tasks/finetune/record.ts';
import type { Evaluation, TaskName } from '../tasks/records.ts';
import type { WireError } from '../util/errors.ts';
import type { SeenFilms } from './dataset.ts';
import type {
  AdapterLimits,
  Budget,
  KernelFacts,
  KernelOptions,
  ParityRequest,
  ParityRow,
  SelfTestReport,
  SelfTestRow,
} from './device.ts';
import type { Fault } from './faults.ts';
import type { ClassMap, DrawnMask, Look, Predictions } from './looks.ts';
import type { StepSample } from './metrics.ts';
import type { EncoderScores, StudyRequest, ValidationScore } from './study.ts';
import type { KeepingPolicy, KeptCheckpoint, MarkKind, RunRecord } from './vault.ts';

const ENGINE_STATES = [
  'closed',
  'idle',
  'compiling',
  'ready',
  'running',
  'paused',
  'recovering',
  'evaluating',
  'testing',
  'done',
  'failed',
] as const;
/**
 * closed: no device. idle: device, no run. ready: at step 0 of a prepared run. recovering: going back to where a fault
 * struck. testing: the GPU, beside the run. done: schedule finished.
 */
export type EngineState = (typeof ENGINE_STATES)[number];

/** Occupied by a run: steps are taken, or will be. */
export const isTraining = (state: EngineState): boolean =>
  state === 'compiling' || state === 'running' || state === 'recovering';

/** Occupied at all: whatever needs the device has to wait. */
export const isAtWork = (state: EngineState): boolean =>
  isTraining(state) || state === 'evaluating' || state === 'testing';

export interface DeviceFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True when the adapter is software, e.g. SwiftShader: correct, but slow. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: AdapterLimits;
  readonly kernels: readonly KernelFacts[];
}

export interface RunStatus {
  readonly state: EngineState;
  /** Optimiser steps taken. */
  readonly step: number;
  readonly totalSteps: number;
  readonly stepsPerEpoch: number;
  readonly activeSeconds: number;
  /** Estimated from the median of recent steps; null until there are enough. */
  readonly etaSeconds: number | null;
  /** What the run's weights were before its first step, in words: `random`, or the file they came from. */
  readonly start: string;
  /** Under which the run is kept in this browser; null until its first step. */
  readonly runId: string | null;
}

/** Before there is an engine or a run. */
export const EMPTY_STATUS: RunStatus = {
  state: 'closed',
  step: 0,
  totalSteps: 0,
  stepsPerEpoch: 0,
  activeSeconds: 0,
  etaSeconds: null,
  start: 'random',
  runId: null,
};

/** What is kept of the run at hand. */
export interface KeptStatus {
  readonly runId: string;
  /** False where it is gone with the tab, because the browser refuses storage. */
  readonly lasting: boolean;
  /** Bytes of all files of the run. */
  readonly bytes: number;
  /** Bytes that the browser still allows; null where it does not say. */
  readonly free: number | null;
  readonly checkpoints: readonly KeptCheckpoint[];
}

/** Something the person should know in one line, while the run goes on. */
export interface Notice {
  /** recovered: a fault was mended. storage: what is kept, or cannot be. gap: the run stood still for a while. */
  readonly kind: 'recovered' | 'storage' | 'gap';
  readonly text: string;
  readonly hint: string;
}

/** What can be done after a run has blown up. */
export interface Rollback {
  /** The last good checkpoint. */
  readonly step: number;
  /** Settings that may help, the likeliest first. */
  readonly suggestions: readonly {
    readonly key: ConfigKey;
    readonly value: ConfigValue;
    readonly text: string;
  }[];
}

export interface ResumedRun {
  readonly record: RunRecord;
  /** With the changes made on the way. */
  readonly config: Config;
  readonly status: RunStatus;
  /** The curves up to where the run goes on. */
  readonly samples: readonly StepSample[];
  /** Newer checkpoints that were damaged, and how. */
  readonly refused: readonly string[];
}

export type EngineEvent =
  | { readonly type: 'status'; readonly status: RunStatus }
  | { readonly type: 'samples'; readonly samples: readonly StepSample[] }
  /** All that a look at the run measured, once its maps are made; its numbers come with the sample of its step. */
  | { readonly type: 'snapshot'; readonly snapshot: Snapshot }
  /** An epoch of fine-tuning is over. */
  | { readonly type: 'tuned'; readonly epoch: TunedEpoch }
  /** How far the evaluation under way has come is in the browser's storage; where it stands, in words. */
  | {
      readonly type: 'evaluation-kept';
      readonly task: TaskName;
      /** It is a piece of a study. */
      readonly study: boolean;
      readonly words: string;
    }
  /** Comes before the report of an evaluation by scores. */
  | { readonly type: 'predictions'; readonly predictions: Predictions }
  | { readonly type: 'compile'; readonly done: number; readonly total: number }
  | {
      readonly type: 'evaluation-progress';
      readonly stage: string;
      readonly done: number;
      readonly total: number;
    }
  | {
      readonly type: 'dataset';
      readonly name: string;
      readonly fingerprint: string;
      readonly films: number;
      /** The films beside those of the run. */
      readonly other?: true;
    }
  | {
      readonly type: 'marker';
      readonly step: number;
      readonly kind: MarkKind;
      readonly text: string;
    }
  | { readonly type: 'kept'; readonly kept: KeptStatus }
  | { readonly type: 'notice'; readonly notice: Notice }
  /** The run stands at this step again: samples from there on are of a past that is gone. */
  | { readonly type: 'rewound'; readonly step: number }
  | { readonly type: 'failed'; readonly error: WireError; readonly rollback: Rollback | null };

/** The two views of one film as the next step would see them: size * size grey bytes each. */
export interface ViewPair {
  readonly size: number;
  readonly view1: Uint8Array;
  readonly view2: Uint8Array;
}

/** Spatial gates of the five levels for one film, each side * side values in 0..1. */
export interface GateMaps {
  readonly levels: readonly { readonly side: number; readonly gate: Float32Array }[];
}

export interface EvaluationRequest {
  /** Findings to score; empty asks for all of the set. */
  readonly findings: readonly string[];
  /** Of the run, with the settings of the evaluation. */
  readonly config: Config;
  /** Fingerprint of the films beside those of the run, to be evaluated on instead. */
  readonly films?: string | undefined;
  /** More of the films that the encoder was pretrained on than the engine knows, of the set with this fingerprint. */
  readonly pretrainedOn?: SeenFilms | undefined;
}

/** A linear layer on the pooled features, as an evaluation fitted it: logit_k = weight[k] . x + bias[k]. */
export interface ScoreLayer {
  readonly findings: readonly string[];
  /** findings x features, row-major. */
  readonly weight: ArrayLike<number>;
  readonly bias: ArrayLike<number>;
  /** The features had gone through the context bottlenecks. */
  readonly attended: boolean;
}

export interface FeatureRequest {
  readonly checkpoint: Uint8Array;
  /** What a bare state dict leaves open. */
  readonly base?: Config;
  /** Adds the images exactly as the encoder sees them. */
  readonly images: boolean;
}

export interface FilmFeatureRequest {
  /** The level or head that is wanted; the others come along where all of them fit into memory. */
  readonly output: string;
  /** Another model than that of the run at hand. */
  readonly checkpoint?: Uint8Array;
  /** So many films at most, spread over the set: the same ones for every model. */
  readonly most?: number;
  /** Leaves the random start out. */
  readonly withoutStart?: boolean;
}

/** How a view was made of its film, in this order; lengths in pixels of the film, the blur in pixels of the view. */
export interface ViewFacts {
  readonly box: {
    readonly top: number;
    readonly left: number;
    readonly height: number;
    readonly width: number;
  };
  readonly flip: boolean;
  /** Degrees, counter-clockwise. */
  readonly rotation?: number;
  readonly jitter: readonly { readonly op: 'brightness' | 'contrast'; readonly factor: number }[];
  readonly sigma: number | null;
  readonly solarise: boolean;
}

/** A step looked at again. */
export interface StepAgain {
  readonly step: number;
  /** The step that the weights stand before, by which `distances` are. */
  readonly weightsOf: number;
  readonly epoch: number;
  /** Of the batch, as indices into the set. */
  readonly films: Uint32Array;
  /** Of each film of the batch. */
  readonly views: readonly (readonly [ViewFacts, ViewFacts])[];
  /** Width and height of each film as it is trained on. */
  readonly sizes: readonly (readonly [number, number])[];
  /** Of the small pictures, px. */
  readonly side: number;
  /** [2, films, side, side] grey, all first views first. */
  readonly pictures: Uint8Array;
  /** By head, of each film: how far its two views are apart; the mean is the invariance of the batch. */
  readonly distances: Readonly<Record<string, Float32Array>>;
}

export interface EngineApi {
  /** Opens the device. @throws AppError webgpu-missing, adapter-missing, device-refused */
  open(onEvent: (event: EngineEvent) => void): Promise<DeviceFacts>;
  /**
   * Which kernels run and in which forms, from the next run on. `again` measures forms anew.
   * @throws AppError config-invalid, and not-ready while a run is prepared or the engine at work
   */
  chooseKernels(options: KernelOptions, again?: boolean): Promise<DeviceFacts>;
  /**
   * What a run of this configuration would need of the device opened last, in less than a fifth of a second; a run at
   * hand stays as it is. With a task, what its own training would need, where it has any that is planned.
   * @throws AppError config-invalid, not-ready
   */
  plan(config: Config, task?: TaskName): Promise<Budget>;
  /** The port over which the intake worker delivers EngineDatasets; @param other for films beside those of the run */
  connectIntake(port: MessagePort, other?: boolean): void;
  /** Lets go of the films beside those of the run. */
  dropOther(): void;
  /** The films that steps of the run at hand were taken on. @throws AppError not-ready */
  seenFilms(): readonly SeenFilms[];
  /**
   * Builds model and optimiser at the seed's initialisation and compiles. `weights`, a safetensors file of a ResNet-18
   * under torchvision names, is where the encoder begins instead.
   * @throws AppError does-not-fit, too-few-films, weights-invalid, checkpoint-invalid, not-ready
   */
  prepare(config: Config, weights?: Uint8Array<ArrayBuffer>): Promise<RunStatus>;
  /** Runs until paused, stopped or done; resolves as soon as the loop has started. */
  play(): Promise<void>;
  /** Resolves once the step in flight is over. */
  pause(): Promise<RunStatus>;
  /** Exactly one step, then paused. */
  stepOnce(): Promise<RunStatus>;
  /** Ends the run; the model stays for evaluation and export. */
  stop(): Promise<RunStatus>;
  /** Back to step 0 with the same initialisation. @throws AppError not-ready where that was a file that is gone */
  reset(): Promise<RunStatus>;
  /** Changes a `live` setting from the next step on. @throws AppError config-invalid */
  change(key: ConfigKey, value: ConfigValue): Promise<void>;
  /**
   * Takes up a run that is kept in this browser at its newest whole checkpoint, paused. `acceptFilms` goes on with other
   * films than it was begun with. @throws AppError run-in-use, run-missing, films-changed, checkpoint-invalid and those of prepare
   */
  resume(id: string, options?: { readonly acceptFilms?: boolean }): Promise<ResumedRun>;
  /**
   * After a run has blown up: back to its last good checkpoint, paused, with one setting changed.
   * @throws AppError not-ready where there is nothing to go back to
   */
  rollBack(change?: { readonly key: ConfigKey; readonly value: ConfigValue }): Promise<RunStatus>;
  /** Writes a checkpoint now, without halting; one with a name stays until that is taken away. Null before the first step. */
  saveNow(name?: string): Promise<KeptStatus | null>;
  /** When checkpoints are written from now on. */
  keep(policy: KeepingPolicy): void;
  /** Answers as long as the worker is alive and not stuck. */
  ping(): void;
  /** Tests only, in place of faults that are still to come: refused unless the worker was started for them. @throws AppError not-ready */
  inject(faults: readonly Fault[]): Promise<void>;
  /**
   * Evaluates the encoder of the run at hand on the films that are loaded; the run stays as it is.
   * @throws AppError not-ready, and those of the task (tasks/evaluate.ts)
   */
  evaluate(task: TaskName, request: EvaluationRequest): Promise<Evaluation>;
  /** Calls off the evaluation under way, which then throws `cancelled`; the run stays as it is. */
  cancelEvaluation(): void;
  /** One encoder of a study on the test films, at every label share. @throws AppError not-ready, and those of evaluate */
  scoreForStudy(request: StudyRequest): Promise<EncoderScores>;
  /** The encoder of the run at hand on validation films alone, to choose settings by. @throws AppError not-ready, and those of evaluate */
  validateForStudy(request: EvaluationRequest): Promise<ValidationScore>;
  /** safetensors with PyTorch names and layouts, configuration and step in the metadata. */
  exportCheckpoint(): Promise<Uint8Array>;
  /**
   * Prepares the run that the file describes, at its step. `base` is what a bare state dict leaves open.
   * @throws AppError checkpoint-invalid
   */
  importCheckpoint(bytes: Uint8Array, base?: Config): Promise<{ config: Config; status: RunStatus }>;
  /** Whether the file holds a whole model of the configuration it names; nothing is taken up. @throws AppError checkpoint-invalid */
  checkCheckpoint(bytes: Uint8Array): void;
  /**
   * What the model in a checkpoint makes of every film, in evaluation mode, as safetensors (train/featureFile.ts).
   * A prepared run stays as it is. @throws AppError checkpoint-invalid, not-ready
   */
  features(request: FeatureRequest): Promise<Uint8Array>;
  /**
   * What the network makes of every film, and made of it at its random start. A run is halted for it and stays as it is; it is
   * called off as an evaluation is. @throws AppError not-ready, checkpoint-invalid, cancelled
   */
  filmFeatures(
    request: FilmFeatureRequest,
    onProgress: (stage: string, done: number, total: number) => void,
  ): Promise<FilmFeatures>;
  /**
   * A step of the run at hand again, by the weights of a checkpoint or, without one, as they stand. A run is halted for it and
   * stays as it is. @throws AppError not-ready, checkpoint-invalid
   */
  stepAgain(step: number, checkpoint?: Uint8Array): Promise<StepAgain>;
  /**
   * The steps that follow a checkpoint, views, losses and gradients, as safetensors (train/stepFile.ts). A prepared run stays
   * as it is. @throws AppError checkpoint-invalid, not-ready, too-few-films
   */
  nextSteps(checkpoint: Uint8Array, steps: number): Promise<Uint8Array>;
  /** By the run at hand; `config` says of which run the views are where none is prepared. @throws AppError not-ready */
  previewViews(film: number, step: number, config?: Config): Promise<ViewPair>;
  gateMaps(film: number): Promise<GateMaps>;
  /**
   * The layer of the newest linear evaluation; null where there is none of the encoder as it stands, or none that a film can be
   * scored with by itself.
   */
  scoreLayer(): Promise<ScoreLayer | null>;
  /**
   * Where the layer of the newest linear evaluation looks for a finding on a film; its class map unless another way is asked for.
   * @throws AppError not-ready where there is none of the encoder as it stands, or it has no gates
   */
  classMap(film: number, finding: string, look?: Look): Promise<ClassMap>;
  /** The masks of a film by the newest evaluation of masks on these films; null for a film that was not tested, or without one. */
  drawnMask(film: number): Promise<DrawnMask | null>;
  /** Checks recorded fixtures; `onRows` gets the rows of one after another. @throws AppError gpu-fault, device-lost */
  parity(request: ParityRequest, onRows: (rows: readonly ParityRow[]) => void): Promise<void>;
  /**
   * Compares every kernel and one whole training step with plain loops. A prepared run stays as it is.
   * `onRow` hears each row as it comes, and how many there will be. @throws AppError not-ready while the engine is at work
   */
  selfTest(onRow: (row: SelfTestRow, total: number) => void): Promise<SelfTestReport>;
  close(): Promise<void>;
}
