// What the browser of a session holds in memory: the script heaps of the page and of its two workers as the browser reports
// them, and the resident memory of its processes as the system does (Linux only). For measuring, not for gating.

import { readdirSync, readFileSync } from 'node:fs';
import type { CDPSession, Page } from 'playwright';

export interface MemorySample {
  /** Bytes of live script objects, by thread; array buffers are not in it. */
  readonly heaps: Readonly<Record<string, number>>;
  /** Bytes resident: the process of the page and its workers, and all processes of the browser; null off Linux. */
  readonly renderer: number | null;
  readonly browser: number | null;
}

interface Target {
  readonly sessionId: string;
  readonly targetInfo: { readonly type: string; readonly title: string; readonly url: string };
}

const usage = { id: 1, method: 'Runtime.getHeapUsage', params: {} };

export class MemoryProbe {
  readonly #session: CDPSession;
  readonly #workers = new Map<string, string>();

  private constructor(session: CDPSession) {
    this.#session = session;
    session.on('Target.attachedToTarget', ({ sessionId, targetInfo }: Target) => {
      const name = targetInfo.title || targetInfo.url;
      const known = ['engine', 'intake'].find((word) => name.includes(word));
      if (known) this.#workers.set(known, sessionId);
    });
  }

  static async attach(page: Page): Promise<MemoryProbe> {
    const session = await page.context().newCDPSession(page);
    const probe = new MemoryProbe(session);
    const way = { autoAttach: true, waitForDebuggerOnStart: false, flatten: false };
    // A browser that no longer offers this tells of the page alone.
    await session.send('Target.setAutoAttach', way).catch(() => undefined);
    return probe;
  }

  async sample(): Promise<MemorySample> {
    const { usedSize } = await this.#session.send('Runtime.getHeapUsage');
    const heaps: Record<string, number> = { page: usedSize };
    for (const [name, sessionId] of this.#workers) {
      const used = await this.#ask(sessionId);
      if (used !== null) heaps[name] = used;
    }
    return { heaps, ...resident() };
  }

  /** A thread that is busy answers late; it is not waited for. */
  #ask(sessionId: string): Promise<number | null> {
    const answer = new Promise<number | null>((resolve) => {
      const hear = (event: { sessionId: string; message: string }) => {
        if (event.sessionId !== sessionId) return;
        const { id, result } = JSON.parse(event.message);
        if (id !== usage.id) return;
        this.#session.off('Target.receivedMessageFromTarget', hear);
        resolve(result?.usedSize ?? null);
      };
      this.#session.on('Target.receivedMessageFromTarget', hear);
      setTimeout(() => resolve(null), 2000);
    });
    const message = JSON.stringify(usage);
    void this.#session.send('Target.sendMessageToTarget', { sessionId, message }).catch(() => undefined);
    return answer;
  }
}

/** Resident memory of all processes below this one. */
function resident(): Pick<MemorySample, 'renderer' | 'browser'> {
  if (process.platform !== 'linux') return { renderer: null, browser: null };
  const processes = new Map<number, { parent: number; bytes: number; renderer: boolean }>();
  for (const entry of readdirSync('/proc')) {
    const pid = Number(entry);
    if (!pid) continue;
    try {
      const status = readFileSync(`/proc/${pid}/status`, 'utf8');
      const field = (name: string) => Number(new RegExp(`^${name}:\\s*(\\d+)`, 'm').exec(status)?.[1] ?? 0);
      const renderer = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes('--type=renderer');
      processes.set(pid, { parent: field('PPid'), bytes: 1024 * field('VmRSS'), renderer });
    } catch {
      // It has ended meanwhile.
    }
  }
  let [renderer, browser] = [0, 0];
  for (const [pid, { bytes, renderer: isRenderer }] of processes) {
    let above = processes.get(pid)?.parent;
    while (above && above !== process.pid) above = processes.get(above)?.parent;
    if (!above) continue;
    browser += bytes;
    if (isRenderer) renderer = Math.max(renderer, bytes);
  }
  return { renderer, browser };
}
