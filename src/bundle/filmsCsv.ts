// The table of parts that goes with a run to another machine: a row for each film of the set, in its order, with its part and
// its labels. A film is named by a hash of its path unless names are asked for: whoever has the films can match them, and
// nobody can read a name off the table. (A name that can be guessed can be tried.)

import { type DatasetSummary, LABEL_NEGATIVE, LABEL_POSITIVE, SPLITS } from '../protocol/dataset.ts';

const HEX_DIGITS = 32;

/** As films.py reads it: the first half of the SHA-256 of the path below the folder. */
async function hashed(path: string): Promise<string> {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(path));
  const hex = Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
  return `sha256:${hex.slice(0, HEX_DIGITS)}`;
}

const quoted = (text: string) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);

/** Unknown labels are empty. */
const labelWord = (label: number) => (label === LABEL_NEGATIVE || label === LABEL_POSITIVE ? label : '');

/** `film,part` and a column for each finding. */
export async function filmsCsv(
  { filmTable, findings }: Pick<DatasetSummary, 'filmTable' | 'findings'>,
  { names }: { readonly names: boolean },
): Promise<string> {
  const films = names ? [...filmTable.paths] : await Promise.all(filmTable.paths.map(hashed));
  const lines = films.map((film, i) => {
    const labels = filmTable.labels.subarray(i * findings.length, (i + 1) * findings.length);
    const part = SPLITS[filmTable.splits[i]!] ?? 'out';
    return [quoted(film), part, ...Array.from(labels, labelWord)].join(',');
  });
  return `${[['film', 'part', ...findings].map(quoted).join(','), ...lines].join('\n')}\n`;
}
