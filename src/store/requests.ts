// What this page has asked of any server, as the browser itself recorded it. The claim "0 bytes sent" rests on
// the count of foreign origins here and on the page's security policy.

import { create } from 'zustand';

export interface RequestRow {
  readonly address: string;
  readonly kind: string;
  readonly bytes: number;
  readonly foreign: boolean;
}

interface RequestsState {
  readonly rows: readonly RequestRow[];
  readonly foreign: number;
}

export const useRequests = create<RequestsState>()(() => ({ rows: [], foreign: 0 }));

function rowOf(entry: PerformanceResourceTiming): RequestRow {
  const url = new URL(entry.name, location.href);
  const local = url.origin === location.origin || url.protocol === 'blob:' || url.protocol === 'data:';
  return {
    address: local ? url.pathname : entry.name,
    kind: entry.initiatorType,
    bytes: entry.transferSize,
    foreign: !local,
  };
}

/** Begins to count, those from before included. Returns the way to stop. */
export function watchRequests(): () => void {
  useRequests.setState({ rows: [], foreign: 0 });
  const observer = new PerformanceObserver((list) => {
    const rows = list.getEntriesByType('resource').map((entry) => rowOf(entry as PerformanceResourceTiming));
    useRequests.setState((before) => ({
      rows: [...before.rows, ...rows],
      foreign: before.foreign + rows.filter((row) => row.foreign).length,
    }));
  });
  observer.observe({ type: 'resource', buffered: true });
  return () => observer.disconnect();
}
