// The fault matrix in the order in which its tests share pages and devices, and as the table of docs/reliability.md, which
// holds the same rows (faultRows.test.ts).

import type { FaultRow } from './faultRow.ts';
import { DEVICE } from './faultRowsDevice.ts';
import { ENDINGS } from './faultRowsEnd.ts';
import { NUMBERS, STORAGE } from './faultRowsRun.ts';

const [early, middle, changed, paused, killed, torn] = DEVICE as [FaultRow, ...FaultRow[]];
const [throws, dies, hangs, thrice, invalid, ...pages] = ENDINGS as [FaultRow, ...FaultRow[]];

export const FAULT_ROWS = [
  ...STORAGE,
  ...NUMBERS,
  ...[early, middle, thrice, killed, paused, throws, changed, torn, dies, hangs, invalid],
  ...pages,
] as readonly FaultRow[];

/** The rows as the table of docs/reliability.md. */
export function faultTable(): string {
  const lines = FAULT_ROWS.map(
    ({ fault, sees, lost, equal }, i) => `| ${i + 1} | ${fault} | ${sees} | ${lost} | ${equal} |`,
  );
  return ['| | fault | what you see | steps lost | curves equal |', '|---|---|---|---|---|', ...lines].join(
    '\n',
  );
}
