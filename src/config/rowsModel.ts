// The rows of the images and of the encoder, which every method shares. What a row must say is in fields.ts, the whole table
// in schema.ts; heads and losses are rows of the methods.

import { type Field, number } from './fields.ts';

export const MODEL_ROWS = {
  imageSize: number({
    group: 'data',
    when: 'start',
    default: 224,
    min: 32,
    max: 512,
    integer: true,
    scale: 'log',
    unit: 'px',
    label: 'Image size',
    short: 'px',
    help: 'Side of the square views that the encoder sees. Time and memory grow with its square.',
    source: 'section IV-B',
  }),
  planeSize: number({
    group: 'data',
    when: 'start',
    default: 512,
    min: 64,
    max: 2048,
    integer: true,
    scale: 'log',
    unit: 'px',
    label: 'Stored size',
    short: 'plane',
    help: 'Longest side at which decoded films are kept; crops are cut from it. Larger keeps finer detail for small crops.',
    source: 'ours',
  }),
  width: number({
    group: 'model',
    when: 'start',
    default: 64,
    min: 4,
    max: 128,
    integer: true,
    scale: 'log',
    unit: 'channels',
    label: 'Encoder width',
    short: 'w',
    help: 'Channels of the stem and first stage; later stages double three times. 64 is ResNet-18.',
    source: 'section III-A',
  }),
} as const satisfies Record<string, Field>;
