// How the label files of a folder were understood, what can be decided about it, and what became of every row. Nothing is
// changed until "Use these labels" is pressed; then the films are labelled anew without being read again.

import { Button, Modal } from '@mantine/core';
import { useEffect, useState } from 'react';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import type { LabelChoice, ScannedTable } from '../../protocol/labels.ts';
import { arrange, confirmLabels, useArrangement } from '../../store/films/arrange.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { showLabels, useGallery } from '../../store/films/gallery.ts';
import { runExists, useSession } from '../../store/session.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';
import { LabelFiles } from './LabelFiles.tsx';
import { LabelOptions } from './LabelOptions.tsx';
import { usedPaths } from './labelDraft.ts';
import { MatchReport } from './MatchReport.tsx';
import { PartWords } from './PartWords.tsx';

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
