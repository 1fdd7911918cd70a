// The label files of a folder, one line each: what format it has, how many of its rows name a film, and how it is used: it gives
// the labels, is stacked or joined, or why it is not used. Each is taken in or left out here.

import { Button, Checkbox } from '@mantine/core';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import {
  JOIN_LEVELS,
  LABEL_FORMATS,
  type LabelChoice,
  labelFormat,
  type ScannedTable,
  TABLE_ROLES,
  type TableUse,
} from '../../protocol/labels.ts';
import { formatCount, formatCounted } from '../../util/format.ts';
import styles from './data.module.css';
import { toggled, usedPaths } from './labelDraft.ts';

interface Props {
  readonly summary: DatasetSummary;
  readonly draft: LabelChoice;
  /** The table whose columns are shown. */
  readonly table: ScannedTable | undefined;
  readonly locked: boolean;
  readonly onDraft: (draft: LabelChoice) => void;
  readonly onTable: (path: string) => void;
}

/** Boxes and masks are drawn over films in any case; a table that was not understood can be explained by hand. */
const canBeUsed = ({ format, columns }: ScannedTable): boolean =>
  format === null
    ? columns.length > 0
    : labelFormat(format).gives.some((what) => what === 'labels' || what === 'patients' || what === 'split');

function roleInWords({ role, by, films, through, reason }: TableUse): string {
  if (role === 'unused') return `Not used: ${reason}.`;
  const how = role === 'joined' || by !== 'film' ? ` ${JOIN_LEVELS[by]}` : '';
  const way = through ? ` through ${through}` : '';
  const more = reason ? ` (${reason})` : '';
  const act = TABLE_ROLES[role];
  return `${act[0]!.toUpperCase()}${act.slice(1)}${how}${way}, ${formatCounted(films, 'film')}${more}.`;
}

function Description({ table }: { table: ScannedTable }) {
  const { format, error, rows, matched, use } = table;
  if (format === null) return <>{error?.message ?? 'not understood'}</>;
  return (
    <>
      {LABEL_FORMATS[format].name}; {formatCount(matched)} of {formatCount(rows)} rows match.
      {use && (
        <span className={use.role === 'unused' ? styles.labelUnused : undefined}> {roleInWords(use)}</span>
      )}
    </>
  );
}

export function LabelFiles({ summary, draft, table, locked, onDraft, onTable }: Props) {
  const tables = summary.scan?.tables ?? [];
  if (tables.length === 0) {
    return (
      <p>There is no label file. The classes come from the names of folders: {summary.labels?.format}.</p>
    );
  }
  const used = usedPaths(draft, tables);
  const decided = draft.use !== undefined || draft.file !== undefined;
  const { file: _, use: __, ...detected } = draft;
  return (
    <fieldset className={styles.labelFilesGroup}>
      <legend>Labels come from</legend>
      <div className={styles.labelFiles}>
        {tables.map((each) => (
          <div
            key={each.path}
            className={styles.labelFile}
            data-testid="label-file"
            data-role={each.use?.role ?? 'failed'}
          >
            <Checkbox
              size="xs"
              checked={used.includes(each.path)}
              disabled={locked || !canBeUsed(each)}
              label={each.path}
              description={<Description table={each} />}
              onChange={() => {
                onDraft(toggled(draft, tables, each.path));
                onTable(each.path);
              }}
            />
            {each.columns.length > 0 && (
              <Button
                variant={each.path === table?.path ? 'light' : 'subtle'}
                size="compact-xs"
                aria-pressed={each.path === table?.path}
                aria-label={`Columns of ${each.path}`}
                onClick={() => onTable(each.path)}
              >
                Columns
              </Button>
            )}
          </div>
        ))}
      </div>
      <p className={`dim ${styles.labelFilesFoot}`}>
        {used.length === 0 && 'No file: names of folders, where they are classes; else no labels. '}
        {decided && (
          <Button variant="subtle" size="compact-xs" disabled={locked} onClick={() => onDraft(detected)}>
            As detected
          </Button>
        )}
      </p>
    </fieldset>
  );
}
