// The encoder of a run as one ONNX model: grey films of any size go in, all of one size, and the pooled features and the maps of
// the five levels come out; where a linear layer was fitted on the features, its scores as well. What the playground does to a
// film before the encoder sees it is part of the graph, in double precision because it counts in whole numbers: shrinking to
// the stored size (data/resize.ts), the triangle filter to the side of the encoder's input with rounding after either axis
// (gpu/kernels/views/viewsReference.ts), normalising. Reading a file, a window or an inverted film is not: a film is the grey
// levels that the playground shows.

import type { ScoreLayer } from '../protocol/engine.ts';
import { AppError } from '../util/errors.ts';
import type { Safetensors, StoredTensor } from '../util/safetensors.ts';
import { OnnxGraph, type OnnxValue } from './onnx.ts';

const PREFIX = 'encoder';
const EPSILON = 1e-5;
const MEAN = [0.485, 0.456, 0.406];
const DEVIATION = [0.229, 0.224, 0.225];
/** Weights of the triangle filter are counted in units of 2^-22. */
const ONE = 2 ** 22;

/** What is asked of a checkpoint: tensors under PyTorch's names and in its layouts, and the sizes of its settings. */
interface Encoder {
  readonly tensors: Safetensors['tensors'];
  readonly imageSize: number;
  readonly planeSize: number;
}

/**
 * @param checkpoint as the playground writes it; the optimiser's state is left out. @param facts texts for the model's metadata
 * @throws AppError checkpoint-invalid where it lacks a tensor of the encoder
 */
export function encoderOnnx(
  { tensors, imageSize, planeSize }: Encoder,
  layer: ScoreLayer | null = null,
  facts: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const graph = new OnnxGraph();
  const network = new EncoderGraph(graph, tensors);
  const images = preprocess(graph, imageSize, planeSize);
  const { levels, features } = network.encode(images, network.attends, '');
  const output = (name: string, ...shape: number[]): OnnxValue => ({
    name,
    kind: 'float32',
    shape: ['films', ...shape],
  });
  const outputs = [
    output('features', 8 * network.width),
    ...levels.map(({ channels }, i) => {
      const side = sideOf(imageSize, i + 1);
      return output(`level${i + 1}`, channels, side, side);
    }),
  ];
  if (layer) {
    // A layer that was fitted on plain features sees the film without the bottlenecks.
    const plain = network.attends && !layer.attended;
    const seen = plain ? network.encode(images, false, 'plain ').features : features;
    const [count, width] = [layer.findings.length, 8 * network.width];
    const weight = graph.constant('scores.weight', [count, width], Float32Array.from(layer.weight));
    const bias = graph.constant('scores.bias', [count], Float32Array.from(layer.bias));
    const logits = graph.node('Gemm', [seen, weight, bias], { transB: 1, as: 'logits' });
    graph.node('Sigmoid', [logits], { as: 'scores' });
    outputs.push(output('logits', count), output('scores', count));
  }
  return graph.file({
    name: 'encoder',
    words:
      'Grey films, 0 is black, to pooled features and the maps of the five levels. For research and teaching; not a medical device.',
    inputs: [{ name: 'films', kind: 'uint8', shape: ['films', 'height', 'width'] }],
    outputs,
    facts: { ...facts, ...(layer && { findings: JSON.stringify(layer.findings) }) },
  });
}

/** Each level halves the one before, rounding up. */
const sideOf = (side: number, times: number): number =>
  times === 0 ? side : sideOf(Math.ceil(side / 2), times - 1);

