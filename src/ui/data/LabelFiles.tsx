// The label files of a folder, one line each: what format it has and how many of its rows name a film; which of them gives
// the labels is chosen here.

import { Radio } from '@mantine/core';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { LABEL_FORMATS, type LabelChoice, labelFormat, type ScannedTable } from '../../protocol/labels.ts';
import { formatCount } from '../../util/format.ts';

interface Props {
  readonly summary: DatasetSummary;
  readonly draft: LabelChoice;
  readonly table: ScannedTable | undefined;
  readonly locked: boolean;
  readonly onDraft: (draft: LabelChoice) => void;
}

const NO_TABLE = '';

/**
 * Boxes and lists work beside the labels; they are not chosen instead of them. A table that was not understood can be
 * explained by hand, as long as it has columns.
 */
const canLabel = ({ format, columns }: ScannedTable): boolean =>
  format === null
    ? columns.length > 0
    : labelFormat(format).gives.some((what) => what === 'labels' || what === 'patients');

function roleOf({ format, error, rows, matched }: ScannedTable): string {
  if (format === null) return error?.message ?? 'not understood';
  const { gives } = labelFormat(format);
  const beside =
    gives.includes('boxes') || gives.includes('masks') ? 'drawn over the films' : 'gives the split';
  const rest = gives.includes('labels') || gives.includes('patients') ? '' : `, ${beside}`;
  return `${LABEL_FORMATS[format].name}${rest}; ${formatCount(matched)} of ${formatCount(rows)} rows match`;
}

export function LabelFiles({ summary, draft, table, locked, onDraft }: Props) {
  const tables = summary.scan?.tables ?? [];
  const folders = summary.labels?.formatId === null && !table;
  const choose = (path: string) => onDraft(path === NO_TABLE ? { file: null } : { file: path });
  if (tables.length === 0) {
    return (
      <p>There is no label file. The classes come from the names of folders: {summary.labels?.format}.</p>
    );
  }
  return (
    <Radio.Group
      label="Labels come from"
      value={draft.file === null || folders ? NO_TABLE : (table?.path ?? null)}
      onChange={choose}
    >
      <div className="label-files">
        {tables.map((each) => (
          <Radio
            key={each.path}
            size="xs"
            value={each.path}
            disabled={locked || !canLabel(each)}
            label={each.path}
            description={roleOf(each)}
          />
        ))}
        <Radio
          size="xs"
          value={NO_TABLE}
          disabled={locked}
          label="No file"
          description="names of folders, where they are classes; else no labels"
        />
      </div>
    </Radio.Group>
  );
}
