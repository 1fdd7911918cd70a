// What looks at a run say in words: which output lost its dimensions or its spread, since which step, what still carries the
// variance, and which setting to change. A run is held against its own random start, never against another method. It reads
// what was measured and the settings, and decides nothing about the run.

import type { MethodRecord, Settings } from '../methods/record/method.ts';
import { type OutputName, type OutputPicture, outputsOf, type Snapshot } from './snapshot.ts';

export interface LearntVerdict {
  /** The first step at which it was seen. */
  readonly step: number;
  /** The output that it was seen at. */
  readonly output: string;
  readonly sentence: string;
  /** What to change, and to what; null where no setting is known to help. */
  readonly change: { readonly key: string; readonly value: number } | null;
}

interface Look {
  readonly snapshot: Snapshot;
  readonly picture: OutputPicture;
}

interface Judged {
  readonly outputs: readonly OutputName[];
  readonly snapshots: readonly Snapshot[];
  readonly method: MethodRecord;
  readonly config: Settings;
}

/** Below this share of the spread at the random start, with nothing that holds it, a head draws together. */
const DRAWN = 0.97;
/**
 * Of the RankMe at the random start: what is left of a head that has lost its dimensions. In ten runs of the preset demo a head
 * keeps at least 0.67 of it over 60 steps and one of them 0.41 at the end of all 440; with a covariance weight of 0 it keeps 0.02 after 20.
 */
const HEAD_LOST = 0.2;
/**
 * Of all channels of the levels, those that may be dead: in the ten runs up to 0.10 of them are, with five times the rate 0.24
 * after 20 steps and 0.33 after 40. Channels die of steps that are too large, not of a term of the loss.
 */
const DEAD = 0.2;
/** A look alone may be chance, unless it is the only one. */
const LOOKS = 2;

const looksAt = (snapshots: readonly Snapshot[], name: string): Look[] =>
  snapshots.flatMap((snapshot) => {
    const picture = snapshot.outputs.find((output) => output.name === name);
    return picture ? [{ snapshot, picture }] : [];
  });

/** The step from which on every look after the first shows it; null where it is not so, or of too few looks. */
function since(looks: readonly Look[], shows: (look: Look) => boolean): number | null {
  const [, ...later] = looks;
  const healthy = later.findLastIndex((look) => !shows(look));
  const wrong = later.slice(healthy + 1);
  return wrong.length >= Math.min(LOOKS, later.length) && wrong.length > 0 ? wrong[0]!.snapshot.step : null;
}

const dimensions = (value: number): string => value.toFixed(value < 10 ? 1 : 0);

/** The level that has kept most of its dimensions. */
function carrier({ outputs, snapshots }: Judged): string {
  const kept = outputs
    .filter(({ kind }) => kind === 'level')
    .map(({ name, words }) => {
      const looks = looksAt(snapshots, name);
      const [first, last] = [looks[0]!.picture.measured.rankme, looks.at(-1)!.picture.measured.rankme];
      return { words, first, last };
    });
  const most = kept.reduce((a, b) => (b.last / b.first > a.last / a.first ? b : a));
  return `; of the levels, ${most.words} kept most (${dimensions(most.last)} of ${dimensions(most.first)})`;
}

const weightOf = ({ method, config }: Judged, term: string): number =>
  Number(config[method.terms[term]?.weightKey ?? '']);

const hasTerm = ({ method }: Judged, head: string, term: string): boolean =>
  method.heads[head]?.terms.includes(term) ?? false;

/** A head whose loss measures the spread, with no weight on it. */
function drawnTogether(judged: Judged, { name, words }: OutputName): LearntVerdict | null {
  if (!hasTerm(judged, name, 'variance') || weightOf(judged, 'variance') > 0) return null;
  const looks = looksAt(judged.snapshots, name);
  const spread = ({ picture }: Look) => picture.measured['mean-std'];
  const step = since(looks, (look) => spread(look) < DRAWN * spread(looks[0]!));
  if (step === null) return null;
  const [first, last] = [spread(looks[0]!), spread(looks.at(-1)!)];
  return {
    step,
    output: name,
    sentence: `The ${words} draws together since step ${step}: its spread fell from ${first.toFixed(2)} to ${last.toFixed(2)}, and nothing holds it, for the variance term has no weight.`,
    change: { key: judged.method.terms.variance!.weightKey!, value: Number.NaN },
  };
}

