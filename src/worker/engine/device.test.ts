// What a measurement is kept under tells apart whatever may change the times, where names tell nothing.
import { expect, test } from 'vitest';
import { adapterKey } from './device.ts';

const FIREFOX = 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0';

interface Known {
  info?: object;
  limits?: object;
  features?: string[];
  agent?: string;
}

function key({ info = {}, limits = {}, features = ['subgroups'], agent = FIREFOX }: Known): string {
  const unnamed = { vendor: '', architecture: '', device: '', description: '' };
  const opened = {
    info: { ...unnamed, subgroupMinSize: 4, subgroupMaxSize: 128, isFallbackAdapter: false, ...info },
    device: { limits: { maxBufferSize: 2 ** 28, ...limits }, features: new Set(features) },
  };
  return adapterKey(opened as unknown as Parameters<typeof adapterKey>[0], agent);
}

test('adapters without names are told apart, and so are browsers', () => {
  const others: Known[] = [
    {},
    { info: { vendor: 'intel' } },
    { info: { isFallbackAdapter: true } },
    { info: { subgroupMinSize: 8 } },
    { info: { subgroupMaxSize: 32 } },
    { limits: { maxBufferSize: 2 ** 31 } },
    { limits: { maxComputeInvocationsPerWorkgroup: 1024 } },
    { features: [] },
    { agent: FIREFOX.replaceAll('153', '159') },
  ];
  expect(new Set(others.map(key)).size).toBe(others.length);
  expect(key({ features: ['timestamp-query', 'subgroups'] })).toBe(
    key({ features: ['subgroups', 'timestamp-query'] }),
  );
});
