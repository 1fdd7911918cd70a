// Every browser is told from the others by its user agent string, and its hints name its own pages and no other's.
import { expect, test } from 'vitest';
import { BROWSERS, type BrowserName, browserOf, hintIn } from './browsers.ts';
import { AppError, ERROR_TABLE } from './errors.ts';

const AGENTS: readonly [BrowserName | null, string][] = [
  [
    'chrome',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36',
  ],
  [
    'edge',
    'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0',
  ],
  ['firefox', 'Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0'],
  [
    'safari',
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Safari/605.1.15',
  ],
  [
    'safari',
    'Mozilla/5.0 (iPad; CPU OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1',
  ],
  [null, 'Node.js/22'],
  [null, ''],
];

test.each(AGENTS)('%s is known by its user agent: %s', (name, agent) => {
  expect(browserOf(agent)).toBe(name);
});

test('a hint names the own pages of its browser only', () => {
  const pages: Record<BrowserName, RegExp> = {
    firefox: /(chrome|edge):\/\//,
    edge: /chrome:\/\/|about:/,
    chrome: /edge:\/\/|about:/,
    safari: /:\/\/|about:/,
  };
  for (const [name, { hints }] of Object.entries(BROWSERS)) {
    for (const hint of Object.values(hints)) expect(hint).not.toMatch(pages[name as BrowserName]);
  }
  for (const { hint } of Object.values(ERROR_TABLE)) expect(hint).not.toMatch(/:\/\/|about:/);
});

test('an error carries the hint of the browser it is shown in', () => {
  const had = Object.getOwnPropertyDescriptor(globalThis, 'navigator');
  try {
    for (const [name, userAgent] of AGENTS) {
      Object.defineProperty(globalThis, 'navigator', { value: { userAgent }, configurable: true });
      const { hint } = new AppError('webgpu-missing');
      expect(hint).toBe(name ? BROWSERS[name].hints['webgpu-missing'] : ERROR_TABLE['webgpu-missing'].hint);
      expect(new AppError('image-corrupt').hint).toBe(ERROR_TABLE['image-corrupt'].hint);
    }
  } finally {
    if (had) Object.defineProperty(globalThis, 'navigator', had);
    else Reflect.deleteProperty(globalThis, 'navigator');
  }
  expect(hintIn(AGENTS[0]![1], 'toString')).toBeNull();
});
