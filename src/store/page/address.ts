// What a link says beside settings: which lesson, which language, which parts of the page. Read here once for all; what each word
// does is the business of whoever asks for it.

import { PAGE_WORDS, type PageWord } from '../../config/share.ts';

/** The words of the address of this tab; settings are left out. */
export function pageWords(hash = globalThis.location?.hash ?? ''): ReadonlyMap<PageWord, string> {
  const parts = new URLSearchParams(hash.replace(/^#/, ''));
  return new Map(PAGE_WORDS.flatMap((word) => (parts.has(word) ? [[word, parts.get(word)!] as const] : [])));
}
