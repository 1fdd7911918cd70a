import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Server, serve } from './serve.mjs';

let folder = '';
let server: Server;

beforeAll(async () => {
  const parent = await mkdtemp(path.join(tmpdir(), 'serve-'));
  await writeFile(path.join(parent, 'secret.txt'), 'secret');
  folder = path.join(parent, 'dist');
  await mkdir(path.join(folder, 'assets'), { recursive: true });
  await writeFile(path.join(folder, 'index.html'), '<p>home</p>');
  await writeFile(path.join(folder, 'assets', 'engine.worker.js'), 'export {};');
  await writeFile(path.join(folder, 'assets', 'codec.wasm'), '\0asm');
  server = await serve({ folder });
});

afterAll(async () => {
  await server.close();
  await rm(path.dirname(folder), { recursive: true });
});

const get = (address: string) => fetch(new URL(address, server.url));

describe('the static server', () => {
  test.each([
    ['', 'text/html; charset=utf-8'],
    ['assets/engine.worker.js', 'text/javascript; charset=utf-8'],
    ['assets/codec.wasm', 'application/wasm'],
  ])('serves /%s as %s under the policy', async (address, type) => {
    const { status, headers } = await get(address);
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe(type);
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; .*connect-src 'self'/);
    expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
    expect(headers.get('cross-origin-embedder-policy')).toBe('require-corp');
  });

  test.each(['secret.txt', '..%2fsecret.txt', '%2e%2e/secret.txt', 'assets/'])(
    'does not serve /%s',
    async (address) => {
      expect((await get(address)).status).toBe(404);
    },
  );

  test('answers nothing but reading', async () => {
    expect((await fetch(server.url, { method: 'POST', body: 'x' })).status).toBe(405);
  });

  test('takes the next port when one is busy, and says so when there is no next', async () => {
    const busy = createServer();
    await new Promise<void>((resolve) => busy.listen(0, '127.0.0.1', resolve));
    const { port } = busy.address() as AddressInfo;
    const second = await serve({ folder, ports: [port, 0] });
    expect(second.port).not.toBe(port);
    await second.close();
    await expect(serve({ folder, ports: [port] })).rejects.toThrow(/not free/);
    busy.close();
  });
});
