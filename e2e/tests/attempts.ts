// Every way that a page, a worker or a service worker has to reach another origin, each tried once. These functions
// run in the browser, so each holds all it needs. Whether a way worked is not theirs to say: the second origin knows.

export interface Target {
  readonly address: string;
  readonly stun: string;
  /** WebRTC from within an empty frame: Chromium 156 ends the page when its headers forbid that and no seal came first. */
  readonly frameRtc: boolean;
}

/** What the control page must get through, or the tests would pass for the wrong reason. */
export const PAGE_WAYS = [
  'beacon',
  'connection',
  'event-source',
  'fetch',
  'fetch-post',
  'font',
  'form',
  'frame',
  'frame-fetch',
  'image',
  'import',
  'link',
  'popup',
  'script',
  'style',
  'webrtc',
  'websocket',
  'worker-fetch',
  'xhr',
] as const;

export const WORKER_WAYS = ['event-source', 'fetch', 'fetch-post', 'import', 'websocket', 'xhr'] as const;

/** In the page. Each way is on its own, so that one that throws keeps none from being tried. */
export async function tryFromPage({ address, stun, frameRtc }: Target): Promise<void> {
  const to = (by: string) => `${address}/by/${by}`;
  const put = (tag: string, properties: object) =>
    document.body.append(Object.assign(document.createElement(tag), properties));
  const ways: (() => unknown)[] = [
    () => fetch(to('fetch'), { mode: 'no-cors' }),
    () => fetch(to('fetch-post'), { method: 'POST', mode: 'no-cors', body: 'film' }),
    () => {
      const request = new XMLHttpRequest();
      request.open('GET', to('xhr'));
      request.send();
    },
    () => new WebSocket(to('websocket').replace('http', 'ws')),
    () => new EventSource(to('event-source')),
    () => navigator.sendBeacon(to('beacon'), 'film'),
    () => import(/* @vite-ignore */ to('import')),
    () => put('img', { src: to('image') }),
    () => put('script', { src: to('script') }),
    () => put('link', { rel: 'stylesheet', href: to('style') }),
    () => put('iframe', { src: to('frame') }),
    () => put('link', { rel: 'preconnect', href: address }),
    () => new FontFace('stolen', `url(${to('font')})`).load(),
    () => window.open(to('popup')),
    () => Object.assign(document.createElement('a'), { href: to('link'), target: '_blank' }).click(),
    () => {
      const form = document.createElement('form');
      document.body.append(Object.assign(form, { action: to('form'), method: 'post', target: '_blank' }));
      form.submit();
    },
    () => {
      const code = `fetch(${JSON.stringify(to('worker-fetch'))}, { mode: 'no-cors' }).catch(() => 0)`;
      return new Worker(URL.createObjectURL(new Blob([code])));
    },
    () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      return (frame.contentWindow as typeof window)?.fetch(to('frame-fetch'), { mode: 'no-cors' });
    },
    async () => {
      const frame = document.createElement('iframe');
      document.body.append(frame);
      for (const world of frameRtc ? [window, frame.contentWindow as typeof window] : [window]) {
        const Peer = world?.RTCPeerConnection;
        if (!Peer) continue;
        const peer = new Peer({ iceServers: [{ urls: stun }] });
        peer.createDataChannel('films');
        await peer.setLocalDescription(await peer.createOffer());
      }
    },
  ];
  await Promise.allSettled(ways.map(async (way) => way()));
}

/** Steering the page itself away, last, because nothing else can be tried if it works. */
export async function tryToLeave(address: string): Promise<void> {
  const refresh = Object.assign(document.createElement('meta'), {
    httpEquiv: 'refresh',
    content: `0;url=${address}/by/refresh`,
  });
  document.head.append(refresh);
  location.href = `${address}/by/navigation`;
}

/** In a worker or service worker; ways that a scope does not have are passed over. */
export async function tryFromWorker({ address, stun }: Target): Promise<void> {
  const to = (by: string) => `${address}/by/${by}`;
  const scope = globalThis as unknown as Record<string, (new (...given: unknown[]) => never) | undefined>;
  const ways: (() => unknown)[] = [
    () => fetch(to('fetch'), { mode: 'no-cors' }),
    () => fetch(to('fetch-post'), { method: 'POST', mode: 'no-cors', body: 'film' }),
    () => new WebSocket(to('websocket').replace('http', 'ws')),
    () => new EventSource(to('event-source')),
    () => {
      const request = new XMLHttpRequest();
      request.open('GET', to('xhr'));
      request.send();
    },
    () => import(/* @vite-ignore */ to('import')),
    () => caches.open('stolen').then((cache) => cache.add(to('cache'))),
    () => scope.RTCPeerConnection && new scope.RTCPeerConnection({ iceServers: [{ urls: stun }] }),
    () => {
      const code = `fetch(${JSON.stringify(to('worker-fetch'))}, { mode: 'no-cors' }).catch(() => 0)`;
      return new Worker(URL.createObjectURL(new Blob([code])));
    },
    () => scope.WebTransport && new scope.WebTransport(to('web-transport').replace('http', 'https')),
    () =>
      (globalThis as unknown as { clients?: { openWindow(to: string): unknown } }).clients?.openWindow(
        to('popup'),
      ),
  ];
  await Promise.allSettled(ways.map(async (way) => way()));
}
