// From the films of a batch and a step to what the encoder sees: packs the planes, draws or fixes the views, uploads
// both and renders on the GPU. Buffers have the size of the largest batch of the set's largest films, so they are
// made once per run. The drawing is data/augment.ts, the arithmetic gpu/kernels/views/views.ts; batchSource.ts brings planes.

import type { Config } from '../config/schema.ts';
import { blurKernelFor, drawView, viewNumbers } from '../data/augment.ts';
import { keptZeros } from '../gpu/backend.ts';
import { keepOnHost } from '../gpu/forms.ts';
import type { Tensor } from '../gpu/kernel.ts';
import {
  PARAMETER_WORDS,
  packPlanes,
  packViewParameters,
  planeWords,
  type ViewRecord,
  wholeFilm,
} from '../gpu/kernels/views/viewInput.ts';
import { renderViews, resizeEval } from '../gpu/kernels/views/views.ts';
import type { Runtime } from '../gpu/runtime.ts';
import type { EngineDataset } from '../protocol/dataset.ts';
import type { Batch } from './batchSource.ts';

/** Sizes of all films of the set. */
type Films = Pick<EngineDataset, 'widths' | 'heights'>;

/** The two views of one film at one step; its place in the batch does not matter, its index does. */
export function viewsOf(films: Films, film: number, step: number, config: Config): [ViewRecord, ViewRecord] {
  const [width, height] = [films.widths[film]!, films.heights[film]!];
  return [
    drawView(viewNumbers(config.seed, 1, step, film), 1, width, height, config),
    drawView(viewNumbers(config.seed, 2, step, film), 2, width, height, config),
  ];
}

export class ViewRenderer {
  readonly #runtime: Runtime;
  readonly #films: Films;
  readonly #batch: number;
  readonly #maxSide: number;
  readonly #words: Int32Array;
  readonly #planes: Tensor;
  readonly #params = new Map<number, Tensor>();

  constructor(runtime: Runtime, films: Films, { batchSize }: { batchSize: number }) {
    this.#runtime = runtime;
    this.#films = films;
    this.#batch = batchSize;
    let maxSide = 1;
    let maxWords = 1;
    for (let film = 0; film < films.widths.length; film++) {
      const [width, height] = [films.widths[film]!, films.heights[film]!];
      maxSide = Math.max(maxSide, width, height);
      maxWords = Math.max(maxWords, planeWords(width, height));
    }
    this.#maxSide = maxSide;
    this.#words = new Int32Array(maxWords * batchSize);
    this.#planes = keptZeros([this.#words.length], 'int32');
    runtime.settle(this.#planes);
  }

  /** Both views of a batch, view 1 of every film first: [2N, S, S, 3], normalised. */
  render(batch: Batch, step: number, config: Config): Tensor {
    return this.#renderRecords(batch, this.#recordsOf(batch, step, config), config, true);
  }

  /** The same as grey levels, [2N, S, S, 1]. */
  preview(batch: Batch, step: number, config: Config): Tensor {
    return this.#renderRecords(batch, this.#recordsOf(batch, step, config), config, false);
  }

  /** Whole films squared to the encoder's input size, [N, S, S, 3]; mirrored all, none, or as said of each. */
  evaluation(batch: Batch, imageSize: number, flip: boolean | readonly boolean[]): Tensor {
    const records = Array.from(batch.films, (film, i) => {
      const mirrored = typeof flip === 'boolean' ? flip : flip[i]!;
      return wholeFilm(this.#films.widths[film]!, this.#films.heights[film]!, mirrored);
    });
    const params = this.#upload(batch, records);
    const attrs = { size: imageSize, maxSide: this.#maxSide, normalise: true };
    return resizeEval.one({ planes: this.#planes, params }, attrs);
  }

  dispose(): void {
    this.#planes.dispose();
    for (const params of this.#params.values()) params.dispose();
  }

  #recordsOf(batch: Batch, step: number, config: Config): ViewRecord[] {
    const pairs = Array.from(batch.films, (film) => viewsOf(this.#films, film, step, config));
    return [...pairs.map(([first]) => first), ...pairs.map(([, second]) => second)];
  }

  #renderRecords(batch: Batch, records: readonly ViewRecord[], config: Config, normalise: boolean): Tensor {
    const params = this.#upload(batch, records);
    const size = config.imageSize;
    const blurKernel = blurKernelFor(size);
    const attrs = { size, maxSide: this.#maxSide, blurKernel, normalise, turned: config.rotation > 0 };
    return renderViews.one({ planes: this.#planes, params }, attrs);
  }

  /** Packs the films once; record i shows film i modulo their number. */
  #upload({ films, planes }: Batch, records: readonly ViewRecord[]): Tensor {
    if (films.length > this.#batch) throw new Error(`${films.length} films for a batch of ${this.#batch}`);
    const sizes = (list: Uint16Array) => films.map((film) => list[film]!);
    const packed = packPlanes(planes, sizes(this.#films.widths), sizes(this.#films.heights), this.#words);
    const rows = records.map((view, i) => ({ film: packed.films[i % films.length]!, view }));
    const params = this.#paramsFor(records.length);
    const values = packViewParameters(rows);
    this.#runtime.write(this.#planes, this.#words.subarray(0, packed.usedWords));
    this.#runtime.write(params, values);
    keepOnHost(this.#planes, this.#words);
    keepOnHost(params, values);
    return params;
  }

  #paramsFor(views: number): Tensor {
    let params = this.#params.get(views);
    if (!params) {
      params = keptZeros([views, PARAMETER_WORDS]);
      this.#params.set(views, params);
    }
    return params;
  }
}
