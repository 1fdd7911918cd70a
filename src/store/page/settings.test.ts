// A link to the settings carries nothing of the address it was copied from.

import { afterEach, expect, it, vi } from 'vitest';
import { setDraft, shareAddress } from './settings.ts';

afterEach(() => vi.unstubAllGlobals());

it('leaves out what the address held besides the path', () => {
  vi.stubGlobal('location', new URL('https://host.example/app/?patient=doe&fake#folder=ward-7'));
  setDraft('seed', 77);
  const address = new URL(shareAddress());
  expect(address.origin + address.pathname).toBe('https://host.example/app/');
  expect(address.search).toBe('');
  expect(address.hash).toMatch(/^#preset=\w+&seed=77/);
  expect(address.href).not.toMatch(/doe|ward/);
});
