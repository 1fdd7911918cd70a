// Models in ONNX, written by hand: the messages of onnx/onnx.proto3 that a frozen network takes, at opset 17 and IR version 8,
// which onnx 1.12 and every runtime since can read, with all weights inside the file. What a network is made of is for its own
// writer to say (encoderOnnx.ts); here it is nodes, constants, inputs and outputs by name.

import { bytesField, floatField, joinBytes, uintField } from '../util/protobuf.ts';

const OPSET = 17;
const IR_VERSION = 8;

/** onnx.TensorProto.DataType */
const KINDS = { float32: 1, uint8: 2, int64: 7, float64: 11 } as const;
type Kind = keyof typeof KINDS;

type Attribute = number | readonly number[] | { readonly to: Kind } | { readonly float: number };

/** A size by number, or by name where it is open. */
type Size = number | string;

export interface OnnxValue {
  readonly name: string;
  readonly kind: Kind;
  readonly shape: readonly Size[];
}

const bytesOf = (data: Float32Array | Float64Array | BigInt64Array) =>
  new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

function attributeField(name: string, value: Attribute): Uint8Array {
  const [INT, INTS, FLOAT] = [2, 7, 1];
  const named = bytesField(1, name);
  if (typeof value === 'number') return joinBytes([named, uintField(3, value), uintField(20, INT)]);
  if ('to' in value) return joinBytes([named, uintField(3, KINDS[value.to]), uintField(20, INT)]);
  if ('float' in value) return joinBytes([named, floatField(2, value.float), uintField(20, FLOAT)]);
  return joinBytes([named, ...value.map((one) => uintField(8, one)), uintField(20, INTS)]);
}

function valueField(field: number, { name, kind, shape }: OnnxValue): Uint8Array {
  const sizes = shape.map((size) =>
    bytesField(1, typeof size === 'number' ? uintField(1, size) : bytesField(2, size)),
  );
  const tensor = joinBytes([uintField(1, KINDS[kind]), bytesField(2, ...sizes)]);
  return bytesField(field, bytesField(1, name), bytesField(2, bytesField(1, tensor)));
}

export class OnnxGraph {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants = new Map<string, Uint8Array>();
  #made = 0;

  /** Adds an operation with one result. @returns the result's name, `as` where one is given */
  node(
    type: string,
    inputs: readonly string[],
    { as, ...attributes }: { readonly as?: string } & Readonly<Record<string, Attribute | string>> = {},
  ): string {
    const output = as ?? `${type.toLowerCase()}${this.#made++}`;
    this.#nodes.push(
      joinBytes([
        ...inputs.map((name) => bytesField(1, name)),
        bytesField(2, output),
        bytesField(3, `make ${output}`),
        bytesField(4, type),
        ...Object.entries(attributes).map(([name, value]) =>
          bytesField(5, attributeField(name, value as Attribute)),
        ),
      ]),
    );
    return output;
  }

  /** Adds numbers that are part of the model. @returns their name; one that is there already is not stored again */
  constant(
    name: string,
    shape: readonly number[],
    data: Float32Array | Float64Array | BigInt64Array,
  ): string {
    if (!this.#constants.has(name)) {
      const kind =
        data instanceof Float32Array ? 'float32' : data instanceof Float64Array ? 'float64' : 'int64';
      const sizes = shape.map((size) => uintField(1, size));
      this.#constants.set(
        name,
        joinBytes([...sizes, uintField(2, KINDS[kind]), bytesField(8, name), bytesField(9, bytesOf(data))]),
      );
    }
    return name;
  }

  /** A whole number or several, for sizes and axes. */
  readonly whole = (...values: readonly number[]): string =>
    this.constant(`int ${values.join(' ')}`, [values.length], BigInt64Array.from(values, BigInt));

  /** One number in double precision. */
  readonly double = (value: number): string => this.constant(`double ${value}`, [], Float64Array.of(value));

  /** The model as a file. `facts` are texts by key, for metadata_props. */
  file(about: {
    readonly name: string;
    readonly words: string;
    readonly inputs: readonly OnnxValue[];
    readonly outputs: readonly OnnxValue[];
    readonly facts: Readonly<Record<string, string>>;
  }): Uint8Array<ArrayBuffer> {
    const graph = [
      ...this.#nodes.map((node) => bytesField(1, node)),
      bytesField(2, about.name),
      ...[...this.#constants.values()].map((tensor) => bytesField(5, tensor)),
      ...about.inputs.map((value) => valueField(11, value)),
      ...about.outputs.map((value) => valueField(12, value)),
    ];
    return joinBytes([
      uintField(1, IR_VERSION),
      bytesField(2, 'mlvicx-playground'),
      bytesField(6, about.words),
      bytesField(7, ...graph),
      bytesField(8, uintField(2, OPSET)),
      ...Object.entries(about.facts).map(([key, value]) =>
        bytesField(14, bytesField(1, key), bytesField(2, value)),
      ),
    ]);
  }
}
