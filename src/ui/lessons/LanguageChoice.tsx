// The choice of language, on the first page and over the lessons.

import { SegmentedControl } from '@mantine/core';
import { setLanguage, useLanguage, useWords } from '../../store/page/language.ts';
import { isLanguage, LANGUAGE_NAMES, LANGUAGES } from '../../words/languages.ts';

export function LanguageChoice() {
  const { page } = useWords();
  const language = useLanguage((state) => state.language);
  return (
    <SegmentedControl
      size="xs"
      aria-label={page.language}
      data-testid="language"
      data={LANGUAGE_NAMES.map((name) => ({ value: name, label: LANGUAGES[name] }))}
      value={language}
      onChange={(name) => isLanguage(name) && setLanguage(name)}
    />
  );
}
