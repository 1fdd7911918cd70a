// What TypeScript is told of axe.mjs.

import type { Page } from 'playwright';

export function graveFindings(page: Page, coloursOnly: boolean): Promise<string[]>;
