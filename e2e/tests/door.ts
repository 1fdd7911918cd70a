// A second door to the app's server: hands on every question and answer, writes down what was asked and how large the answer is
// as hosts send it, and may change answers, as another build or another host would.

import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';

/** Compressed by hosts; fonts and pictures are as they come (docs/hosting.md). */
const COMPRESSED = /javascript|css|html|json|svg|manifest|wasm|text/;

export interface Asked {
  /** Path with name. */
  readonly file: string;
  /** Of the body, with gzip as hosts have it from the start (level 6). */
  readonly bytes: number;
}

export interface Door {
  readonly home: string;
  readonly asked: readonly Asked[];
  close(): Promise<void>;
}

/** What is put in the place of a text, in headers and in what is read as text. */
export interface Changed {
  readonly from: string | RegExp;
  readonly to: string;
}

export async function openDoor(home: string, changes: readonly Changed[] = []): Promise<Door> {
  const asked: Asked[] = [];
  const changed = (text: string) => changes.reduce((now, { from, to }) => now.replaceAll(from, to), text);
  const server = createServer(async (request, response) => {
    try {
      const { status, headers, body } = await answerOf(new URL(request.url ?? '/', home));
      const type = headers.get('content-type') ?? '';
      const text = COMPRESSED.test(type) && !type.includes('wasm');
      const sent = changes.length > 0 && text ? Buffer.from(changed(body.toString())) : body;
      const bytes = COMPRESSED.test(type) ? gzipSync(sent).length : sent.length;
      asked.push({ file: request.url ?? '/', bytes });
      for (const [name, value] of headers) response.setHeader(name, changed(value));
      response.setHeader('Content-Length', sent.length);
      response.writeHead(status).end(sent);
    } catch {
      response.writeHead(502).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    home: `http://localhost:${(server.address() as AddressInfo).port}/`,
    asked,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** The headers of this house are of one connection; those of the answer go on. */
const OF_THE_CONNECTION = ['connection', 'keep-alive', 'content-length', 'transfer-encoding', 'date'];

async function answerOf(address: URL): Promise<{ status: number; headers: Headers; body: Buffer }> {
  const answer = await fetch(address);
  const headers = new Headers(answer.headers);
  for (const name of OF_THE_CONNECTION) headers.delete(name);
  return { status: answer.status, headers, body: Buffer.from(await answer.arrayBuffer()) };
}
