// Whether films may be taken: the page's protection, the copy for use without a network, and a newer version that waits.
// Every way in for files asks here; the intake worker asks again for itself.

import { create } from 'zustand';
import { type Offline, watchOffline } from '../../guard/offline.ts';
import { type Protection, protect } from '../../guard/protection.ts';

export { takeUpdate } from '../../guard/offline.ts';

import { AppError } from '../../util/errors.ts';

interface ProtectionState {
  readonly protection: Protection;
  readonly offline: Offline;
}

export const useProtection = create<ProtectionState>()(() => ({
  protection: { state: 'checking' },
  offline: { copy: 'unavailable', update: false },
}));

/** Resolves once it is settled whether the page is protected; does not return where the page reloads instead. */
export async function startProtection(): Promise<void> {
  const { state } = await protect((protection) => useProtection.setState({ protection }));
  const tell = (offline: Offline) => useProtection.setState({ offline });
  if (state === 'active' && !import.meta.env.DEV) void watchOffline(tell);
}

/** Why no film is taken now, as a sentence; null when they are. */
export function whyNotProtected(protection: Protection): string | null {
  if (protection.state === 'active') return null;
  if (protection.state === 'refused') return `This page is not protected: ${protection.reason}`;
  return 'Protection is being set up; the page loads once more.';
}

export const useWhyNotProtected = (): string | null =>
  useProtection(({ protection }) => whyNotProtected(protection));

/** @throws AppError not-protected */
export function requireProtectedPage(): void {
  const { protection } = useProtection.getState();
  if (protection.state === 'active') return;
  const reason = protection.state === 'refused' ? protection.reason : 'protection is still being set up.';
  throw new AppError('not-protected', reason);
}