/** Films, uint8 [N, H, W], as the encoder sees them, float [N, 3, S, S]. */
function preprocess(graph: OnnxGraph, side: number, longest: number): string {
  const { node, double } = { node: graph.node.bind(graph), double: graph.double };
  const films = node('Cast', ['films'], { to: { to: 'float64' } });
  const shape = node('Shape', ['films']);
  const [height, width] = [1, 2].map((axis) => {
    const index = graph.constant(`axis ${axis}`, [], BigInt64Array.of(BigInt(axis)));
    return node('Cast', [node('Gather', [shape, index])], { to: { to: 'float64' } });
  }) as [string, string];
  const rounded = (x: string) => node('Floor', [node('Add', [x, double(0.5)])]);
  const factor = node('Min', [double(1), node('Div', [double(longest), node('Max', [height, width])])]);
  const [low, narrow] = [height, width].map((from) =>
    node('Max', [double(1), rounded(node('Mul', [from, factor]))]),
  ) as [string, string];
  const across = (weights: string, x: string) => node('MatMul', [x, node('Transpose', [weights])]);
  const [rows, columns] = [cover(graph, height, low), cover(graph, width, narrow)];
  const plane = rounded(node('MatMul', [rows, across(columns, films)]));
  const counted = (sum: string) =>
    node('Floor', [node('Div', [node('Add', [sum, double(ONE / 2)]), double(ONE)])]);
  const cut = counted(across(triangle(graph, narrow, side), plane));
  const square = counted(node('MatMul', [triangle(graph, low, side), cut]));
  const grey = node('Unsqueeze', [node('Cast', [square], { to: { to: 'float32' } }), graph.whole(1)]);
  const colours = (name: string, values: number[]) =>
    graph.constant(name, [1, 3, 1, 1], Float32Array.from(values));
  const scale = DEVIATION.map((deviation) => 1 / (255 * deviation));
  const shift = MEAN.map((mean, c) => mean / DEVIATION[c]!);
  return node('Sub', [node('Mul', [grey, colours('scale', scale)]), colours('shift', shift)]);
}

/** 0, 1, ... below a number, as a row or as a column. */
function counting(graph: OnnxGraph, end: string, as: 'row' | 'column'): string {
  const range = graph.node('Range', [graph.double(0), end, graph.double(1)]);
  return graph.node('Unsqueeze', [range, graph.whole(as === 'row' ? 0 : 1)]);
}

/** The share of each old pixel in each new one, [after, before]. */
function cover(graph: OnnxGraph, before: string, after: string): string {
  const { node, double } = { node: graph.node.bind(graph), double: graph.double };
  const step = node('Div', [before, after]);
  const start = node('Mul', [counting(graph, after, 'column'), step]);
  const end = node('Min', [node('Add', [start, step]), before]);
  const pixel = counting(graph, before, 'row');
  const shared = node('Sub', [
    node('Min', [node('Add', [pixel, double(1)]), end]),
    node('Max', [pixel, start]),
  ]);
  return node('Div', [node('Max', [shared, double(0)]), node('Sub', [end, start])]);
}

/** The weights of the triangle filter from so many pixels to `side`, [side, from], in whole units. */
function triangle(graph: OnnxGraph, from: string, side: number): string {
  const { node, double } = { node: graph.node.bind(graph), double: graph.double };
  const scale = node('Div', [from, double(side)]);
  const reach = node('Max', [scale, double(1)]);
  const centre = node('Mul', [node('Add', [counting(graph, double(side), 'column'), double(0.5)]), scale]);
  const apart = node('Add', [node('Sub', [counting(graph, from, 'row'), centre]), double(0.5)]);
  const height = node('Sub', [double(1), node('Abs', [node('Div', [apart, reach])])]);
  const raw = node('Max', [height, double(0)]);
  const share = node('Div', [raw, node('ReduceSum', [raw, graph.whole(1)], { keepdims: 1 })]);
  return node('Floor', [node('Add', [node('Mul', [share, double(ONE)]), double(0.5)])]);
}

interface Level {
  readonly map: string;
  readonly channels: number;
}

/** The ResNet-18 of the run and its context bottlenecks, from the names of its tensors. */
class EncoderGraph {
  readonly #graph: OnnxGraph;
  readonly #tensors: Safetensors['tensors'];
  readonly width: number;
  /** Whether it has context bottlenecks. */
  readonly attends: boolean;

  constructor(graph: OnnxGraph, tensors: Safetensors['tensors']) {
    this.#graph = graph;
    this.#tensors = tensors;
    this.attends = tensors.has(`${PREFIX}.cbt1.cam.fc.0.weight`);
    this.width = this.#tensor(`${PREFIX}.encoder.0.weight`).shape[0]!;
  }

