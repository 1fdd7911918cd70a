// How the label files of a folder were understood, what can be decided about it, and what became of every row. Nothing is
// changed until "Use these labels" is pressed; then the films are labelled anew without being read again. Words for parts that
// are not known are asked about here: their films are in no part until a person says what they mean.

import { Button, Modal, Select } from '@mantine/core';
import { useEffect, useState } from 'react';
import { type DatasetSummary, type Placement, SPLITS } from '../../protocol/dataset.ts';
import type { LabelChoice, ScannedTable } from '../../protocol/labels.ts';
import { arrange, confirmLabels, useArrangement } from '../../store/films/arrange.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { showLabels, useGallery } from '../../store/films/viewer.ts';
import { runExists, useSession } from '../../store/session.ts';
import { formatCounted } from '../../util/format.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';
import { LabelFiles } from './LabelFiles.tsx';
import { LabelOptions } from './LabelOptions.tsx';
import { usedPaths } from './labelDraft.ts';
import { MatchReport } from './MatchReport.tsx';

interface Props {
  readonly summary: DatasetSummary;
  readonly opened: boolean;
  readonly onClose: () => void;
}

/** The table whose columns are shown: the one picked, else the first that is used. */
function tableShown(
  { scan }: DatasetSummary,
  draft: LabelChoice,
  picked: string | null,
): ScannedTable | undefined {
  const tables = scan?.tables ?? [];
  const own = tables.find(({ path }) => path === picked);
  if (own) return own;
  const used = usedPaths(draft, tables).flatMap((path) => tables.find((table) => table.path === path) ?? []);
  return used.find(({ use }) => use?.role === 'labels') ?? used[0];
}

const positivesOf = ({ scan }: DatasetSummary): Map<string, number> =>
  new Map((scan?.findings ?? []).map((finding, at) => [finding, scan!.positives[at]!]));

export const hasLabelFiles = ({ labels, scan }: DatasetSummary): boolean =>
  labels !== null || (scan?.tables.length ?? 0) > 0;

/** The dialog over the films at hand. It stands beside the columns, so that it outlives the panel that folds away. */
export function LabelsWindow() {
  const summary = useDataset((state) => state.summary);
  const opened = useGallery((state) => state.labelsOpened);
  if (!summary || !hasLabelFiles(summary)) return null;
  return <LabelsDialog summary={summary} opened={opened} onClose={() => showLabels(false)} />;
}

export function LabelsDialog({ summary, opened, onClose }: Props) {
  const { choice, busy, error } = useArrangement();
  const locked = useSession(runExists);
  const [draft, setDraft] = useState<LabelChoice>({});
  const [picked, setPicked] = useState<string | null>(null);
  useEffect(() => {
    if (!opened) return;
    setDraft(useArrangement.getState().choice.labels ?? {});
    setPicked(null);
  }, [opened]);
  const table = tableShown(summary, draft, picked);
  const apply = async () => {
    const isSame = JSON.stringify(draft) === JSON.stringify(choice.labels ?? {});
    if (!isSame && !(await arrange({ labels: draft }))) return;
    confirmLabels();
    onClose();
  };
  return (
    <Modal opened={opened} onClose={onClose} size="64rem" title={`Labels of ${summary.name}`}>
      <div className={styles.labelsDialog} data-testid="labels-dialog">
        <div className={styles.labelsChoices}>
          <LabelFiles
            summary={summary}
            draft={draft}
            table={table}
            onDraft={setDraft}
            onTable={setPicked}
            locked={locked}
          />
          <PartWords summary={summary} draft={draft} onDraft={setDraft} locked={locked} />
          {table && (
            <LabelOptions
              table={table}
              tables={summary.scan?.tables ?? []}
              draft={draft}
              onDraft={setDraft}
              locked={locked}
              counts={positivesOf(summary)}
            />
          )}
        </div>
        <div className={styles.labelsOutcome}>
          <MatchReport summary={summary} />
        </div>
        <div className={styles.labelsFoot}>
          {error && <ErrorNotice error={error} />}
          {locked && <p className="dim">A run is at hand. End it to change labels.</p>}
          <div className={shared.acts}>
            <Button variant="default" onClick={onClose}>
              Close
            </Button>
            <Button data-testid="labels-apply" loading={busy} disabled={locked} onClick={() => void apply()}>
              Use these labels
            </Button>
          </div>
        </div>
      </div>
    </Modal>
  );
}

interface PartWordsProps {
  readonly summary: DatasetSummary;
  readonly draft: LabelChoice;
  readonly locked: boolean;
  readonly onDraft: (draft: LabelChoice) => void;
}

const MEANINGS: readonly { readonly value: Placement; readonly label: string }[] = [
  ...SPLITS.map((value) => ({ value, label: { train: 'training', val: 'validation', test: 'test' }[value] })),
  { value: 'out', label: 'leave out' },
];
/** More words than this are no parts; a column was taken that says something else. */
const MOST_SHOWN = 24;

export function PartWords({ summary, draft, locked, onDraft }: PartWordsProps) {
  const asked = summary.unknownParts ?? [];
  const counts = new Map(asked.map(({ word, films }) => [word, films]));
  const words = [...new Set([...counts.keys(), ...Object.keys(draft.parts ?? {})])];
  if (words.length === 0) return null;
  return (
    <section className={styles.labelOptions} data-testid="part-words" aria-label="Words for parts">
      <p>Which part is it? Films of a part that is not known are left out until you say so.</p>
      {words.slice(0, MOST_SHOWN).map((word) => (
        <div key={word} className={styles.labelField}>
          <span className={`${styles.labelFieldName} ${styles.partWord}`}>
            {word}{' '}
            <span className="num dim">{counts.has(word) && formatCounted(counts.get(word)!, 'film')}</span>
          </span>
          <Select
            size="xs"
            aria-label={`The part ${word} is`}
            disabled={locked}
            data={MEANINGS}
            placeholder="Not known"
            allowDeselect={false}
            value={draft.parts?.[word] ?? null}
            onChange={(part) => onDraft({ ...draft, parts: { ...draft.parts, [word]: part as Placement } })}
          />
        </div>
      ))}
      {words.length > MOST_SHOWN && <p className="dim">{words.length - MOST_SHOWN} more words.</p>}
    </section>
  );
}
