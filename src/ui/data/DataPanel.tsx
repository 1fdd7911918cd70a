// The films at hand: where they come from, how far reading them is, what they are, and what was left out.

import { ActionIcon, Badge, Tooltip } from '@mantine/core';
import { IconArrowsMaximize, IconEye, IconEyeOff } from '@tabler/icons-react';
import { useMemo } from 'react';
import type { DatasetSummary } from '../../protocol/dataset.ts';
import { commandOf } from '../../store/commands.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { showGallery } from '../../store/films/viewer.ts';
import { useSettings } from '../../store/page/settings.ts';
import { formatCounted } from '../../util/format.ts';
import { FilmGrid } from '../films/FilmGrid.tsx';
import { Section } from '../shell/Section.tsx';
import shared from '../shell/shared.module.css';
import { DataPanelCache } from './DataPanelCache.tsx';
import { DataPanelCounts } from './DataPanelCounts.tsx';
import { DataPanelLabels } from './DataPanelLabels.tsx';
import { DataPanelQuality } from './DataPanelQuality.tsx';
import { DataPanelFailure, DataPanelReading } from './DataPanelReading.tsx';
import { DataPanelSkipped } from './DataPanelSkipped.tsx';
import { DataPanelFolders, DataPanelSource } from './DataPanelSource.tsx';
import { DataPanelSplit } from './DataPanelSplit.tsx';
import { DataPanelSubfolders } from './DataPanelSubfolders.tsx';
import styles from './data.module.css';

const range = (count: number) => Array.from({ length: count }, (_, i) => i);

function Headline({ summary }: { summary: DatasetSummary }) {
  const patients = summary.patients.train + summary.patients.val + summary.patients.test;
  return (
    <div>
      <div className={styles.headlineName}>
        <strong data-testid="dataset-name">{summary.name}</strong>
        {summary.synthetic && (
          <Badge size="sm" variant="default" tt="none" fw={500} data-testid="synthetic-badge">
            synthetic
          </Badge>
        )}
      </div>
      <p className="dim num">
        {formatCounted(summary.filmTable.length, 'film')} · {formatCounted(patients, 'patient')} ·{' '}
        {summary.findings.length > 0 ? formatCounted(summary.findings.length, 'finding') : 'no labels'}
      </p>
      {summary.synthetic && <p className="dim">Drawn by a program, seeded. No patient is behind them.</p>}
    </div>
  );
}

function Films() {
  const images = useDataset((state) => state.summary?.filmTable ?? null);
  const came = useDataset((state) => state.thumbnailCount);
  const named = useSettings((settings) => settings.namesShown);
  const count = images?.length ?? came;
  const films = useMemo(() => range(count), [count]);
  if (films.length === 0) return null;
  return (
    <div>
      <div className={shared.subhead}>
        <h3>Films</h3>
        <span className="spring" />
        <Tooltip label={named ? 'Hide file names' : 'Show file names'}>
          <ActionIcon
            size={24}
            aria-label={named ? 'Hide file names' : 'Show file names'}
            onClick={() => commandOf('names').run()}
          >
            {named ? <IconEyeOff size={15} /> : <IconEye size={15} />}
          </ActionIcon>
        </Tooltip>
        <Tooltip label="All films, with filters">
          <ActionIcon
            size={24}
            aria-label="All films, with filters"
            disabled={images === null}
            data-testid="open-gallery"
            onClick={() => showGallery()}
          >
            <IconArrowsMaximize size={15} />
          </ActionIcon>
        </Tooltip>
      </div>
      <FilmGrid films={films} images={images} cell={50} height={110} />
    </div>
  );
}

export function DataPanel() {
  const phase = useDataset((state) => state.phase);
  const summary = useDataset((state) => state.summary);
  const error = useDataset((state) => state.error);
  const reading = phase === 'listing' || phase === 'reading';
  return (
    <Section title="Data">
      <div className={styles.dataPanel} data-testid="data-panel" data-state={phase}>
        {summary && <Headline summary={summary} />}
        {phase === 'empty' && (
          <p>
            Choose a folder of chest X-rays, drop one anywhere on this page, or take the synthetic set. PNG,
            JPEG and DICOM are read. Everything stays on this machine.
          </p>
        )}
        {reading && <DataPanelReading />}
        {error && <DataPanelFailure error={error} />}
        <DataPanelFolders />
        <DataPanelSource />
        {summary && <DataPanelLabels summary={summary} />}
        {summary && <DataPanelCounts summary={summary} />}
        {summary && <DataPanelSplit summary={summary} />}
        {summary && <DataPanelQuality summary={summary} />}
        {summary && !summary.synthetic && <DataPanelSubfolders summary={summary} />}
        <Films />
        {summary && summary.skipped.length > 0 && <DataPanelSkipped skipped={summary.skipped} />}
        <DataPanelCache />
      </div>
    </Section>
  );
}
