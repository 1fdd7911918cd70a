// The cache of decoded films as the page shows it: its size, what the browser grants, and erasing it. Asking the browser not
// to clear it on its own happens here too, because only a page can.

import { create } from 'zustand';
import type { CacheState } from '../../protocol/cache.ts';
import { currentClient } from '../client.ts';

interface CacheView {
  /** Null until first asked. */
  readonly state: CacheState | null;
  readonly erasing: boolean;
}

export const useCache = create<CacheView>()(() => ({ state: null, erasing: false }));

export async function refreshCache(): Promise<void> {
  const state = await currentClient()
    .intake.cacheState()
    .catch(() => null);
  if (state) useCache.setState({ state });
}

/** Asks once per visit, when films of the person's own are read for the first time. Chrome decides without a question. */
let asked = false;
export function askToPersist(): void {
  if (asked) return;
  asked = true;
  void globalThis.navigator?.storage?.persist?.().catch(() => false);
}

/** @throws AppError not-ready while another tab writes */
export async function eraseFilms(): Promise<CacheState> {
  useCache.setState({ erasing: true });
  try {
    const state = await currentClient().intake.eraseCache();
    useCache.setState({ state });
    return state;
  } finally {
    useCache.setState({ erasing: false });
  }
}
