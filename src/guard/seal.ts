// The first script of the page, before any other: takes away what no content security policy reaches in every Chrome.
// WebRTC is gone; windows, links and navigations lead to this origin only; requests carry no body. Frames, which the
// app has none of, lose the same when one appears. Built into a classic script of its own (seal.js).
// It binds code that knows nothing of it; code written to get round it is the business of the headers.

import { fix, makeReadOnly } from './readOnly.ts';
import { noteRefusal, noteViolations } from './refusals.ts';

const WEBRTC = [
  'RTCPeerConnection',
  'webkitRTCPeerConnection',
  'RTCDataChannel',
  'RTCIceTransport',
  'RTCDtlsTransport',
  'RTCSctpTransport',
  'RTCRtpSender',
  'RTCRtpReceiver',
];

/** An address that stays with this app: its own origin, or data made here. */
function staysHere(address: string): boolean {
  try {
    const url = new URL(address, document.baseURI);
    return url.origin === location.origin || url.protocol === 'blob:' || url.protocol === 'data:';
  } catch {
    return false;
  }
}

function refuse(address: string, kind: string): void {
  noteRefusal(new URL(address, document.baseURI).href, kind);
}

function removeWebRtc(scope: Window): void {
  for (const name of WEBRTC) fix(scope, name, undefined);
}

/** The link that a click on this element would follow, if it leads away. */
function linkAway(element: EventTarget | null): string | null {
  const link = element instanceof Element ? element.closest('a, area') : null;
  const address = link?.getAttribute('href') ?? link?.getAttributeNS('http://www.w3.org/1999/xlink', 'href');
  return address && !staysHere(address) ? address : null;
}

/** Clicks reach the window first; a link outside the document is only ever clicked by a script. */
function closeLinks(): void {
  const stop = (event: Event) => {
    const away = event
      .composedPath()
      .map(linkAway)
      .find((address) => address !== null);
    if (!away) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    refuse(away, 'link');
  };
  for (const type of ['click', 'auxclick']) window.addEventListener(type, stop, true);
  const { click } = HTMLElement.prototype;
  fix(HTMLElement.prototype, 'click', function sealedClick(this: HTMLElement) {
    const away = linkAway(this);
    if (away) refuse(away, 'link');
    else click.call(this);
  });
  const { dispatchEvent } = EventTarget.prototype;
  fix(EventTarget.prototype, 'dispatchEvent', function sealedDispatch(this: EventTarget, event: Event) {
    const away = event.type === 'click' ? linkAway(this) : null;
    if (!away) return dispatchEvent.call(this, event);
    refuse(away, 'link');
    return false;
  });
}

function closeWindows(): void {
  fix(window, 'open', (address: string | URL = 'about:blank') => {
    refuse(String(address), 'popup');
    return null;
  });
}

/** `location = …`, `meta refresh` and the like; only going back and forth cannot be stopped, and need not be. */
function closeNavigation(): void {
  const { navigation } = window as { navigation?: EventTarget };
  navigation?.addEventListener('navigate', (event) => {
    const { destination } = event as Event & { destination: { url: string } };
    if (!event.cancelable || staysHere(destination.url)) return;
    event.preventDefault();
    refuse(destination.url, 'navigation');
  });
}

/** An empty frame is a fresh world with everything in it; its load event comes before its maker can reach in. */
function closeFrames(): void {
  document.addEventListener(
    'load',
    ({ target }) => {
      if (!(target instanceof HTMLIFrameElement) || !target.contentDocument) return;
      const scope = target.contentWindow as unknown as typeof globalThis & Window;
      removeWebRtc(scope);
      makeReadOnly(scope);
      fix(scope, 'open', () => null);
    },
    true,
  );
}

noteViolations(document);
removeWebRtc(window);
closeWindows();
closeLinks();
closeNavigation();
closeFrames();
makeReadOnly(globalThis);
