// The gradient of a convolution towards its input: each input pixel gathers the outputs that saw it, so there is
// nothing to add atomically. The rows of taps with the right remainder are walked, the columns are unrolled.

import { TILE_FORMS } from '../../forms.ts';
import { defineKernel, type Plain } from '../../kernel.ts';
import { shape4 } from '../../shape.ts';
import { runConvTile, type Window } from './convTile.ts';

export interface InputGradAttrs extends Window {
  /** Size of the convolution's input, which its output does not determine. */
  readonly height: number;
  readonly width: number;
}

/** dy [n,oh,ow,cout], w [kh,kw,cin,cout] -> dx [n,height,width,cin]. */
export const conv2dInputGrad = defineKernel<'dy' | 'w', InputGradAttrs>({
  name: 'MlvConv2dInputGrad',
  inputs: ['dy', 'w'],
  forms: TILE_FORMS,
  outputs: ({ dy, w }, { height, width }) => [[dy[0]!, height, width, w[2]!]],
  gpu: (job, attrs) => runConvTile(job, 'input', attrs, ['dy', 'w', 0]),
  reference: ({ dy, w }, attrs, [out]) => inputGradReference(dy, w, attrs, out!),
});

function inputGradReference(dy: Plain, w: Plain, { stride, pad }: Window, dx: Plain): void {
  const [, outH, outW, cout] = shape4(dy.shape);
  const [kh, kw] = shape4(w.shape);
  const [n, h, width, cin] = shape4(dx.shape);
  for (let pixel = 0; pixel < n * h * width; pixel++) {
    const ix = pixel % width;
    const iy = Math.floor(pixel / width) % h;
    const image = Math.floor(pixel / (width * h));
    const sums = new Float64Array(cin);
    for (let tap = 0; tap < kh * kw; tap++) {
      const oy = (iy + pad - Math.floor(tap / kw)) / stride;
      const ox = (ix + pad - (tap % kw)) / stride;
      if (!Number.isInteger(oy) || !Number.isInteger(ox)) continue;
      if (oy < 0 || oy >= outH || ox < 0 || ox >= outW) continue;
      const from = ((image * outH + oy) * outW + ox) * cout;
      for (let ci = 0; ci < cin; ci++) {
        const at = (tap * cin + ci) * cout;
        for (let co = 0; co < cout; co++) sums[ci]! += dy.data[from + co]! * w.data[at + co]!;
      }
    }
    dx.data.set(sums, pixel * cin);
  }
}