  /** @param before put in front of the names of outputs */
  encode(
    images: string,
    attended: boolean,
    before: string,
  ): { readonly levels: readonly Level[]; readonly features: string } {
    const attend = (level: number, map: string): string => {
      const as = `${before}level${level}`;
      return attended
        ? this.#bottleneck(`${PREFIX}.cbt${level}`, map, as)
        : this.#node('Identity', [map], { as });
    };
    const stem = this.#norm(`${PREFIX}.encoder.1`, this.#conv(`${PREFIX}.encoder.0.weight`, images, 2));
    const widths = [1, 1, 2, 4, 8].map((times) => times * this.width);
    const levels = [{ map: attend(1, this.#node('Relu', [stem])), channels: widths[0]! }];
    for (let level = 2; level <= 5; level++) {
      const below = levels.at(-1)!.map;
      const pool = { kernel_shape: [3, 3], strides: [2, 2], pads: [1, 1, 1, 1] };
      const input = level === 2 ? this.#node('MaxPool', [below], pool) : below;
      const name = `${PREFIX}.encoder.${level + 2}`;
      const map = this.#block(`${name}.1`, this.#block(`${name}.0`, input, level === 2 ? 1 : 2), 1);
      levels.push({ map: attend(level, map), channels: widths[level - 1]! });
    }
    const as = `${before}features`;
    const features = this.#node('ReduceMean', [levels.at(-1)!.map], { axes: [2, 3], keepdims: 0, as });
    return { levels, features };
  }

  readonly #node: OnnxGraph['node'] = (...given) => this.#graph.node(...given);

  #tensor(name: string): StoredTensor {
    const found = this.#tensors.get(name);
    if (!found) throw new AppError('checkpoint-invalid', `it lacks ${name}.`);
    return found;
  }

  #weight(name: string): string {
    const { shape, data } = this.#tensor(name);
    const values = data instanceof Float32Array ? data : Float32Array.from(data as ArrayLike<number>, Number);
    return this.#graph.constant(name, shape, values);
  }

  /** Padded so that a stride of one keeps the size. */
  #conv(name: string, x: string, stride: number): string {
    const [, , kernel] = this.#tensor(name).shape as [number, number, number];
    const pad = (kernel - 1) / 2;
    const sizes = { kernel_shape: [kernel, kernel], strides: [stride, stride], pads: [pad, pad, pad, pad] };
    return this.#node('Conv', [x, this.#weight(name)], sizes);
  }

  #norm(name: string, x: string): string {
    const parts = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
      this.#weight(`${name}.${part}`),
    );
    return this.#node('BatchNormalization', [x, ...parts], { epsilon: { float: EPSILON } });
  }

  #block(name: string, x: string, stride: number): string {
    const first = this.#norm(`${name}.bn1`, this.#conv(`${name}.conv1.weight`, x, stride));
    const conv = this.#conv(`${name}.conv2.weight`, this.#node('Relu', [first]), 1);
    const second = this.#norm(`${name}.bn2`, conv);
    const shortcut =
      stride === 1
        ? x
        : this.#norm(`${name}.downsample.1`, this.#conv(`${name}.downsample.0.weight`, x, stride));
    return this.#node('Relu', [this.#node('Add', [second, shortcut])]);
  }

  /** Channel gate, then spatial gate. */
  #bottleneck(name: string, x: string, as: string): string {
    const excited = (pooled: string) => {
      const hidden = this.#node('Relu', [this.#conv(`${name}.cam.fc.0.weight`, pooled, 1)]);
      return this.#conv(`${name}.cam.fc.2.weight`, hidden, 1);
    };
    const both = ['GlobalAveragePool', 'GlobalMaxPool'].map((pool) => excited(this.#node(pool, [x])));
    const y = this.#node('Mul', [this.#node('Sigmoid', [this.#node('Add', both)]), x]);
    const over = ['ReduceMean', 'ReduceMax'].map((reduce) =>
      this.#node(reduce, [y], { axes: [1], keepdims: 1 }),
    );
    const places = this.#node('Concat', over, { axis: 1 });
    const gate = this.#node('Sigmoid', [this.#conv(`${name}.sam.conv1.weight`, places, 1)]);
    return this.#node('Mul', [gate, y], { as });
  }
}
