// How films are put into training, validation and test: the rule in words, and the form that changes it. A change parts the
// films at hand anew; while a run is at hand its parts stay as they are.

import { Button, Collapse, NumberInput, SegmentedControl, Select } from '@mantine/core';
import { useId, useState } from 'react';
import {
  DEFAULT_SHARES,
  type Overlap,
  type SplitChoice,
  type SplitShares,
  STRATIFY,
  type Stratify,
} from '../../protocol/arrangement.ts';
import { type DatasetSummary, SPLITS, type Split } from '../../protocol/dataset.ts';
import { SPLIT_SEED } from '../../protocol/intake.ts';
import { arrange, useArrangement } from '../../store/films/arrange.ts';
import { showLabels } from '../../store/films/viewer.ts';
import { runExists, useSession } from '../../store/session.ts';
import { formatCounted } from '../../util/format.ts';
import { ErrorNotice } from '../shell/ErrorNotice.tsx';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';

const SPLIT_LABELS: Record<Split, string> = { train: 'Train', val: 'Val', test: 'Test' };

interface FormProps {
  readonly draft: SplitChoice;
  readonly onDraft: (draft: SplitChoice) => void;
}

function DrawnFields({ draft, onDraft }: FormProps) {
  const shares = draft.shares ?? DEFAULT_SHARES;
  /** What is not held out is for training. */
  const hold = (part: 'val' | 'test', value: number) => {
    const next = { ...shares, [part]: value };
    onDraft({ ...draft, shares: { ...next, train: 100 - next.val - next.test } satisfies SplitShares });
  };
  return (
    <>
      <div className={styles.splitShares}>
        {SPLITS.map((part) => (
          <NumberInput
            key={part}
            size="xs"
            label={SPLIT_LABELS[part]}
            suffix=" %"
            min={part === 'train' ? 1 : 0}
            max={part === 'train' ? 100 : 99 - shares[part === 'val' ? 'test' : 'val']}
            clampBehavior="strict"
            hideControls
            allowDecimal={false}
            readOnly={part === 'train'}
            value={shares[part]}
            onChange={(value) => part !== 'train' && hold(part, Number(value) || 0)}
          />
        ))}
        <NumberInput
          size="xs"
          label="Seed"
          min={0}
          max={2 ** 31}
          clampBehavior="strict"
          hideControls
          allowDecimal={false}
          value={draft.seed ?? SPLIT_SEED}
          onChange={(value) => onDraft({ ...draft, seed: Number(value) || 0 })}
        />
      </div>
      <Select
        size="xs"
        label="Even in all parts"
        allowDeselect={false}
        data={Object.entries(STRATIFY).map(([value, label]) => ({ value, label }))}
        value={draft.stratify ?? 'every'}
        onChange={(value) => onDraft({ ...draft, stratify: value as Stratify })}
      />
    </>
  );
}

function GivenFields({ draft, onDraft }: FormProps) {
  return (
    <Select
      size="xs"
      label="Patients in two parts"
      allowDeselect={false}
      data={[
        { value: 'refuse', label: 'refuse the split' },
        { value: 'leave-out', label: 'leave them out of the earlier part' },
        { value: 'keep-training', label: 'keep them in training alone' },
      ]}
      value={draft.overlap ?? 'refuse'}
      onChange={(value) => onDraft({ ...draft, overlap: value as Overlap })}
    />
  );
}

function SplitForm({ given, onDone }: { given: boolean; onDone: () => void }) {
  const { choice, busy, error } = useArrangement();
  const [draft, setDraft] = useState<SplitChoice>(choice.split ?? {});
  const drawn = draft.source === 'drawn' || !given;
  const apply = async () => {
    if (await arrange({ split: draft })) onDone();
  };
  return (
    <div className={styles.splitForm} data-testid="split-form">
      {given && (
        <SegmentedControl
          size="xs"
          fullWidth
          aria-label="Source of the split"
          data={[
            { value: 'given', label: 'As given' },
            { value: 'drawn', label: 'Drawn by patient' },
          ]}
          value={drawn ? 'drawn' : 'given'}
          onChange={(value) => setDraft({ ...draft, source: value as 'given' | 'drawn' })}
        />
      )}
      {drawn ? (
        <DrawnFields draft={draft} onDraft={setDraft} />
      ) : (
        <GivenFields draft={draft} onDraft={setDraft} />
      )}
      {error && <ErrorNotice error={error} />}
      <Button fullWidth data-testid="split-apply" loading={busy} onClick={() => void apply()}>
        Split anew
      </Button>
    </div>
  );
}

export function DataPanelSplit({ summary }: { summary: DatasetSummary }) {
  const [open, setOpen] = useState(false);
  const locked = useSession(runExists);
  const form = useId();
  const given = summary.givenSplit !== undefined;
  return (
    <div data-testid="split">
      <div className={shared.subhead}>
        <h3>Split</h3>
        <span className="spring" />
        <Button
          variant="subtle"
          size="compact-xs"
          aria-expanded={open}
          aria-controls={form}
          disabled={locked}
          data-testid="split-open"
          onClick={() => setOpen(!open)}
        >
          {open ? 'Close' : 'Change'}
        </Button>
      </div>
      <p className={`dim ${styles.countsRule}`}>{summary.splitRule}</p>
      {(summary.unknownParts?.length ?? 0) > 0 && (
        <div className={styles.question} data-testid="parts-question">
          <span>Which parts are these films?</span>
          <Button size="compact-xs" disabled={locked} onClick={() => showLabels(true)}>
            Say
          </Button>
        </div>
      )}
      {summary.leftOut > 0 && (
        <p className={`dim ${styles.countsRule}`} data-testid="left-out-films">
          {formatCounted(summary.leftOut, 'film')} left out of all parts.
        </p>
      )}
      {locked && open && <p className={`dim ${styles.countsRule}`}>End the run to change its split.</p>}
      <Collapse expanded={open && !locked} id={form}>
        <SplitForm key={summary.fingerprint} given={given} onDone={() => setOpen(false)} />
      </Collapse>
    </div>
  );
}
