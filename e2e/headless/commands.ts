// The commands of the headless runner, in one table: a command is a file here and a row below.

import { bundle } from './bundle.ts';
import { cache } from './cache.ts';
import { decode } from './decode.ts';
import { evaluation, probe } from './evaluate.ts';
import { exporting } from './export.ts';
import { features } from './features.ts';
import { parity } from './parity.ts';
import { pretrain } from './pretrain.ts';
import { selftest } from './selftest.ts';
import { soak } from './soak.ts';
import { study } from './study.ts';

export interface Command {
  /** How it is called, without the program's name. */
  readonly usage: string;
  readonly summary: string;
  /** Reads its own arguments and does the work; throws UsageError or AppError. */
  run(argv: readonly string[]): Promise<void>;
}

export const COMMANDS: Readonly<Record<string, Command>> = {
  pretrain,
  evaluate: evaluation,
  probe,
  study,
  features,
  bundle,
  export: exporting,
  decode,
  parity,
  selftest,
  soak,
  cache,
};
