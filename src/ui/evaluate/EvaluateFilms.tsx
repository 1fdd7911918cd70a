// On which films the encoder is evaluated: those of the run, or another folder with labels and parts of its own, which is chosen here or
// dropped on the page, and let go of again. Neither changes the run or its films.

import { ActionIcon, Button, SegmentedControl, Tooltip } from '@mantine/core';
import { IconFolderOpen, IconX } from '@tabler/icons-react';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { WAYS_OUT } from '../../store/films/arrange.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { dropOther, readOtherAgain, useOtherFilms } from '../../store/films/other.ts';
import { useWhyNotProtected } from '../../store/page/protection.ts';
import { evaluateOnOther, useEvaluation } from '../../store/run/evaluation.ts';
import { useSession } from '../../store/session.ts';
import { formatCounted } from '../../util/format.ts';
import { chooseFolder, OTHER_FOLDER, offerOther } from '../data/FileInputs.tsx';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import styles from './EvaluateFilms.module.css';

/** Where they are not those of the run, what they are. */
function inWords({ films, findings, splitRule }: DatasetSummary): string {
  const { train, val, test } = films;
  const labels = findings.length > 0 ? formatCounted(findings.length, 'finding') : 'no labels';
  return `${train} training, ${val} validation and ${test} test films, ${labels}. ${splitRule}`;
}

function Choice({ name }: { name: string }) {
  const onOther = useEvaluation((state) => state.onOther);
  const running = useEvaluation((state) => state.running);
  const own = useDataset(({ source, summary }) => summary?.name ?? source?.name ?? 'films of the run');
  return (
    <SegmentedControl
      size="xs"
      aria-label="Films to evaluate on"
      data-testid="evaluate-films"
      disabled={running}
      data={[
        { value: 'own', label: `${own} (run)` },
        { value: 'other', label: name },
      ]}
      value={onOther ? 'other' : 'own'}
      onChange={(value) => evaluateOnOther(value === 'other')}
    />
  );
}

function Other() {
  const { source, reading, listed, progress, summary } = useOtherFilms();
  const onOther = useEvaluation((state) => state.onOther);
  const running = useEvaluation((state) => state.running);
  if (!source) return <span className="dim">The films of the run</span>;
  const far = progress ? `${progress.done} of ${progress.total} films` : `${listed} files listed`;
  return (
    <>
      <Choice name={source.name} />
      <Tooltip label="Let go of the other films">
        <ActionIcon
          size={24}
          aria-label={`Let go of ${source.name}`}
          data-testid="other-drop"
          disabled={running}
          onClick={() => void dropOther()}
        >
          <IconX size={14} />
        </ActionIcon>
      </Tooltip>
      <span className={`dim ${styles.otherWords}`} role="status" data-testid="other-words">
        {reading && `Reading: ${far}`}
        {summary && onOther && inWords(summary)}
      </span>
    </>
  );
}

function Failure() {
  const error = useOtherFilms((state) => state.error);
  if (!error) return null;
  return (
    <ErrorNotice error={error} title="The other films were not read" onClose={() => void dropOther()}>
      {WAYS_OUT[error.code]?.map(({ label, change }) => (
        <Button key={label} variant="default" onClick={() => void readOtherAgain(change)}>
          {label}
        </Button>
      ))}
    </ErrorNotice>
  );
}

export function EvaluateFilms() {
  const hasModel = useSession(({ runConfig }) => runConfig !== null);
  const running = useEvaluation((state) => state.running);
  const closed = useWhyNotProtected();
  if (!hasModel) return null;
  return (
    <>
      <div className={styles.otherFilms}>
        <span className={shared.control}>Films</span>
        <Other />
        <Button
          variant="default"
          size="compact-xs"
          data-testid="other-choose"
          disabled={closed !== null || running}
          leftSection={<IconFolderOpen size={13} aria-hidden />}
          onClick={() => void chooseFolder(offerOther, OTHER_FOLDER)}
        >
          Other folder…
        </Button>
      </div>
      <Failure />
    </>
  );
}
