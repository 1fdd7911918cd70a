// The methods by name: one line each. A record is complete or does not compile; what it says of its settings goes into the
// one table of settings (config/schema.ts), its terms into the metrics (protocol/metrics.ts). The line of a method's
// engine part stands in engines.ts.

import type { Field } from '../config/fields.ts';
import { BARLOW } from './barlow/record.ts';
import { BYOL } from './byol/record.ts';
import { MLVICX } from './mlvicx/record.ts';
import { MOCO } from './moco/record.ts';
import type { MethodRecord } from './record/method.ts';
import { SIMCLR } from './simclr/record.ts';
import { SIMSIAM } from './simsiam/record.ts';
import { SUPERVISED } from './supervised/record.ts';
import { VICREG } from './vicreg/record.ts';
import { VICREGL } from './vicregl/record.ts';

export const METHODS = {
  mlvicx: MLVICX,
  vicreg: VICREG,
  barlow: BARLOW,
  simclr: SIMCLR,
  simsiam: SIMSIAM,
  byol: BYOL,
  moco: MOCO,
  vicregl: VICREGL,
  supervised: SUPERVISED,
} as const satisfies Record<string, MethodRecord>;

export type MethodName = keyof typeof METHODS;
export const METHOD_NAMES = Object.keys(METHODS) as MethodName[];

/** The record of a method as those read it who treat all alike. */
export const methodOf = ({ method }: { readonly method: MethodName }): MethodRecord => METHODS[method];

type Together<U> = (U extends unknown ? (one: U) => void : never) extends (all: infer I) => void ? I : never;

/** Which method pretrains: the row that the others depend on. */
export const METHOD_ROW = {
  method: {
    kind: 'choice',
    group: 'model',
    when: 'start',
    default: 'mlvicx',
    choices: Object.fromEntries(METHOD_NAMES.map((name) => [name, METHODS[name].label])) as {
      readonly [K in MethodName]: string;
    },
    notes: Object.fromEntries(
      METHOD_NAMES.map((name) => [name, `${METHODS[name].words} Source: ${METHODS[name].source}.`]),
    ),
    label: 'Method',
    short: 'method',
    help: 'How the encoder is pretrained. Encoder, films, views and schedule are the same for all of them.',
    source: 'ours',
  },
} as const satisfies Record<string, Field>;

/** The rows of all methods. */
export const METHOD_ROWS: Together<(typeof METHODS)[MethodName]['rows']> = Object.assign(
  {},
  ...METHOD_NAMES.map((name) => METHODS[name].rows),
);

/** Whether a setting means something to a method: every one does that is not the row of other methods alone. */
export const belongsTo = (key: string, method: MethodName): boolean =>
  !Object.hasOwn(METHOD_ROWS, key) || Object.hasOwn(METHODS[method].rows, key);