/** Since when a head has lost most of the dimensions that it had at the random start. */
function lostAt(judged: Judged, { name }: OutputName): number | null {
  const looks = looksAt(judged.snapshots, name);
  const before = looks[0]?.picture.measured.rankme ?? Number.NaN;
  return since(looks, ({ picture }) => !(picture.measured.rankme >= HEAD_LOST * before));
}

/** Channels of the levels die: steps too large for any loss. */
function thrownAbout({ outputs, snapshots, config }: Judged): LearntVerdict | null {
  const levels = outputs.filter(({ kind }) => kind === 'level');
  const counts = ({ snapshot }: Pick<Look, 'snapshot'>) =>
    levels.flatMap(({ name, words }) => {
      const picture = snapshot.outputs.find((output) => output.name === name);
      return picture ? [{ name, words, dead: picture.measured.dead, of: picture.std.length }] : [];
    });
  const total = (list: ReturnType<typeof counts>, key: 'dead' | 'of') =>
    list.reduce((sum, one) => sum + one[key], 0);
  const looks = looksAt(snapshots, levels[0]!.name);
  const step = since(looks, (look) => total(counts(look), 'dead') > DEAD * total(counts(look), 'of'));
  if (step === null) return null;
  const now = counts(looks.at(-1)!);
  const worst = now.reduce((a, b) => (b.dead > a.dead ? b : a));
  const rate = Number(config.learningRate);
  const lower = Number((rate / 10).toPrecision(2));
  return {
    step,
    output: worst.name,
    sentence: `${total(now, 'dead')} of the encoder’s ${total(now, 'of')} channels are dead since step ${step}, most of them in ${worst.words} (${worst.dead} of ${worst.of}): the steps are too large. A learning rate of ${lower} in place of ${rate} is likely to help.`,
    change: { key: 'learningRate', value: lower },
  };
}

/** A head that lost the dimensions it had: they repeat each other. */
function narrowing(judged: Judged, output: OutputName): LearntVerdict | null {
  const step = lostAt(judged, output);
  if (step === null) return null;
  const looks = looksAt(judged.snapshots, output.name);
  const rank = (look: Look) => dimensions(look.picture.measured.rankme);
  const held = `The ${output.words} holds ${rank(looks.at(-1)!)} of the ${rank(looks[0]!)} dimensions of its random start since step ${step}`;
  const weight = hasTerm(judged, output.name, 'covariance') ? weightOf(judged, 'covariance') : null;
  if (weight === null)
    return { step, output: output.name, sentence: `${held}${carrier(judged)}.`, change: null };
  const why =
    weight > 0
      ? `its dimensions repeat each other, for which a covariance weight of ${weight} may be too little`
      : 'its dimensions repeat each other, and nothing keeps them apart, for the covariance term has no weight';
  return {
    step,
    output: output.name,
    sentence: `${held}${carrier(judged)}: ${why}.`,
    change: { key: judged.method.terms.covariance!.weightKey!, value: weight > 0 ? 10 * weight : Number.NaN },
  };
}

/**
 * The worst that is seen, or null where nothing is.
 * @param usual the value that a setting has unless someone changes it, for the change that is offered
 */
export function learntVerdict(
  snapshots: readonly Snapshot[],
  method: MethodRecord,
  config: Settings,
  usual: (key: string) => number,
): LearntVerdict | null {
  if (snapshots.length < 2) return null;
  const judged = { outputs: outputsOf(method), snapshots, method, config };
  const heads = judged.outputs.filter(({ kind }) => kind === 'head');
  const found =
    thrownAbout(judged) ??
    firstOf(heads, (head) => narrowing(judged, head)) ??
    firstOf(heads, (head) => drawnTogether(judged, head));
  if (!found?.change || !Number.isNaN(found.change.value)) return found;
  return { ...found, change: { ...found.change, value: usual(found.change.key) } };
}

/** Of what was found at several heads the earliest. */
const firstOf = (
  heads: readonly OutputName[],
  judge: (head: OutputName) => LearntVerdict | null,
): LearntVerdict | null =>
  heads
    .map(judge)
    .filter((found) => found !== null)
    .reduce<LearntVerdict | null>((best, one) => (best && best.step <= one.step ? best : one), null);
