// The kernels by name, as a person calls them: one table over all folders, which page and engine read alike.

import { LABELS as barlow } from './barlow/labels.ts';
import { LABELS as bottleneck } from './bottleneck/labels.ts';
import { LABELS as contrastive } from './contrastive/labels.ts';
import { LABELS as conv } from './conv/labels.ts';
import { LABELS as crossEntropy } from './crossEntropy/labels.ts';
import { LABELS as dense } from './dense/labels.ts';
import { LABELS as half } from './half/labels.ts';
import { LABELS as loss } from './loss/labels.ts';
import { LABELS as norm } from './norm/labels.ts';
import { LABELS as optimiser } from './optimiser/labels.ts';
import { LABELS as places } from './places/labels.ts';
import { LABELS as pool } from './pool/labels.ts';
import { LABELS as views } from './views/labels.ts';

export const KERNEL_LABELS = {
  ...conv,
  ...norm,
  ...pool,
  ...bottleneck,
  ...dense,
  ...half,
  ...loss,
  ...barlow,
  ...contrastive,
  ...places,
  ...crossEntropy,
  ...optimiser,
  ...views,
} as const;

export type KernelName = keyof typeof KERNEL_LABELS;
