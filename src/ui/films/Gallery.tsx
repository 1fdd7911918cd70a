// All films in one window, filtered by split, finding and quality.

import { Button, Modal, SegmentedControl, Select, Switch } from '@mantine/core';
import { useMemo, useState } from 'react';
import { flagBit, QUALITY, QUALITY_FLAGS } from '../../protocol/arrangement.ts';
import { type FilmTable, LABEL_POSITIVE, PLACE_OUT, type Placement, SPLITS } from '../../protocol/dataset.ts';
import { useDataset } from '../../store/films/dataset.ts';
import {
  closeGallery,
  filterGallery,
  showWholeGallery,
  useGallery,
  useViewer,
} from '../../store/films/viewer.ts';
import { useSettings } from '../../store/page/settings.ts';
import { formatCounted } from '../../util/format.ts';
import styles from './FilmGrid.module.css';
import { FilmGrid } from './FilmGrid.tsx';

const SPLIT_CHOICES = [
  { value: 'all', label: 'All' },
  { value: 'train', label: 'Train' },
  { value: 'val', label: 'Val' },
  { value: 'test', label: 'Test' },
  { value: 'out', label: 'Left out' },
];
const FLAG_CHOICES = QUALITY_FLAGS.map((flag) => ({ value: flag, label: QUALITY[flag].name }));

type Wanted = Placement | 'all';

const isWanted = (value: string): value is Wanted => SPLIT_CHOICES.some((choice) => choice.value === value);
const indexOf = (place: Placement) => (place === 'out' ? PLACE_OUT : SPLITS.indexOf(place));

/** Indices of the films of a split that have the finding of a column and any of the flags; -1 and 0 ask for none. */
function filmsWith(images: FilmTable, split: Wanted, column: number, flags: number): number[] {
  const findings = images.labels.length / Math.max(1, images.length);
  const wanted = split === 'all' ? -1 : indexOf(split);
  const films: number[] = [];
  for (let film = 0; film < images.length; film++) {
    if (wanted >= 0 && images.splits[film] !== wanted) continue;
    if (flags !== 0 && (images.flags[film]! & flags) === 0) continue;
    if (column < 0 || images.labels[film * findings + column] === LABEL_POSITIVE) films.push(film);
  }
  return films;
}

/** Duplicates beside the films they resemble, those first. */
function besideTheirFirst(films: readonly number[], duplicateOf: ReadonlyMap<number, number>): number[] {
  const copies = new Map<number, number[]>();
  for (const film of films) {
    const first = duplicateOf.get(film);
    if (first === undefined) continue;
    const known = copies.get(first);
    if (known) known.push(film);
    else copies.set(first, [film]);
  }
  return [...copies].flatMap(([first, others]) => [first, ...others]);
}

export function Gallery() {
  const { opened, flag, only } = useGallery();
  const summary = useDataset((state) => state.summary);
  const named = useSettings((settings) => settings.namesShown);
  const viewing = useViewer((viewer) => viewer.film !== null);
  const [split, setSplit] = useState<Wanted>('all');
  const [finding, setFinding] = useState<string | null>(null);
  const films = useMemo(() => {
    const column = finding === null ? -1 : (summary?.findings.indexOf(finding) ?? -1);
    if (!summary) return [];
    const gathered = only && new Set(only);
    const found = filmsWith(summary.filmTable, split, column, flag ? flagBit(flag) : 0).filter(
      (film) => !gathered || gathered.has(film),
    );
    const { quality } = summary;
    return flag === 'duplicate' && quality ? besideTheirFirst(found, quality.duplicateOf) : found;
  }, [summary, split, finding, flag, only]);
  if (!summary) return null;
  return (
    <Modal
      opened={opened}
      onClose={closeGallery}
      size="80rem"
      title={`Films of ${summary.name}`}
      closeOnEscape={!viewing}
    >
      <div className={styles.galleryBar}>
        <SegmentedControl
          size="xs"
          aria-label="Split"
          data={SPLIT_CHOICES}
          value={split}
          onChange={(value) => setSplit(isWanted(value) ? value : 'all')}
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
        {summary.quality && (
          <Select
            size="xs"
            w={160}
            aria-label="Quality"
            placeholder="Any quality"
            clearable
            data={FLAG_CHOICES}
            value={flag}
            onChange={(value) => filterGallery(QUALITY_FLAGS.find((name) => name === value) ?? null)}
          />
        )}
        {only && (
          <Button variant="default" onClick={showWholeGallery}>
            Show all films
          </Button>
        )}
        <Switch
          size="xs"
          label="File names"
          checked={named}
          onChange={(event) => useSettings.setState({ namesShown: event.currentTarget.checked })}
        />
        <span className="spring" />
        <span className="dim num">{formatCounted(films.length, 'film')}</span>
      </div>
      <FilmGrid films={films} images={summary.filmTable} cell={116} height={560} captions opens />
    </Modal>
  );
}
