// The languages in which lessons, glossary and first page are written. The rest of the page stays English. Which one is shown
// follows the link, then what was chosen here before, then the browser.

export const LANGUAGES = { en: 'English', zh: '中文' } as const;
export type Language = keyof typeof LANGUAGES;
export const LANGUAGE_NAMES = Object.keys(LANGUAGES) as Language[];

/** As the `lang` attribute has it, for the right shapes of characters. */
export const LANGUAGE_TAGS: Readonly<Record<Language, string>> = { en: 'en', zh: 'zh-Hans' };

export const isLanguage = (text: unknown): text is Language =>
  typeof text === 'string' && Object.hasOwn(LANGUAGES, text);

/** The first of the wanted tags (`zh-CN`, `en-GB`, …) that there are texts in; English where there is none. */
export function preferredLanguage(wanted: readonly (string | null | undefined)[]): Language {
  for (const tag of wanted) {
    const language = tag?.toLowerCase().split('-')[0];
    if (isLanguage(language)) return language;
  }
  return 'en';
}
