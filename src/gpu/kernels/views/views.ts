// Renders augmented views and evaluation images on the GPU from packed 8-bit films: crop and antialiased resize,
// flip, jitter, blur, solarise, normalise, in the order and with the rounding of the published pipeline.
// Programs are in viewPrograms.ts and viewFinishPrograms.ts, the plain loops in viewsReference.ts, the packing in
// viewInput.ts.

import { defineKernel, type GpuJob, type Shape } from '../../kernel.ts';
import { groupsFor } from '../../program.ts';
import { blurProgram, finishProgram } from './viewFinishPrograms.ts';
import {
  beginProgram,
  columnsProgram,
  type Filter,
  QUADS_PER_THREAD,
  rowsProgram,
  SUPPORT,
  turnProgram,
  weightsProgram,
} from './viewPrograms.ts';
import {
  blur,
  cropAndResize,
  finish,
  jitter,
  mirror,
  readParameters,
  solarise,
  turn,
} from './viewsReference.ts';

type Inputs = 'planes' | 'params';
type Job = GpuJob<Inputs>;

export const VIEW_STAGES = ['crop', 'flip', 'jitter', 'blur', 'solarise'] as const;
export type ViewStage = (typeof VIEW_STAGES)[number];

export interface RenderAttrs {
  /** Side of the views, px. */
  readonly size: number;
  /** Longest side of any film, px; bounds scratch memory, so it is constant over a run. */
  readonly maxSide: number;
  /** Three channels normalised as the encoder expects, or one of grey levels 0 .. 255. */
  readonly normalise: boolean;
}

export interface ViewAttrs extends RenderAttrs {
  /** Width of the blur kernel, odd and less than twice the size. */
  readonly blurKernel: number;
  /** Views may be rotated: crop, flip and rotation are one sampling of the film. Else a rotation is not looked at. */
  readonly turned?: boolean;
  /** Leaves out what comes after this stage; for tests. */
  readonly stopAfter?: ViewStage;
}

const outputShape = ({ params }: Record<Inputs, Shape>, { size, normalise }: RenderAttrs): Shape[] => [
  [params[0]!, size, size, normalise ? 3 : 1],
];

/** Steps of the resize shared by both kernels; returns the byte image and what later stages read. */
function resize(
  job: Job,
  { size, maxSide }: RenderAttrs,
  filter: Filter,
  radius: number,
  flip: boolean,
  jittered: boolean,
) {
  const { planes, params } = job.inputs;
  const views = params.shape[0]!;
  const taps = 2 * Math.ceil(SUPPORT[filter] * Math.max(maxSide / size, 1)) + 1;
  // A header and the words of the taps, which may begin anywhere within the first.
  const entry = 1 + groupsFor(taps + 3, 4);
  const quads = groupsFor(maxSide, 4);
  const quarter = groupsFor(size, 4);
  const weights = job.scratch([views * 2 * size * entry * 4]);
  const blurWeights = job.scratch([views, radius + 1]);
  const sums = job.scratch([views]);
  const cut = job.scratch([views, quads, quarter * 4]);
  const image = job.scratch([views, size, quarter]);
  job.run(
    weightsProgram(filter),
    [params, weights, blurWeights, sums],
    [views, size, entry, radius],
    [groupsFor(views * 2 * size, 64)],
  );
  job.run(
    rowsProgram,
    [params, planes, weights, cut],
    [size, entry, quads, quarter * 4, Number(flip)],
    [groupsFor(groupsFor(quads, QUADS_PER_THREAD) * size, 64), views],
  );
  job.run(
    columnsProgram(jittered),
    [params, cut, weights, image, ...(jittered ? [sums] : [])],
    [size, entry, quads, quarter],
    [groupsFor(size * quarter, 64), views],
  );
  return { views, quarter, blurWeights, sums, image };
}

/** Crop, flip and rotation in one sampling; returns what `resize` does. */
function turnViews(job: Job, size: number, radius: number, flip: boolean, jittered: boolean) {
  const { planes, params } = job.inputs;
  const views = params.shape[0]!;
  const quarter = groupsFor(size, 4);
  const blurWeights = job.scratch([views, radius + 1]);
  const sums = job.scratch([views]);
  const image = job.scratch([views, size, quarter]);
  job.run(beginProgram, [params, blurWeights, sums], [views, radius], [groupsFor(views, 64)]);
  job.run(
    turnProgram(jittered),
    [params, planes, image, ...(jittered ? [sums] : [])],
    [size, quarter, Number(flip)],
    [groupsFor(size * quarter, 64), views],
  );
  return { views, quarter, blurWeights, sums, image };
}

