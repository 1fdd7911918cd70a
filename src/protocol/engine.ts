// The seam between the page (or the headless runner) and the engine worker. EngineApi is implemented by
// worker/engine.ts and called through worker/client.ts; every failure crosses as an AppError.
// State and samples are pushed as EngineEvents over a callback, at most twenty messages a second.

import type { AdapterLimits } from '../config/budget.ts';
import type { Config, ConfigKey, ConfigValue } from '../config/schema.ts';
import type { WireError } from '../util/errors.ts';
import type { StepSample } from './metrics.ts';
import type { ParityRequest, ParityRow } from './parity.ts';
import type { ProbeReport, ProbeRequest } from './probe.ts';
import type { SelfTestReport, SelfTestRow } from './selfTest.ts';

export const ENGINE_STATES = [
  'closed',
  'idle',
  'compiling',
  'ready',
  'running',
  'paused',
  'probing',
  'testing',
  'done',
  'failed',
] as const;
/** closed: no device. idle: device, no run. ready: at step 0 of a prepared run. testing: the GPU, beside the run. done: schedule finished. */
export type EngineState = (typeof ENGINE_STATES)[number];

export interface DeviceFacts {
  readonly vendor: string;
  readonly architecture: string;
  readonly description: string;
  /** True when the adapter is software, e.g. SwiftShader: correct, but slow. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: AdapterLimits;
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
}

export type EngineEvent =
  | { readonly type: 'status'; readonly status: RunStatus }
  | { readonly type: 'samples'; readonly samples: readonly StepSample[] }
  | { readonly type: 'compile'; readonly done: number; readonly total: number }
  | { readonly type: 'probe-progress'; readonly stage: string; readonly done: number; readonly total: number }
  | { readonly type: 'dataset'; readonly name: string; readonly fingerprint: string; readonly films: number }
  | {
      readonly type: 'marker';
      readonly step: number;
      readonly kind: 'pause' | 'change' | 'fault';
      readonly text: string;
    }
  | { readonly type: 'failed'; readonly error: WireError };

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

export interface FeatureRequest {
  readonly checkpoint: Uint8Array;
  /** What a bare state dict leaves open. */
  readonly base?: Config;
  /** Adds the images exactly as the encoder sees them. */
  readonly images: boolean;
}

export interface EngineApi {
  /** Opens the device. @throws AppError webgpu-missing, adapter-missing, device-refused */
  open(onEvent: (event: EngineEvent) => void): Promise<DeviceFacts>;
  /** The port over which the intake worker delivers EngineDatasets. */
  connectIntake(port: MessagePort): void;
  /**
   * Builds model and optimiser at the seed's initialisation and compiles. `weights`, a safetensors file of a ResNet-18
   * under torchvision names, is where the encoder begins instead.
   * @throws AppError does-not-fit, too-few-images, weights-invalid, checkpoint-invalid, not-ready
   */
  prepare(config: Config, weights?: Uint8Array<ArrayBuffer>): Promise<RunStatus>;
  /** Runs until paused, stopped or done; resolves as soon as the loop has started. */
  play(): Promise<void>;
  /** Resolves once the step in flight is over. */
  pause(): Promise<RunStatus>;
  /** Exactly one step, then paused. */
  stepOnce(): Promise<RunStatus>;
  /** Ends the run; the model stays for probing and export. */
  stop(): Promise<RunStatus>;
  /** Back to step 0 with the same initialisation. @throws AppError not-ready where that was a file that is gone */
  reset(): Promise<RunStatus>;
  /** Changes a `live` setting from the next step on. @throws AppError config-invalid */
  change(key: ConfigKey, value: ConfigValue): Promise<void>;
  probe(request: ProbeRequest): Promise<ProbeReport>;
  /** safetensors with PyTorch names and layouts, configuration and step in the metadata. */
  exportCheckpoint(): Promise<Uint8Array>;
  /**
   * Prepares the run that the file describes, at its step. `base` is what a bare state dict leaves open.
   * @throws AppError checkpoint-invalid
   */
  importCheckpoint(bytes: Uint8Array, base?: Config): Promise<{ config: Config; status: RunStatus }>;
  /**
   * What the model in a checkpoint makes of every film, in evaluation mode, as safetensors (train/featureFile.ts).
   * A prepared run stays as it is. @throws AppError checkpoint-invalid, not-ready
   */
  features(request: FeatureRequest): Promise<Uint8Array>;
  previewViews(film: number, step: number): Promise<ViewPair>;
  gateMaps(film: number): Promise<GateMaps>;
  /** Checks recorded fixtures; `onRows` gets the rows of one after another. @throws AppError gpu-fault, device-lost */
  parity(request: ParityRequest, onRows: (rows: readonly ParityRow[]) => void): Promise<void>;
  /**
   * Compares every kernel and one whole training step with plain loops. A prepared run stays as it is.
   * `onRow` hears each row as it comes, and how many there will be. @throws AppError not-ready while the engine is at work
   */
  selfTest(onRow: (row: SelfTestRow, total: number) => void): Promise<SelfTestReport>;
  close(): Promise<void>;
}
