// Progress on the terminal: one line that updates itself, or, where output is not a terminal, a plain line
// every few seconds. Counts are also shown when a stage ends, so a log holds every stage.

const PLAIN_INTERVAL = 5000;
const LIVE_INTERVAL = 100;

export class Progress {
  #stage = '';
  #shown = 0;
  #live = process.stdout.isTTY === true;
  #pending = '';

  /** @param detail what to say of the stage, e.g. "step 12 of 300" */
  update(stage: string, detail: string): void {
    if (stage !== this.#stage) this.end();
    this.#stage = stage;
    this.#pending = `${stage}: ${detail}`;
    const now = performance.now();
    if (now - this.#shown < (this.#live ? LIVE_INTERVAL : PLAIN_INTERVAL)) return;
    this.#shown = now;
    this.#write();
  }

  /** Closes the line in progress, with its last state. */
  end(): void {
    if (this.#pending) this.#write();
    if (this.#live && this.#stage) process.stdout.write('\n');
    this.#stage = '';
    this.#shown = 0;
  }

  #write(): void {
    if (!this.#pending) return;
    if (this.#live) process.stdout.write(`\r\x1b[2K${this.#pending.slice(0, process.stdout.columns - 1)}`);
    else console.log(this.#pending);
    this.#pending = '';
  }
}

export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}
