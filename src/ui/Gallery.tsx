// All films in one window, filtered by split and finding.

import { Modal, SegmentedControl, Select, Switch } from '@mantine/core';
import { useMemo, useState } from 'react';
import { type FilmTable, LABEL_POSITIVE, SPLITS, type Split } from '../protocol/dataset.ts';
import { useDataset } from '../store/dataset.ts';
import { useSettings } from '../store/settings.ts';
import { useViewer } from '../store/viewer.ts';
import { formatCount } from '../util/format.ts';
import { FilmGrid } from './parts/FilmGrid.tsx';

const SPLIT_CHOICES = [
  { value: 'all', label: 'All' },
  { value: 'train', label: 'Train' },
  { value: 'val', label: 'Val' },
  { value: 'test', label: 'Test' },
];

/** Indices of the films of a split that have the finding of a column; -1 asks for none. */
function filmsWith(images: FilmTable, split: Split | 'all', column: number): number[] {
  const findings = images.labels.length / Math.max(1, images.length);
  const wanted = split === 'all' ? -1 : SPLITS.indexOf(split);
  const films: number[] = [];
  for (let film = 0; film < images.length; film++) {
    if (wanted >= 0 && images.splits[film] !== wanted) continue;
    if (column < 0 || images.labels[film * findings + column] === LABEL_POSITIVE) films.push(film);
  }
  return films;
}

export function Gallery({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const summary = useDataset((state) => state.summary);
  const named = useSettings((settings) => settings.namesShown);
  const viewing = useViewer((viewer) => viewer.film !== null);
  const [split, setSplit] = useState<Split | 'all'>('all');
  const [finding, setFinding] = useState<string | null>(null);
  const films = useMemo(() => {
    const column = finding === null ? -1 : (summary?.findings.indexOf(finding) ?? -1);
    return summary ? filmsWith(summary.images, split, column) : [];
  }, [summary, split, finding]);
  if (!summary) return null;
  return (
    <Modal
      opened={opened}
      onClose={onClose}
      size="80rem"
      title={`Films of ${summary.name}`}
      closeOnEscape={!viewing}
    >
      <div className="gallery-bar">
        <SegmentedControl
          size="xs"
          aria-label="Split"
          data={SPLIT_CHOICES}
          value={split}
          onChange={(value) => setSplit(SPLITS.find((name) => name === value) ?? 'all')}
        />
        <Select
          size="xs"
          w={200}
          aria-label="Finding"
          placeholder="Any finding"
          clearable
          searchable
          data={[...summary.findings]}
          value={finding}
          onChange={setFinding}
        />
        <Switch
          size="xs"
          label="File names"
          checked={named}
          onChange={(event) => useSettings.setState({ namesShown: event.currentTarget.checked })}
        />
        <span className="spring" />
        <span className="dim num">{formatCount(films.length)} films</span>
      </div>
      <FilmGrid films={films} images={summary.images} cell={116} height={560} captions opens />
    </Modal>
  );
}
