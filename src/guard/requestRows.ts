// One row for each request that the app made since the page was opened, whoever made it: page, workers, or the service
// worker on behalf of both. Every context watches itself and tells all over one channel; the page gathers.
// Workers of other tabs of the app report on the same channel and are counted too: it is the app that makes a promise.

export type Asker = 'page' | 'engine' | 'intake' | 'decode' | 'service worker';

export interface RequestRow {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly asker: Asker;
  /** The path at the app's own origin; the whole address elsewhere. */
  readonly address: string;
  /** script, worker, fetch, popup … */
  readonly kind: string;
  /** server: asked the app's own server. cache: answered in this browser. refused: went nowhere. foreign: reached another origin. */
  readonly outcome: 'server' | 'cache' | 'refused' | 'foreign';
  /** Bytes of content that went out: a body, or a query in the address. */
  readonly sent: number;
  /** Bytes that came over the network. */
  readonly received: number;
}

export const CHANNEL = 'mlvicx-requests';

const LOCAL_SCHEMES = ['blob:', 'data:', 'about:'];

/** The address as the list shows it, whether it is the app's own, and the bytes it says by itself. */
export function readAddress(address: string, origin: string) {
  const url = new URL(address, origin);
  const own = url.origin === origin || LOCAL_SCHEMES.includes(url.protocol);
  const sent = own ? Math.max(0, url.search.length - 1) : url.href.length;
  return { own, sent, shown: url.origin === origin ? url.pathname + url.search : url.href };
}

/** What the browser recorded of a resource. One that the service worker answered is listed by that if it went further. */
export function rowOfEntry(entry: PerformanceResourceTiming, asker: Asker, origin: string): RequestRow {
  const { own, sent, shown } = readAddress(entry.name, origin);
  const cached = entry.transferSize === 0 || entry.workerStart > 0;
  return {
    at: performance.timeOrigin + entry.startTime,
    asker,
    address: shown,
    kind: entry.initiatorType || entry.entryType,
    outcome: !own ? 'foreign' : cached ? 'cache' : 'server',
    sent,
    received: cached ? 0 : entry.transferSize,
  };
}

/** Hears every resource of this context, those from before included. */
export function watchResources(asker: Asker, hear: (rows: RequestRow[]) => void): void {
  if (typeof PerformanceObserver === 'undefined') return;
  const observer = new PerformanceObserver((list) => {
    hear(
      list
        .getEntries()
        .map((entry) => rowOfEntry(entry as PerformanceResourceTiming, asker, self.location.origin)),
    );
  });
  observer.observe({ type: 'resource', buffered: true });
  // The page itself; an observer would report it again when it has loaded.
  const [page] = performance.getEntriesByType('navigation') as PerformanceResourceTiming[];
  if (page) hear([rowOfEntry(page, asker, self.location.origin)]);
}
