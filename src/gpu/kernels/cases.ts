// The cases of the self-test, one table over all kernels: small shapes, made so that every variant of a kernel's program
// runs once (channels that vectors divide and that they do not, odd sizes, both strides). Data are generated.

import { CASES as barlow } from './barlow/cases.ts';
import { CASES as bottleneck } from './bottleneck/cases.ts';
import { CASES as contrastive } from './contrastive/cases.ts';
import { CASES as conv } from './conv/cases.ts';
import { CASES as crossEntropy } from './crossEntropy/cases.ts';
import { CASES as dense } from './dense/cases.ts';
import { CASES as half } from './half/cases.ts';
import { CASES as loss } from './loss/cases.ts';
import { CASES as masks } from './masks/cases.ts';
import { CASES as norm } from './norm/cases.ts';
import { CASES as optimiser } from './optimiser/cases.ts';
import type { CaseTable } from './parts/case.ts';
import { CASES as places } from './places/cases.ts';
import { CASES as pool } from './pool/cases.ts';
import { CASES as views } from './views/cases.ts';

/** Does not compile until every kernel has a case. */
export const CASES: CaseTable = {
  ...barlow,
  ...bottleneck,
  ...contrastive,
  ...conv,
  ...dense,
  ...half,
  ...loss,
  ...norm,
  ...optimiser,
  ...places,
  ...crossEntropy,
  ...masks,
  ...pool,
  ...views,
};
