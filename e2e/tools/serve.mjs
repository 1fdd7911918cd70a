// A static server for the built app with the headers a deployment should send (src/guard/headers.json): a policy under
// which the page can fetch nothing but its own files, and cross-origin isolation. Workers get them too; a policy in the
// page's own markup would not reach them. All files are read once at the start, so a later build cannot mix in.

import { readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import path from 'node:path';
import { root, ToolError } from './process.mjs';

const { policy, headers: OTHERS } = JSON.parse(
  readFileSync(path.join(root, 'src/guard/headers.json'), 'utf8'),
);

const HEADERS = {
  'Content-Security-Policy': Object.entries(policy)
    .map(([directive, sources]) => `${directive} ${sources}`)
    .join('; '),
  ...OTHERS,
};

const TYPES = {
  '.css': 'text/css; charset=utf-8',
  '.html': 'text/html; charset=utf-8',
  '.ico': 'image/x-icon',
  '.js': 'text/javascript; charset=utf-8',
  '.json': 'application/json',
  '.map': 'application/json',
  '.md': 'text/markdown; charset=utf-8',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.txt': 'text/plain; charset=utf-8',
  '.wasm': 'application/wasm',
  '.webmanifest': 'application/manifest+json',
  '.woff2': 'font/woff2',
};

/** Address path to content, for every file below the folder. */
function readFolder(folder) {
  const files = new Map();
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const file = path.join(entry.parentPath, entry.name);
    const address = `/${path.relative(folder, file).split(path.sep).join('/')}`;
    files.set(address, readFileSync(file));
  }
  if (files.has('/index.html')) files.set('/', files.get('/index.html'));
  return files;
}

function answer(files, request, response) {
  const send = (status, headers, body) => {
    response.writeHead(status, { ...HEADERS, ...headers });
    response.end(request.method === 'HEAD' ? undefined : body);
  };
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    return send(405, { Allow: 'GET, HEAD', 'Content-Type': TYPES['.txt'] }, 'This server only reads.\n');
  }
  let address = '';
  try {
    address = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  } catch {
    return send(400, { 'Content-Type': TYPES['.txt'] }, 'Not a valid address.\n');
  }
  const body = files.get(address);
  if (!body) return send(404, { 'Content-Type': TYPES['.txt'] }, 'Not found.\n');
  const extension = address === '/' ? '.html' : path.extname(address);
  const hashed = address.startsWith('/assets/');
  send(
    200,
    {
      'Content-Type': TYPES[extension] ?? 'application/octet-stream',
      'Content-Length': body.byteLength,
      'Cache-Control': hashed ? 'public, max-age=31536000, immutable' : 'no-cache',
    },
    body,
  );
}

function listen(server, port) {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', () => {
      server.removeListener('error', reject);
      resolve(server.address().port);
    });
  });
}

/**
 * Serves the built app on the loopback interface.
 * @param ports tried in turn; 0 is any free one
 * @returns the address to open, and a function that closes the server with its connections
 */
export async function serve({ folder = path.join(root, 'dist'), ports = [0] } = {}) {
  const files = readFolder(folder);
  for (const wanted of ports) {
    const server = createServer((request, response) => answer(files, request, response));
    try {
      const port = await listen(server, wanted);
      const close = () =>
        new Promise((resolve) => {
          server.close(() => resolve());
          server.closeAllConnections();
        });
      return { url: `http://localhost:${port}/`, port, close };
    } catch (error) {
      if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') throw error;
    }
  }
  throw new ToolError(`Port ${ports.join(', ')} is not free; choose another with PORT=… npm start.`);
}
