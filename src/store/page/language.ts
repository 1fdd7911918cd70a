// The language of lessons, glossary and first page: from the link, else as chosen here before, else as the browser asks.

import { create } from 'zustand';
import { isLanguage, type Language, preferredLanguage } from '../../words/languages.ts';
import { WORDS, type Words } from '../../words/words.ts';
import { pageWords } from './address.ts';

const STORAGE_KEY = 'mlvicx-language';

function stored(): string | null {
  try {
    return globalThis.localStorage?.getItem(STORAGE_KEY) ?? null;
  } catch {
    return null;
  }
}

const first = preferredLanguage([
  pageWords().get('lang'),
  stored(),
  ...(globalThis.navigator?.languages ?? []),
]);

export const useLanguage = create<{ readonly language: Language }>()(() => ({ language: first }));

export function setLanguage(language: Language): void {
  useLanguage.setState({ language });
  try {
    globalThis.localStorage?.setItem(STORAGE_KEY, language);
  } catch {
    // Then it lasts as long as the tab.
  }
}

/** Takes the language of a link that was opened in this tab. */
export function takeLanguage(wanted: string | null): void {
  if (isLanguage(wanted)) useLanguage.setState({ language: wanted });
}

/** The texts in the language chosen. */
export const useWords = (): Words => WORDS[useLanguage((state) => state.language)];
