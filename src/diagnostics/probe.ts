// What a probe brings back from the network, and what becomes of it: every output measured, as one snapshot. The network is
// run by train/probe.ts; who measures, and in which thread, is the engine's business.

import { correlationMap, deviations } from './correlation.ts';
import { describe } from './measures.ts';
import { FULL_CORRELATION, type NeighbourVote, type OutputPicture, type Snapshot } from './snapshot.ts';

export interface ProbedOutput {
  readonly name: string;
  readonly dim: number;
  /** Of whole films, [films, dim]. */
  readonly whole: Float32Array;
  /** Of the two views of the first of them, [viewed, dim] each. */
  readonly views: readonly [Float32Array, Float32Array];
}

/** What the vote of neighbours needs to know of the probe's films. */
export interface ProbeLabels {
  readonly findings: readonly string[];
  /** [films, findings] as the data set has them. */
  readonly labels: Uint8Array;
  /** 1: of the validation part, and asked; 0: of the training part, in the bank. */
  readonly asked: Uint8Array;
  readonly neighbours: number;
  readonly temperature: number;
}

export interface ProbeFeatures {
  readonly step: number;
  readonly films: number;
  readonly viewed: number;
  readonly outputs: readonly ProbedOutput[];
  /** Null where nobody can be asked. */
  readonly known: ProbeLabels | null;
}

/** A snapshot but for the time that it took. */
export type Measurement = Omit<Snapshot, 'seconds'>;

/** The last level of the encoder: what evaluations take as features. */
export const FEATURES = 'level5';

/** What is known of an output at once; its map is of no blocks yet. */
function pictureOf({ name, dim, whole, views }: ProbedOutput, films: number, viewed: number): OutputPicture {
  const view = (values: Float32Array) => ({ values, films: viewed, dim });
  const { measured, eigenvalues, std } = describe({ values: whole, films, dim }, [
    view(views[0]),
    view(views[1]),
  ]);
  return {
    name,
    measured,
    eigenvalues: Float32Array.from(eigenvalues),
    std: Float32Array.from(std),
    blocks: 0,
    correlation: new Int8Array(),
  };
}

/** Everything but the maps of correlations, which take longest and which no curve waits for. @param vote of the neighbours on the features */
export function measureFeatures(
  { step, films, viewed, outputs, known }: ProbeFeatures,
  vote: (features: Float32Array, dim: number, known: ProbeLabels) => NeighbourVote,
): Measurement {
  const features = outputs.find(({ name }) => name === FEATURES);
  return {
    step,
    films,
    viewed,
    outputs: outputs.map((output) => pictureOf(output, films, viewed)),
    neighbours: known && features ? vote(features.whole, features.dim, known) : null,
  };
}

export type OutputMap = Pick<OutputPicture, 'blocks' | 'correlation'>;

/** The maps of correlations of the outputs, in their order. */
export const mapsOf = ({ films, outputs }: ProbeFeatures): OutputMap[] =>
  outputs.map(({ dim, whole }) => {
    const rows = { values: whole, films, dim };
    const { blocks, values } = correlationMap(rows, deviations(rows));
    return {
      blocks,
      correlation: Int8Array.from(values, (value) => Math.round(FULL_CORRELATION * value)),
    };
  });

export const withMaps = <S extends Measurement>(measured: S, maps: readonly OutputMap[]): S => ({
  ...measured,
  outputs: measured.outputs.map((output, i) => ({ ...output, ...maps[i]! })),
});
