// What is being decided about label files in their dialog, before it is applied: which tables are used, what is said of each,
// and which findings are taken. Pure functions of the draft and of what was found.

import type { LabelChoice, ScannedTable, TableChoice, TableRole } from '../../protocol/labels.ts';

const IN_USE: readonly TableRole[] = ['labels', 'stacked', 'joined', 'list'];

/** Paths of the tables that the draft uses; those detected, where nothing was chosen. */
export function usedPaths(draft: LabelChoice, tables: readonly ScannedTable[]): readonly string[] {
  if (draft.use) return draft.use;
  if (draft.file === null) return [];
  if (draft.file !== undefined) return [draft.file];
  return tables.filter(({ use }) => use && IN_USE.includes(use.role)).map(({ path }) => path);
}

function usingOnly({ file: _, ...draft }: LabelChoice, use: readonly string[]): LabelChoice {
  return { ...draft, use };
}

/** Takes a table in, or leaves it out. */
export function toggled(draft: LabelChoice, tables: readonly ScannedTable[], path: string): LabelChoice {
  const used = usedPaths(draft, tables);
  return usingOnly(draft, used.includes(path) ? used.filter((other) => other !== path) : [...used, path]);
}

/** What is decided about one table: by itself, or for all. */
export const choiceOf = ({ tables, ...draft }: LabelChoice, path: string): TableChoice => ({
  ...draft,
  ...tables?.[path],
});

/** The draft with something said of one table, which is used from now on. @param afresh forgets what was said of it before */
export function withTable(
  draft: LabelChoice,
  tables: readonly ScannedTable[],
  path: string,
  change: TableChoice,
  afresh = false,
): LabelChoice {
  const said = { ...(afresh ? {} : draft.tables?.[path]), ...change };
  const next = { ...draft, tables: { ...draft.tables, [path]: said } };
  const used = usedPaths(draft, tables);
  return used.includes(path) ? next : usingOnly(next, [...used, path]);
}

/** Findings of the tables in use that are taken. */
export function takenFindings(draft: LabelChoice, tables: readonly ScannedTable[]): readonly string[] {
  if (draft.findings) return draft.findings;
  const used = usedPaths(draft, tables);
  return [...new Set(tables.filter(({ path }) => used.includes(path)).flatMap(({ findings }) => findings))];
}

/** The draft with these findings of one table, and of the others those that were taken. */
export function withFindings(
  draft: LabelChoice,
  tables: readonly ScannedTable[],
  { findings, furtherFindings }: ScannedTable,
  chosen: readonly string[],
): LabelChoice {
  const own = [...findings, ...furtherFindings];
  const others = takenFindings(draft, tables).filter((finding) => !own.includes(finding));
  return { ...draft, findings: [...own.filter((finding) => chosen.includes(finding)), ...others] };
}
