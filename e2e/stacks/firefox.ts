// Firefox as a headless browser over WebDriver BiDi, the protocol it speaks itself: a throw-away profile, one page, calls
// of `window.runner` in it. Node needs a WebSocket for that, which it has from version 22 on, or with its flag.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Missing } from './parts.ts';

/** WebGPU on Linux, where Firefox does not offer it by itself, on whatever Vulkan has. */
const WEBGPU = {
  'dom.webgpu.enabled': true,
  'dom.webgpu.workers.enabled': true,
  'gfx.webgpu.ignore-blocklist': true,
  'gfx.webgpu.force-enabled': true,
};
/** The sandbox of the GPU process does not let it at a driver outside the system's folders. */
const QUIET = {
  'security.sandbox.content.level': 0,
  'security.sandbox.gpu.level': 0,
  'app.update.enabled': false,
  'datareporting.policy.dataSubmissionEnabled': false,
  'toolkit.telemetry.enabled': false,
  'network.captive-portal-service.enabled': false,
  'network.connectivity-service.enabled': false,
  'extensions.systemAddon.update.enabled': false,
};
const UNSANDBOXED = {
  MOZ_HEADLESS: '1',
  MOZ_DISABLE_CONTENT_SANDBOX: '1',
  MOZ_DISABLE_GPU_SANDBOX: '1',
  MOZ_DISABLE_SOCKET_PROCESS_SANDBOX: '1',
};
const PATIENCE_MS = 60_000;

type Answer = { readonly id?: number; readonly result?: Record<string, unknown>; readonly message?: string };

/** One command after another over the socket, answers by their number. */
class Session {
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  #next = 1;

  constructor(socket: WebSocket) {
    this.#socket = socket;
    socket.onmessage = ({ data }) => {
      const answer = JSON.parse(String(data)) as Answer;
      if (answer.id !== undefined) this.#waiting.get(answer.id)?.(answer);
    };
  }

  async send(method: string, params: object): Promise<Record<string, unknown>> {
    const id = this.#next++;
    const answered = new Promise<Answer>((resolve) => this.#waiting.set(id, resolve));
    this.#socket.send(JSON.stringify({ id, method, params }));
    const { result, message } = await answered;
    if (!result) throw new Error(`${method}: ${message}`);
    return result;
  }
}

export interface FirefoxPage {
  /** The value of an expression in the page, awaited there and carried over as JSON. @throws Error */
  evaluate<T>(expression: string): Promise<T>;
}

/** Runs `work` on a page that has been loaded from `url`, and clears everything away. @throws Missing */
export async function withFirefox<T>(
  program: string,
  url: string,
  env: Readonly<Record<string, string>>,
  work: (page: FirefoxPage) => Promise<T>,
): Promise<T> {
  if (typeof WebSocket === 'undefined')
    throw new Missing('Node 22, or NODE_OPTIONS=--experimental-websocket, to talk to Firefox');
  const profile = mkdtempSync(path.join(tmpdir(), 'mlvicx-firefox-'));
  const lines = Object.entries({ ...QUIET, ...WEBGPU }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});`,
  );
  writeFileSync(path.join(profile, 'user.js'), lines.join('\n'));
  const args = [
    '--headless',
    '--no-remote',
    '--profile',
    profile,
    '--remote-debugging-port=0',
    'about:blank',
  ];
  const child = spawn(program, args, {
    env: { ...process.env, ...UNSANDBOXED, ...env },
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  try {
    const address = await new Promise<string>((resolve, reject) => {
      let heard = '';
      const end = setTimeout(
        () => reject(new Error(`Firefox did not start: ${heard.slice(-300)}`)),
        PATIENCE_MS,
      );
      child.on('exit', () => reject(new Error(`Firefox ended: ${heard.slice(-300)}`)));
      child.stderr.on('data', (part: Buffer) => {
        heard += part.toString();
        const found = /WebDriver BiDi listening on (ws:\S+)/.exec(heard)?.[1];
        if (found) {
          clearTimeout(end);
          resolve(found);
        }
      });
    });
    return await work(await openPage(address, url));
  } finally {
    const gone = new Promise((resolve) => child.once('exit', resolve));
    child.kill();
    await gone;
    rmSync(profile, { recursive: true, force: true });
  }
}

async function openPage(address: string, url: string): Promise<FirefoxPage> {
  const socket = new WebSocket(`${address}/session`);
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('Firefox does not answer'));
  });
  const session = new Session(socket);
  await session.send('session.new', { capabilities: {} });
  const { contexts } = (await session.send('browsingContext.getTree', {})) as {
    contexts: { context: string }[];
  };
  const context = contexts[0]!.context;
  const heard =
    '() => { window.heard = []; window.report = async (event) => { window.heard.push(event); }; }';
  await session.send('script.addPreloadScript', { functionDeclaration: heard });
  await session.send('browsingContext.navigate', { context, url, wait: 'complete' });
  return {
    async evaluate<T>(expression: string): Promise<T> {
      const { result, exceptionDetails } = (await session.send('script.evaluate', {
        expression: `(async () => JSON.stringify(await (${expression})))()`,
        target: { context },
        awaitPromise: true,
      })) as { result?: { value?: string }; exceptionDetails?: { text: string } };
      if (exceptionDetails) throw new Error(exceptionDetails.text);
      return JSON.parse(result?.value ?? 'null') as T;
    },
  };
}
