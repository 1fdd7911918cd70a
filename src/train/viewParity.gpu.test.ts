// The view kernels against recorded outputs of the published augmentation, stage by stage and end to end.
import { describe, expect, test } from 'vitest';
import { runOn } from '../gpu/kernels/parts/testing.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  type ViewRecord,
} from '../gpu/kernels/views/viewInput.ts';
import { renderViews, resizeEval, VIEW_STAGES, type ViewStage } from '../gpu/kernels/views/views.ts';
import { hasParity, parityFixtures, parityTensors } from './testParity.ts';

interface AugmentFixture {
  readonly name: string;
  readonly file: string;
  readonly parameters?: {
    readonly image: number;
    readonly size: number;
    readonly box: ViewRecord['box'];
    readonly flip: boolean;
    readonly jitter: readonly (readonly ['brightness' | 'contrast', number])[];
    readonly blur_kernel: number;
    readonly sigma: number | null;
    readonly solarize_threshold: number | null;
  };
}

const fixtures = parityFixtures<AugmentFixture>('augment').filter(({ parameters }) => parameters);
/** Names of the stages in the recordings. */
const RECORDED: Record<ViewStage, string> = {
  crop: 'crop',
  flip: 'flip',
  jitter: 'jitter',
  blur: 'blur',
  solarise: 'solarize',
};

function image(index: number): { plane: Uint8Array; width: number; height: number } {
  const { shape, data } = parityTensors('augment-images.safetensors').tensors.get(`image${index}`)!;
  return { plane: data as Uint8Array, height: shape[0]!, width: shape[1]! };
}

function inputsFor(source: { plane: Uint8Array; width: number; height: number }, view: ViewRecord) {
  const { words, films } = packPlanes([source.plane], [source.width], [source.height]);
  const params = packViewParameters([{ film: films[0]!, view }]);
  return {
    planes: { shape: [words.length], data: words },
    params: { shape: [1, PARAMETER_WORDS], data: params },
  };
}

const identity = (size: number): ViewRecord => ({
  box: { top: 0, left: 0, width: size, height: size },
  flip: false,
  jitter: [],
  sigma: null,
  solarise: false,
});

/** The view's parameters with everything but one stage left out. */
function only(stage: ViewStage, view: ViewRecord, size: number): ViewRecord {
  if (stage === 'crop') return { ...identity(size), box: view.box };
  if (stage === 'flip') return { ...identity(size), flip: view.flip };
  if (stage === 'jitter') return { ...identity(size), jitter: view.jitter };
  if (stage === 'blur') return { ...identity(size), sigma: view.sigma };
  return { ...identity(size), solarise: view.solarise };
}

function levels(found: ArrayLike<number>, wanted: ArrayLike<number>) {
  expect(found.length).toBe(wanted.length);
  const distances = Array.from(wanted, (value, i) => Math.abs(value - found[i]!));
  return { largest: Math.max(...distances), mean: distances.reduce((a, b) => a + b, 0) / distances.length };
}

const BACKENDS = ['webgpu', 'cpu'] as const;

describe.skipIf(!hasParity)('recorded augmentations (skipped where ../shared/parity is absent)', () => {
  test.each(fixtures)('$name', async ({ file, parameters }) => {
    const { size, blur_kernel: blurKernel, ...given } = parameters!;
    const { tensors } = parityTensors(file);
    const stored = (name: string) => tensors.get(name)!.data as Uint8Array;
    const view: ViewRecord = {
      box: given.box,
      flip: given.flip,
      jitter: given.jitter.map(([op, factor]) => ({ op, factor })),
      sigma: given.sigma,
      solarise: given.solarize_threshold !== null,
    };
    for (const backend of BACKENDS) {
      const grey = { size, blurKernel, maxSide: 520, normalise: false };
      let previous = image(given.image);
      for (const stage of VIEW_STAGES) {
        const alone = inputsFor(previous, only(stage, view, size));
        const [out] = (await runOn(backend, renderViews, alone, grey)).outputs;
        const { largest, mean } = levels(out!, stored(RECORDED[stage]));
        expect(largest, `${backend} ${stage}`).toBeLessThanOrEqual(1);
        expect(mean, `${backend} ${stage}`).toBeLessThan(0.01);
        previous = { plane: stored(RECORDED[stage]), width: size, height: size };
      }
      const whole = inputsFor(image(given.image), view);
      const [end] = (await runOn(backend, renderViews, whole, grey)).outputs;
      const { largest, mean } = levels(end!, stored('solarize'));
      expect(largest, `${backend} end to end`).toBeLessThanOrEqual(2);
      expect(mean, `${backend} end to end`).toBeLessThan(0.1);
      if (!tensors.has('normalized')) continue;
      const [rgb] = (await runOn(backend, renderViews, whole, { ...grey, normalise: true })).outputs;
      const area = size * size;
      const planar = rgb!.map((_, i) => rgb![(i % area) * 3 + Math.floor(i / area)]!);
      const colour = levels(planar, tensors.get('normalized')!.data as Float32Array);
      expect(colour.largest).toBeLessThanOrEqual(2 / 255 / 0.224 + 1e-5);
      expect(colour.mean).toBeLessThan(0.1 / 255 / 0.224);
    }
  });

  test.each([224, 64])('the evaluation resize to %i px', async (size) => {
    const { tensors } = parityTensors('augment-resize.safetensors');
    for (const backend of BACKENDS) {
      for (const index of [0, 1, 2]) {
        const source = image(index);
        const view = {
          ...identity(size),
          box: { top: 0, left: 0, width: source.width, height: source.height },
        };
        const attrs = { size, maxSide: 520, normalise: false };
        const [out] = (await runOn(backend, resizeEval, inputsFor(source, view), attrs)).outputs;
        const { largest, mean } = levels(out!, tensors.get(`image${index}_to_${size}`)!.data as Uint8Array);
        expect(largest).toBeLessThanOrEqual(1);
        expect(mean).toBeLessThan(0.01);
      }
    }
  });
});