/**
 * Augmented views: planes (int32, packed), params [views, 16] -> [views, size, size, 3 or 1], five dispatches, four where views are turned.
 * The views of a batch go in as one list, view 1 of every film first. Parameters and stages: docs/method.md.
 */
export const renderViews = defineKernel<Inputs, ViewAttrs>({
  name: 'MlvRenderViews',
  inputs: ['planes', 'params'],
  outputs: outputShape,
  gpu(job, attrs) {
    const { size, blurKernel, normalise } = attrs;
    const last = VIEW_STAGES.indexOf(attrs.stopAfter ?? 'solarise');
    const jittered = last >= VIEW_STAGES.indexOf('jitter');
    const blurs = last >= VIEW_STAGES.indexOf('blur');
    const radius = (blurKernel - 1) / 2;
    const { views, quarter, ...made } = attrs.turned
      ? turnViews(job, size, radius, last > 0, jittered)
      : resize(job, attrs, 'bicubic', radius, last > 0, jittered);
    const { params } = job.inputs;
    const [out] = job.outputs;
    const program = finishProgram({
      blurRadius: blurs ? radius : null,
      contrast: jittered && !blurs,
      solarise: attrs.stopAfter === undefined || attrs.stopAfter === 'solarise',
      normalise,
      whole: size % 4 === 0,
    });
    const groups = [groupsFor(size * quarter, 64), views] as const;
    if (!blurs) {
      const sums = jittered ? [made.sums] : [];
      job.run(program, [params, made.image, ...sums, out!], [size, quarter], groups);
      return;
    }
    const blurred = job.scratch([views, size, quarter * 4]);
    job.run(
      blurProgram(radius),
      [params, made.image, made.blurWeights, made.sums, blurred],
      [size, quarter],
      [groupsFor(groupsFor(size, 4) * quarter, 64), views],
    );
    job.run(program, [params, blurred, made.blurWeights, out!], [size, quarter], groups);
  },
  reference({ planes, params }, { size, blurKernel, normalise, turned, stopAfter }, [out]) {
    const last = VIEW_STAGES.indexOf(stopAfter ?? 'solarise');
    for (let view = 0; view < params.shape[0]!; view++) {
      const row = readParameters(params, view);
      let image: Uint8Array;
      if (turned) image = turn(planes, row, size, last >= 1);
      else {
        image = cropAndResize('bicubic', planes, row, size);
        if (last >= 1 && row.integer('flip')) image = mirror(image, size);
      }
      if (last >= 2) image = jitter(image, row);
      if (last >= 3) image = blur(image, size, blurKernel, row.real('sigma'));
      if (last >= 4 && row.integer('solarise')) image = solarise(image);
      finish(image, view, normalise, out!);
    }
  },
});

/**
 * The evaluation transform: the box of each row of params (the whole film, as wholeFilm gives it) squared with the
 * triangle filter, mirrored where asked, nothing else. Four dispatches.
 */
export const resizeEval = defineKernel<Inputs, RenderAttrs>({
  name: 'MlvResizeEval',
  inputs: ['planes', 'params'],
  outputs: outputShape,
  gpu(job, attrs) {
    const { views, quarter, image } = resize(job, attrs, 'triangle', 0, true, false);
    const program = finishProgram({
      blurRadius: null,
      contrast: false,
      solarise: false,
      normalise: attrs.normalise,
      whole: attrs.size % 4 === 0,
    });
    job.run(
      program,
      [job.inputs.params, image, job.outputs[0]!],
      [attrs.size, quarter],
      [groupsFor(attrs.size * quarter, 64), views],
    );
  },
  reference({ planes, params }, { size, normalise }, [out]) {
    for (let view = 0; view < params.shape[0]!; view++) {
      const row = readParameters(params, view);
      const image = cropAndResize('triangle', planes, row, size);
      finish(row.integer('flip') ? mirror(image, size) : image, view, normalise, out!);
    }
  },
});
