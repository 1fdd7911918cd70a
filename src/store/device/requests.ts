// Every request since the page was opened, from page, workers and service worker, with what was refused. The figure
// "0 bytes sent" is the sum of what these rows sent and the count of those that reached another origin; it is a
// measurement beside the policy, not the policy itself.

import { create } from 'zustand';
import { onRefusal } from '../../guard/refusals.ts';
import { CHANNEL, type RequestRow, readAddress, watchResources } from '../../guard/requestRows.ts';

export type { RequestRow } from '../../guard/requestRows.ts';

interface RequestsState {
  /** Newest last; the oldest beyond MOST_ROWS are counted but not listed. */
  readonly rows: readonly RequestRow[];
  readonly total: number;
  readonly foreign: number;
  readonly refused: number;
  readonly sent: number;
  readonly received: number;
}

export const useRequests = create<RequestsState>()(() => ({
  rows: [],
  total: 0,
  foreign: 0,
  refused: 0,
  sent: 0,
  received: 0,
}));

const MOST_ROWS = 2000;
const SHOW_MS = 200;

let arrived: RequestRow[] = [];
/** Addresses of refused attempts. The browser lists a request as made even where it stopped it. */
const stopped = new Set<string>();
/** Foreign rows younger than this wait for the word that they were stopped. */
const DOUBT_MS = 1000;
let timer: ReturnType<typeof setTimeout> | null = null;

const count = (rows: readonly RequestRow[], outcome: RequestRow['outcome']) =>
  rows.filter((row) => row.outcome === outcome).length;
const sum = (rows: readonly RequestRow[], key: 'sent' | 'received') =>
  rows.reduce((total, row) => total + row[key], 0);

/** Of a frame the browser's report names the origin only. */
const isStopped = ({ outcome, address, kind }: RequestRow) =>
  outcome === 'foreign' &&
  (stopped.has(address) || (kind === 'iframe' && stopped.has(`${new URL(address).origin}/`)));

/** Rows that can be listed now, and those whose fate is not known yet. A stopped one is listed by its refusal alone. */
function settle(rows: readonly RequestRow[], now: number): { settled: RequestRow[]; open: RequestRow[] } {
  for (const { outcome, address } of rows) if (outcome === 'refused') stopped.add(address);
  const doubtful = (row: RequestRow) => row.outcome === 'foreign' && now - row.at < DOUBT_MS;
  const standing = rows.filter((row) => !isStopped(row));
  return { settled: standing.filter((row) => !doubtful(row)), open: standing.filter(doubtful) };
}

function show(): void {
  timer = null;
  const { settled, open } = settle(arrived, Date.now());
  arrived = open;
  if (open.length > 0) timer = setTimeout(show, DOUBT_MS);
  const rows = settled;
  const made = rows.filter(({ outcome }) => outcome !== 'refused');
  useRequests.setState((before) => ({
    rows: [...before.rows, ...rows].toSorted((a, b) => a.at - b.at).slice(-MOST_ROWS),
    total: before.total + made.length,
    foreign: before.foreign + count(rows, 'foreign'),
    refused: before.refused + count(rows, 'refused'),
    sent: before.sent + sum(made, 'sent'),
    received: before.received + sum(made, 'received'),
  }));
}

/** Adds rows; the page sees them in slices, since a start makes dozens at once. */
function addRequests(rows: readonly RequestRow[]): void {
  arrived.push(...rows);
  if (timer === null) timer = setTimeout(show, SHOW_MS);
}

/** Begins to gather, what happened before included. Called once, before workers are started. */
export function gatherRequests(): void {
  const channel = new BroadcastChannel(CHANNEL);
  channel.onmessage = ({ data }: MessageEvent<RequestRow[]>) => addRequests(data);
  watchResources('page', addRequests);
  onRefusal(({ at, address, kind }) => {
    const { shown } = readAddress(address, location.origin);
    addRequests([{ at, asker: 'page', address: shown, kind, outcome: 'refused', sent: 0, received: 0 }]);
  });
  const worker = navigator.serviceWorker;
  worker?.addEventListener('message', ({ data }: MessageEvent<{ rows?: RequestRow[] }>) => {
    addRequests((data.rows ?? []).filter(({ at }) => at >= performance.timeOrigin));
  });
  worker?.controller?.postMessage('hello');
}
