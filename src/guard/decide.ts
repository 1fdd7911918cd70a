// What the service worker does with a request, as a pure function: other origins and anything but reading are refused,
// the app's own files are looked for in the copy kept in this browser first.

export type AnswerFrom =
  | { readonly kind: 'refuse'; readonly why: string }
  /** The copy under this address where there is one, else the app's server. */
  | { readonly kind: 'own'; readonly address: URL };

type Asked = Pick<Request, 'url' | 'method' | 'mode' | 'destination'>;

/** @param scope address of the folder that the app is served from */
export function decide({ url, method, mode, destination }: Asked, scope: string): AnswerFrom {
  const address = new URL(url);
  const home = new URL(scope);
  if (address.origin !== home.origin) return { kind: 'refuse', why: destination || mode || 'fetch' };
  if (method !== 'GET' && method !== 'HEAD') return { kind: 'refuse', why: `${method} request` };
  // The page is the same whatever its query says, and a folder's address is that of its index.
  address.search = '';
  address.hash = '';
  if (address.pathname === home.pathname) address.pathname += 'index.html';
  return { kind: 'own', address };
}
