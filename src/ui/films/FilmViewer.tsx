// One film, large: on black in true aspect, with window, level and zoom, and beside it what the file says. Opened
// from any thumbnail; turns through the set with the arrow keys.

import { ActionIcon, Button, Modal, Tooltip } from '@mantine/core';
import { IconChevronLeft, IconChevronRight, IconX } from '@tabler/icons-react';
import { useEffect } from 'react';
import { filmAt } from '../../protocol/dataset.ts';
import type { FilmView } from '../../protocol/film.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { closeViewer, setZoom, turnViewer, useViewer } from '../../store/films/viewer.ts';
import { useSettings } from '../../store/page/settings.ts';
import { formatCount } from '../../util/format.ts';
import { clampZoom, FilmStage } from './FilmStage.tsx';
import styles from './FilmViewer.module.css';
import { MarksControls, MarksOverlay } from './MarksOverlay.tsx';
import { DrawnMaskControls, DrawnMaskOverlay } from './MaskLayer.tsx';
import { TagTable } from './TagTable.tsx';
import { WindowControls } from './WindowControls.tsx';

const ZOOM_STEP = 1.25;
/** Windows of Mantine lie at 200. */
const ABOVE_GALLERY = 250;

/** Keys of the viewer while it is open. */
const KEYS: Readonly<Record<string, () => void>> = {
  ArrowLeft: () => turnViewer(-1),
  ArrowRight: () => turnViewer(1),
  '+': () => setZoom(clampZoom(useViewer.getState().scale * ZOOM_STEP)),
  '-': () => setZoom(clampZoom(useViewer.getState().scale / ZOOM_STEP)),
  '0': () => setZoom(null),
  // After every listener: the gallery below must still see the viewer open, or the same press would close it too.
  Escape: () => void setTimeout(closeViewer),
};

const HAS_OWN_KEYS = 'input:not([type=checkbox]), [role=slider], textarea';

function useViewerKeys(): void {
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      const target = event.target instanceof Element ? event.target : null;
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key !== 'Escape' && target?.closest(HAS_OWN_KEYS)) return;
      const act = KEYS[event.key];
      if (!act) return;
      event.preventDefault();
      act();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, []);
}

function Bar({ film, name }: { film: number; name: string }) {
  const films = useDataset(({ summary }) => summary?.filmTable.length ?? 0);
  const { zoom, scale, spot } = useViewer();
  return (
    <header className={styles.viewerBar}>
      <Tooltip label="Previous film (←)">
        <ActionIcon aria-label="Previous film" onClick={() => turnViewer(-1)}>
          <IconChevronLeft size={16} />
        </ActionIcon>
      </Tooltip>
      <Tooltip label="Next film (→)">
        <ActionIcon aria-label="Next film" data-testid="viewer-next" onClick={() => turnViewer(1)}>
          <IconChevronRight size={16} />
        </ActionIcon>
      </Tooltip>
      <span className={`num ${styles.viewerTitle}`} data-testid="viewer-title">
        {name}
        <span className="dim">
          {' '}
          film {formatCount(film + 1)} of {formatCount(films)}
        </span>
      </span>
      <span className="spring" />
      <span className={`num dim ${styles.viewerSpot}`} data-testid="viewer-spot">
        {spot && `${spot.x}, ${spot.y}: ${Number(spot.value.toPrecision(6))}`}
      </span>
      <Button size="compact-xs" variant={zoom === null ? 'filled' : 'default'} onClick={() => setZoom(null)}>
        Fit
      </Button>
      <Button size="compact-xs" variant={zoom === 1 ? 'filled' : 'default'} onClick={() => setZoom(1)}>
        1:1
      </Button>
      <span className={`num ${styles.viewerZoom}`}>{Math.round(100 * scale)} %</span>
      <ActionIcon aria-label="Close the viewer" data-testid="viewer-close" onClick={closeViewer}>
        <IconX size={16} />
      </ActionIcon>
    </header>
  );
}

function factsOf(view: FilmView): (readonly [string, string])[] {
  const { taking = {} } = view;
  const facts: (readonly [string, string | undefined])[] = [
    ['Size', `${view.originalWidth} × ${view.originalHeight} px`],
    ['Format', view.packing ? `DICOM, ${view.packing}` : view.format.toUpperCase()],
    ['View', taking.view],
    ['Side', taking.laterality],
    ['Pixel', taking.spacing && `${taking.spacing[1]} × ${taking.spacing[0]} mm`],
    ['Scale', view.inverted ? 'inverted (MONOCHROME1)' : undefined],
    ['Note', view.note],
  ];
  return facts.flatMap(([name, value]) => (value ? [[name, value] as const] : []));
}

function Side({ view }: { view: FilmView }) {
  return (
    <aside className={styles.viewerSide} aria-label="About this film">
      <dl className={styles.viewerFacts}>
        {factsOf(view).map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <WindowControls view={view} />
      <MarksControls />
      <DrawnMaskControls />
      {view.tags.length > 0 && <TagTable view={view} />}
    </aside>
  );
}

function Opened({ film }: { film: number }) {
  const { view, problem } = useViewer();
  const images = useDataset(({ summary }) => summary?.filmTable ?? null);
  const named = useSettings((settings) => settings.namesShown);
  useViewerKeys();
  const name = named && images ? filmAt(images, film).path : '';
  return (
    // It takes the focus itself: on a button its tooltip would open over the film, and take the first Escape.
    <div
      className={styles.viewer}
      tabIndex={-1}
      data-autofocus
      data-testid="viewer"
      data-state={problem ? 'failed' : view ? 'shown' : 'reading'}
    >
      <Bar film={film} name={name} />
      {view ? (
        <>
          <FilmStage key={film} view={view} label={name || `Film ${film + 1}`}>
            <MarksOverlay />
            <DrawnMaskOverlay />
          </FilmStage>
          <Side view={view} />
        </>
      ) : (
        <p className={styles.viewerEmpty}>{problem ?? 'Reading the film'}</p>
      )}
    </div>
  );
}

export function FilmViewer() {
  const film = useViewer((viewer) => viewer.film);
  return (
    <Modal
      opened={film !== null}
      onClose={closeViewer}
      fullScreen
      withCloseButton={false}
      closeOnEscape={false}
      padding={0}
      zIndex={ABOVE_GALLERY}
      transitionProps={{ duration: 0 }}
      aria-label="Film viewer"
    >
      {film !== null && <Opened film={film} />}
    </Modal>
  );
}
