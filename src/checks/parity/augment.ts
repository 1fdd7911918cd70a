// Augmentation fixtures: every stage from the stage recorded before it, the whole from the film, with the parameters
// given; and the resize of the evaluation. Rendered by the kernels of gpu/kernels/views/views.ts from packed films.

import { keepOnHost } from '../../gpu/forms.ts';
import { type Tensor, tf } from '../../gpu/kernel.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  type ViewRecord,
  wholeFilm,
} from '../../gpu/kernels/views/viewInput.ts';
import { renderViews, resizeEval, VIEW_STAGES, type ViewStage } from '../../gpu/kernels/views/views.ts';
import type { Runtime } from '../../gpu/runtime.ts';
import type { Fixture } from './fixtures.ts';
import { checksum, norm, type Rows } from './rows.ts';

interface AugmentFixture {
  readonly parameters: {
    readonly image: number;
    readonly size: number;
    readonly box: ViewRecord['box'];
    readonly flip: boolean;
    readonly jitter: readonly (readonly [string, number])[];
    readonly blur_kernel: number;
    readonly sigma: number | null;
    readonly solarize_threshold: number | null;
  };
  readonly normalized_stats?: Readonly<Record<'mean' | 'l2' | 'checksum', number>>;
}

interface Film {
  readonly plane: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** Names of the stages in the recordings. */
const RECORDED: Record<ViewStage, string> = {
  crop: 'crop',
  flip: 'flip',
  jitter: 'jitter',
  blur: 'blur',
  solarise: 'solarize',
};
/** The published threshold, which the kernel has built in. */
const SOLARISE_AT = 128;
/** Do nothing to a grey film, so they are never drawn. */
const NO_OPERATION = ['saturation', 'hue', 'grayscale'];
const IMAGE = /^image(\d+)$/;
const RESIZED = /^image(\d+)_to_(\d+)$/;
/** Grey levels of the whole range, over the deviation that the encoder's input is divided by, by channel. */
const DEVIATIONS = [0.229, 0.224, 0.225];

/** The source films of all fixtures of the kind, by number. */
export function filmsIn(fixtures: readonly Fixture[]): Map<number, Film> {
  const films = new Map<number, Film>();
  for (const fixture of fixtures) {
    if (!fixture.name.endsWith('-images')) continue;
    for (const name of fixture.tensors.keys()) {
      const [height, width] = fixture.shape(name) as [number, number];
      const number = IMAGE.exec(name)?.[1];
      if (number) films.set(Number(number), { plane: fixture.bytes(name), width, height });
    }
  }
  return films;
}

export async function checkAugment(
  fixture: Fixture,
  rows: Rows,
  films: ReadonlyMap<number, Film>,
  runtime: Runtime,
): Promise<void> {
  const names = [...fixture.tensors.keys()];
  if (names.every((name) => IMAGE.test(name))) {
    rows.agree('read as input', films.size >= names.length);
    return;
  }
  if (names.every((name) => RESIZED.test(name))) {
    for (const name of names) await checkResize(fixture, rows, films, runtime, name);
    return;
  }
  await checkStages(fixture, rows, films, runtime);
}

function filmAt(films: ReadonlyMap<number, Film>, number: number): Film {
  const film = films.get(number);
  if (!film) throw new Error(`there is no source image ${number}`);
  return film;
}

async function checkResize(
  fixture: Fixture,
  rows: Rows,
  films: ReadonlyMap<number, Film>,
  runtime: Runtime,
  name: string,
): Promise<void> {
  const [, image, size] = RESIZED.exec(name)!.map(Number) as [number, number, number];
  const film = filmAt(films, image);
  const found = await render(runtime, film, wholeFilm(film.width, film.height), { size });
  rows.compare('viewStage', 'resize', found, fixture.numbers(name), name);
}

interface Render {
  readonly size: number;
  /** Augments when given, else the evaluation resize. */
  readonly blurKernel?: number;
  readonly normalise?: boolean;
}

async function render(runtime: Runtime, film: Film, view: ViewRecord, wanted: Render): Promise<Float32Array> {
  const { plane, width, height } = film;
  const { size, blurKernel, normalise = false } = wanted;
  const packed = packPlanes([plane], [width], [height]);
  const planes = tf.tensor(packed.words, [packed.words.length], 'int32');
  const values = packViewParameters([{ film: packed.films[0]!, view }]);
  const params = tf.tensor(values, [1, PARAMETER_WORDS]);
  keepOnHost(planes, packed.words);
  keepOnHost(params, values);
  const attrs = { size, maxSide: Math.max(width, height), normalise };
  const inputs = { planes, params };
  const [out] = (
    blurKernel === undefined ? resizeEval(inputs, attrs) : renderViews(inputs, { ...attrs, blurKernel })
  ) as [Tensor];
  const found = await runtime.read(out, size * size * (normalise ? 3 : 1) * 4);
  tf.dispose([planes, params, out]);
  return found;
}

function viewOf({
  box,
  flip,
  jitter,
  sigma,
  solarize_threshold: at,
}: AugmentFixture['parameters']): ViewRecord {
  if (at !== null && at !== SOLARISE_AT) throw new Error(`solarising at ${at} is not what the method does`);
  const ops = jitter.filter(([op]) => !NO_OPERATION.includes(op));
  const known = ops.map(([op, factor]) => {
    if (op !== 'brightness' && op !== 'contrast') throw new Error(`there is no jitter operation ${op}`);
    return { op, factor } as const;
  });
  if (new Set(known.map(({ op }) => op)).size < known.length)
    throw new Error('a jitter operation is repeated');
  return { box, flip, jitter: known, sigma, solarise: at !== null };
}

/** The view's parameters with everything but one stage left out. */
function only(stage: ViewStage, view: ViewRecord, size: number): ViewRecord {
  const untouched = wholeFilm(size, size);
  if (stage === 'crop') return { ...untouched, box: view.box };
  if (stage === 'flip') return { ...untouched, flip: view.flip };
  if (stage === 'jitter') return { ...untouched, jitter: view.jitter };
  if (stage === 'blur') return { ...untouched, sigma: view.sigma };
  return { ...untouched, solarise: view.solarise };
}

async function checkStages(
  fixture: Fixture,
  rows: Rows,
  films: ReadonlyMap<number, Film>,
  runtime: Runtime,
): Promise<void> {
  const { parameters, normalized_stats: stats } = fixture.describe<AugmentFixture>('parameters');
  const { size, blur_kernel: blurKernel } = parameters;
  const view = viewOf(parameters);
  const source = filmAt(films, parameters.image);
  let before = source;
  for (const stage of VIEW_STAGES) {
    const found = await render(runtime, before, only(stage, view, size), { size, blurKernel });
    const recorded = RECORDED[stage];
    rows.compare('viewStage', recorded, found, fixture.numbers(recorded));
    before = { plane: fixture.bytes(recorded), width: size, height: size };
  }
  const whole = await render(runtime, source, view, { size, blurKernel });
  const last = fixture.numbers(RECORDED.solarise);
  rows.compare('viewLargest', 'end to end, largest', whole, last);
  rows.compare('viewMean', 'end to end, mean', whole, last);
  const normalised = planar(await render(runtime, source, view, { size, blurKernel, normalise: true }), size);
  if (fixture.tensors.has('normalized')) {
    const wanted = inLevels(fixture.numbers('normalized'), size);
    rows.compare('viewLargest', 'normalized, largest', inLevels(normalised, size), wanted);
    rows.compare('viewMean', 'normalized, mean', inLevels(normalised, size), wanted);
  }
  if (stats) {
    // As far as images that differ by a mean of d levels may: d / 255 over the smallest deviation.
    const levels = 255 * Math.min(...DEVIATIONS);
    const error = Math.abs(checksum(normalised) - stats.checksum) / stats.l2;
    rows.add('viewMean', 'normalized, checksum', error * levels);
    rows.add('viewMean', 'normalized, norm', Math.abs(norm(normalised) / stats.l2 - 1) * levels);
  }
}

/** [S, S, 3] to [3, S, S]. */
function planar(values: Float32Array, size: number): Float32Array {
  const area = size * size;
  return values.map((_, i) => values[(i % area) * 3 + Math.floor(i / area)]!);
}

/** Normalised values as grey levels, up to a constant for each channel. */
function inLevels(values: ArrayLike<number>, size: number): Float64Array {
  return Float64Array.from(values, (value, i) => value * 255 * DEVIATIONS[Math.floor(i / (size * size))]!);
}
