// What a linear evaluation is asked and what it answers. Three encoders are always scored side by side, because
// an AUROC means nothing alone: the pretrained one, one of the same shape at its random start, and raw pixels.

import type { Config } from '../config/schema.ts';

export const ENCODERS = {
  pretrained: 'Pretrained',
  random: 'Random encoder',
  pixels: 'Raw pixels (32 x 32)',
} as const;
export type EncoderName = keyof typeof ENCODERS;
/** What the pretrained encoder is held against. */
export type BaselineName = Exclude<EncoderName, 'pretrained'>;
export const ENCODER_NAMES = Object.keys(ENCODERS) as EncoderName[];

/** The `probe` settings of a configuration, plus what is asked of this evaluation. */
export interface ProbeRequest {
  /** Findings to score; empty asks for all of the set. */
  readonly findings: readonly string[];
  readonly config: Config;
}

export interface Interval {
  /** Null where the score is undefined (no positives or no negatives). */
  readonly value: number | null;
  readonly low: number | null;
  readonly high: number | null;
}

export interface RocCurve {
  readonly fpr: readonly number[];
  readonly tpr: readonly number[];
}

export interface FindingScore {
  readonly finding: string;
  /** Test films with and without the finding. */
  readonly positives: number;
  readonly negatives: number;
  /** Mean over label draws; interval by bootstrap over test patients. */
  readonly auroc: Record<EncoderName, Interval>;
  readonly averagePrecision: Record<EncoderName, number | null>;
  /** Of the first label draw. */
  readonly roc: Record<EncoderName, RocCurve | null>;
}

export interface ProbeReport {
  readonly share: number;
  readonly draws: number;
  readonly seed: number;
  /** Optimiser steps behind the pretrained encoder. */
  readonly step: number;
  readonly films: { readonly train: number; readonly val: number; readonly test: number };
  /** Mean number of labelled training films over the draws. */
  readonly labelledFilms: number;
  readonly mean: Record<EncoderName, Interval>;
  /** How far the mean AUROC of the pretrained encoder lies above each baseline, paired by bootstrap resample. */
  readonly gain?: Record<BaselineName, Interval>;
  readonly findings: readonly FindingScore[];
  /** Findings left out of the mean, each with its reason. */
  readonly leftOut: readonly { readonly finding: string; readonly reason: string }[];
  readonly seconds: number;
  /** Switches of the protocol that were on, in words. */
  readonly protocol: readonly string[];
}
