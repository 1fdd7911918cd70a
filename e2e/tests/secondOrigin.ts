// A second origin on the loopback interface that welcomes everything: it answers any request from any origin, takes
// web sockets and STUN packets, and writes down what arrived. And a plain file host, which sends no header that it
// need not, as static hosting does.

import { createHash } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import type { Duplex } from 'node:stream';

const listen = (server: Server) =>
  new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });

export interface SecondOrigin {
  readonly address: string;
  readonly stun: string;
  /** The ways by which something arrived since the last call, sorted. */
  arrived(): string[];
  close(): Promise<void>;
}

function shakeHands(request: IncomingMessage, socket: Duplex): void {
  const key = `${request.headers['sec-websocket-key']}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
  const accept = createHash('sha1').update(key).digest('base64');
  socket.write(
    `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
  );
}

/** `/by/fetch` arrives as `fetch`; a bare connection as `connection`; a packet as `webrtc`. */
export async function openSecondOrigin(): Promise<SecondOrigin> {
  const seen = new Set<string>();
  const see = (request: IncomingMessage) => {
    const [, by] = /^\/by\/([\w-]+)/.exec(request.url ?? '') ?? [];
    if (by) seen.add(by);
    else if (request.url !== '/favicon.ico') seen.add(`unnamed ${request.url}`);
  };
  const server = createServer((request, response) => {
    see(request);
    response.writeHead(200, {
      'Access-Control-Allow-Origin': '*',
      'Access-Control-Allow-Headers': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
      'Content-Type': request.url?.includes('event') ? 'text/event-stream' : 'text/javascript',
    });
    response.end('\n');
  });
  const sockets: Duplex[] = [];
  server.on('upgrade', (request: IncomingMessage, socket: Duplex) => {
    see(request);
    sockets.push(socket.on('error', () => {}));
    shakeHands(request, socket);
  });
  server.on('connection', () => seen.add('connection'));
  const packets = createSocket('udp4').on('message', () => seen.add('webrtc'));
  await new Promise<void>((resolve) => packets.bind(0, '127.0.0.1', resolve));
  return {
    address: `http://127.0.0.1:${await listen(server)}`,
    stun: `stun:127.0.0.1:${packets.address().port}`,
    arrived() {
      const list = [...seen].sort();
      seen.clear();
      return list;
    },
    async close() {
      packets.close();
      for (const socket of sockets) socket.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const TYPES: Record<string, string> = {
  '.html': 'text/html',
  '.js': 'text/javascript',
  '.css': 'text/css',
  '.wasm': 'application/wasm',
  '.svg': 'image/svg+xml',
  '.webmanifest': 'application/manifest+json',
};

export interface PlainHost {
  readonly home: string;
  /** Put before the file is sent, by path; for a second version of the app. */
  readonly changed: Map<string, (text: string) => string>;
  close(): Promise<void>;
}

/** The built app as any file host serves it: type and content, no policy. `/empty.html` is a page with nothing in it. */
export async function openPlainHost(folder = path.resolve('dist')): Promise<PlainHost> {
  const changed = new Map<string, (text: string) => string>();
  const answer: RequestListener = (request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const name = pathname === '/' ? '/index.html' : decodeURIComponent(pathname);
    const file = path.join(folder, path.normalize(name));
    if (name === '/empty.html') {
      response.writeHead(200, { 'Content-Type': 'text/html' });
      return response.end('<!doctype html><title>empty</title>');
    }
    if (!file.startsWith(folder) || !statSync(file, { throwIfNoEntry: false })?.isFile()) {
      response.writeHead(404);
      return response.end();
    }
    const change = changed.get(name);
    const content = readFileSync(file);
    response.writeHead(200, { 'Content-Type': TYPES[path.extname(name)] ?? 'application/octet-stream' });
    response.end(change ? change(content.toString()) : content);
  };
  const server = createServer(answer);
  return {
    home: `http://localhost:${await listen(server)}/`,
    changed,
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
