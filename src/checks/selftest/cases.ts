// The cases of the self-test, one table over all kernels: small shapes, made so that every variant of a kernel's program
// runs once (channels that vectors divide and that they do not, odd sizes, both strides). Data are generated.

import type { CaseTable } from './case.ts';
import { LAYER_CASES } from './casesLayers.ts';
import { MAP_CASES } from './casesMaps.ts';
import { METHOD_CASES } from './casesMethod.ts';

/** Does not compile until every kernel has a case. */
export const CASES = { ...MAP_CASES, ...LAYER_CASES, ...METHOD_CASES } satisfies CaseTable;
