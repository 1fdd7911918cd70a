// Drops a folder of this machine on a page, as a person does from the file manager: the page gets a handle that it may read,
// which the folder picker, out of reach of any script, would give as well.

import path from 'node:path';
import type { Page } from 'playwright';

/** @param at point of the page, px */
export async function dropFolder(page: Page, folder: string, at = { x: 8, y: 8 }): Promise<void> {
  const protocol = await page.context().newCDPSession(page);
  const data = { items: [], files: [path.resolve(folder)], dragOperationsMask: 1 };
  for (const type of ['dragEnter', 'dragOver', 'drop'] as const) {
    await protocol.send('Input.dispatchDragEvent', { type, ...at, data });
  }
  await protocol.detach();
}
