// `npm start`: installs what is missing, builds what changed, serves the app and opens it in a browser where
// there is one. PORT asks for a port; without it 4173 is taken, or a free one if that is busy.

import { spawn } from 'node:child_process';
import { main, ToolError } from './process.mjs';
import { serve } from './serve.mjs';
import { setUp } from './setup.mjs';

function wantedPorts() {
  const asked = process.env.PORT;
  if (!asked) return [4173, 0];
  const port = Number(asked);
  if (Number.isInteger(port) && port >= 0 && port <= 65535) return [port];
  throw new ToolError(`PORT=${asked} is not a port number.`);
}

/** Opens the address with the desktop's own opener; a machine without a display has none. */
function openBrowser(url) {
  const { platform, env } = process;
  if (env.CI || env.BROWSER === 'none') return;
  const openers = {
    darwin: ['open', [url]],
    win32: ['cmd', ['/c', 'start', '', url]],
    linux: env.DISPLAY || env.WAYLAND_DISPLAY ? ['xdg-open', [url]] : undefined,
  };
  const opener = openers[platform];
  if (!opener) return;
  const child = spawn(opener[0], opener[1], { stdio: 'ignore', detached: true });
  child.on('error', () => {});
  child.unref();
}

await main(async () => {
  await setUp();
  const server = await serve({ ports: wantedPorts() });
  console.log(`\nMLVICX Playground: ${server.url}  (Chrome or Edge with WebGPU; Ctrl+C ends it)`);
  openBrowser(server.url);
  await new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, resolve);
  });
  await server.close();
});
