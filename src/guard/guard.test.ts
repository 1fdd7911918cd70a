// The guard's pure parts: the table of headers, what the service worker does with a request, the rows of the list. And
// two rules that no linter knows: nothing outside names a way out, and the app is made of its own files alone.

import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { decide } from './decide.ts';
import { developmentHeaders, HEADERS, holdsOurPolicy, POLICY } from './headers.ts';
import { readAddress, rowOfEntry } from './requestRows.ts';

const HOME = 'https://host.example/app/';
const ask = (url: string, method = 'GET') =>
  decide({ url, method, mode: 'cors', destination: '' } as Request, HOME);

describe('headers', () => {
  it('allow this origin and nothing else', () => {
    const sources = POLICY.split('; ').flatMap((part) => part.split(' ').slice(1));
    expect(
      sources.filter(
        (source) => !/^('none'|'self'|'wasm-unsafe-eval'|'unsafe-inline'|blob:|data:)$/.test(source),
      ),
    ).toEqual([]);
    expect(POLICY).toMatch(/connect-src 'self'(;|$)/);
    expect(POLICY).toMatch(/script-src 'self' 'wasm-unsafe-eval'(;|$)/);
    expect(HEADERS['Connection-Allowlist']).toBe('(response-origin)');
  });

  it('are those that docs/hosting.md gives to nginx, for the app and for its assets', () => {
    const text = readFileSync(path.join(import.meta.dirname, '../../docs/hosting.md'), 'utf8');
    const lines = [...text.matchAll(/add_header ([\w-]+) "([^"]*)" always;/g)];
    const given = lines
      .filter(([, name]) => name !== 'Cache-Control')
      .map(([, name, value]) => [name, value]);
    expect(given).toEqual([...Object.entries(HEADERS), ...Object.entries(HEADERS)]);
  });

  it('are told from a policy that leaves a way open', () => {
    expect(holdsOurPolicy(POLICY)).toBe(true);
    expect(holdsOurPolicy(developmentHeaders()['Content-Security-Policy']!)).toBe(true);
    expect(holdsOurPolicy(POLICY.replace("connect-src 'self'", "connect-src 'self' https:"))).toBe(false);
    expect(holdsOurPolicy(POLICY.replace("form-action 'none'; ", ''))).toBe(false);
    expect(holdsOurPolicy("default-src 'self'")).toBe(false);
  });
});

describe('the service worker', () => {
  it.each([
    ['https://evil.example/app/x.js', 'fetch', 'cors'],
    ['http://host.example/app/x.js', 'fetch', 'cors'],
    ['https://host.example:8443/app/x.js', 'fetch', 'cors'],
  ])('refuses %s', (url) => expect(ask(url)).toEqual({ kind: 'refuse', why: 'cors' }));

  it('refuses to send anything to its own server', () => {
    expect(ask(`${HOME}x`, 'POST')).toEqual({ kind: 'refuse', why: 'POST request' });
    expect(ask(`${HOME}x`, 'PUT').kind).toBe('refuse');
  });

  it('finds the page whatever its query says', () => {
    for (const address of ['', '?fake', '#preset=demo', 'index.html?x=1']) {
      expect(ask(HOME + address)).toEqual({ kind: 'own', address: new URL('index.html', HOME) });
    }
  });

  it('lets no address of another origin through', () => {
    fc.assert(
      fc.property(
        fc.webUrl({ withQueryParameters: true }),
        fc.constantFrom('GET', 'HEAD', 'POST'),
        (url, method) => {
          const own = new URL(url).origin === new URL(HOME).origin;
          expect(ask(url, method).kind).toBe(own && method !== 'POST' ? 'own' : 'refuse');
        },
      ),
    );
  });
});

describe('rows', () => {
  const entry = (name: string, more: object = {}) =>
    ({
      name,
      startTime: 5,
      initiatorType: 'fetch',
      transferSize: 300,
      workerStart: 0,
      ...more,
    }) as PerformanceResourceTiming;
  const origin = 'https://host.example';

  it('count a query as sent, and everything of a foreign address', () => {
    expect(readAddress('/app/x?name=doe', origin)).toEqual({ own: true, sent: 8, shown: '/app/x?name=doe' });
    expect(readAddress('blob:https://host.example/1', origin)).toMatchObject({ own: true, sent: 0 });
    expect(readAddress('https://evil.example/a', origin)).toMatchObject({ own: false, sent: 22 });
  });

  it('tell the server from copies in the browser, and both from strangers', () => {
    const outcome = (name: string, more?: object) => rowOfEntry(entry(name, more), 'engine', origin).outcome;
    expect(outcome('https://host.example/a')).toBe('server');
    expect(outcome('https://host.example/a', { transferSize: 0 })).toBe('cache');
    expect(outcome('https://host.example/a', { workerStart: 3 })).toBe('cache');
    expect(outcome('https://evil.example/a', { transferSize: 0 })).toBe('foreign');
  });
});

describe('requests in a scope made read-only', () => {
  it('carry nothing out', async () => {
    const { makeReadOnly } = await import('./readOnly.ts');
    const reached = vi.fn(async (_: string, __?: RequestInit) => new Response());
    const opened = vi.fn();
    const scope = {
      fetch: reached,
      XMLHttpRequest: class {
        open(...given: unknown[]) {
          opened(...given);
        }
      },
      Navigator: class {
        sendBeacon() {
          return true;
        }
      },
    };
    makeReadOnly(scope as never);
    await expect(scope.fetch('https://host.example/x', { method: 'POST', body: 'film' })).rejects.toThrow(
      'sends nothing',
    );
    await scope.fetch('https://host.example/x');
    expect(reached).toHaveBeenCalledTimes(1);
    const request = new scope.XMLHttpRequest();
    expect(() => request.open('post', '/x')).toThrow('sends nothing');
    request.open('GET', '/x');
    expect(opened).toHaveBeenCalledTimes(1);
    expect(new scope.Navigator().sendBeacon()).toBe(false);
    expect(() => Object.defineProperty(scope, 'fetch', { value: reached })).toThrow();
  });
});

describe('the sources', () => {
  // Read from the disk: a glob hands over style modules as modules, whatever is asked for.
  const src = path.join(import.meta.dirname, '..');
  const outside = readdirSync(src, { recursive: true, encoding: 'utf8' })
    .filter((file) => /\.(tsx?|css)$/.test(file) && !/(^|\/)guard\/|test/i.test(file))
    .map((file) => [file, readFileSync(path.join(src, file), 'utf8')] as const);

  it('name no way out', () => {
    expect(outside.length).toBeGreaterThan(100);
    const named =
      /\b(sendBeacon|importScripts|registerProtocolHandler|window\.open|location\.(href|assign|replace)\s*[=(]|RTC[A-Z]\w+)\b/;
    expect(outside.filter(([, text]) => named.test(text)).map(([file]) => file)).toEqual([]);
  });

  it('load nothing from elsewhere', () => {
    const loads = /(@import|url\(|src=|href=|import\()\s*["'(]?(https?:)?\/\/[a-z]/i;
    expect(outside.filter(([, text]) => loads.test(text)).map(([file]) => file)).toEqual([]);
  });
});
