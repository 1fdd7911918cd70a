// The engine parts of the methods: one line each, beside that of the record in records.ts. The page never imports this.

import type { Config } from '../config/schema.ts';
import type { NetworkSpec } from '../nn/parameters.ts';
import { barlowEngine } from './barlow/engine.ts';
import { byolEngine } from './byol/engine.ts';
import type { MethodEngine } from './engine.ts';
import { mlvicxEngine } from './mlvicx/engine.ts';
import { mocoEngine } from './moco/engine.ts';
import type { MethodName } from './records.ts';
import { simclrEngine } from './simclr/engine.ts';
import { simsiamEngine } from './simsiam/engine.ts';
import { supervisedEngine } from './supervised/engine.ts';
import { vicregEngine } from './vicreg/engine.ts';
import { vicreglEngine } from './vicregl/engine.ts';

export const ENGINES: Readonly<Record<MethodName, MethodEngine>> = {
  mlvicx: mlvicxEngine,
  vicreg: vicregEngine,
  barlow: barlowEngine,
  simclr: simclrEngine,
  simsiam: simsiamEngine,
  byol: byolEngine,
  moco: mocoEngine,
  vicregl: vicreglEngine,
  supervised: supervisedEngine,
};

export const engineOf = ({ method }: Pick<Config, 'method'>): MethodEngine => ENGINES[method];

/** Every parameter and buffer of a run under this configuration. */
export const networkOf = (config: Config): NetworkSpec => engineOf(config).network(config);
