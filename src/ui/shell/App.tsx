// The shell: transport, setup, the chosen view, inspection, and the bar of views. Side columns fold into drawers
// where the window is narrow. Shortcuts, messages, the drop veil and the live region for screen readers sit here.

import { Drawer, Tabs } from '@mantine/core';
import { useMediaQuery } from '@mantine/hooks';
import { type ComponentType, lazy, Suspense, useEffect, useState } from 'react';
import { handleKey } from '../../store/commands.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { useGallery, useViewer } from '../../store/films/viewer.ts';
import { useLayout } from '../../store/page/layout.ts';
import { showView, useSettings, VIEW_NAMES, VIEWS, type ViewName } from '../../store/page/settings.ts';
import { useExports } from '../../store/run/exports.ts';
import { formatCount } from '../../util/format.ts';
import { TrainView } from '../charts/TrainView.tsx';
import { DataPanel } from '../data/DataPanel.tsx';
import { DropLayer, FileInputs } from '../data/FileInputs.tsx';
import { InspectColumn } from '../films/InspectColumn.tsx';
import { RunPanel } from '../runs/RunPanel.tsx';
import { ConfigForm } from '../settings/ConfigForm.tsx';
import styles from './App.module.css';
import { HelpOverlay } from './CommandButton.tsx';
import { ErrorBoundary } from './ErrorNotice.tsx';
import { FilmsQuestion, UpdateNotice } from './KeepingNotices.tsx';
import { EndRunQuestion, Messages } from './Messages.tsx';
import { useStatusWords } from './statusWords.ts';
import { Transport } from './Transport.tsx';
import { TOKENS } from './theme.ts';

/** A part that is read when it is shown first, so that the first page is not kept waiting for it. */
const later = <Name extends string>(
  load: () => Promise<{ readonly [K in Name]: ComponentType }>,
  name: Name,
) => lazy(async () => ({ default: (await load())[name] }));

const VIEW_PARTS: Record<ViewName, ComponentType> = {
  train: TrainView,
  learnt: later(() => import('../learnt/LearntView.tsx'), 'LearntView'),
  evaluate: later(() => import('../evaluate/EvaluateView.tsx'), 'EvaluateView'),
  study: later(() => import('../study/StudyView.tsx'), 'StudyView'),
  runs: later(() => import('../runs/RunsView.tsx'), 'RunsView'),
  device: later(() => import('../device/DevicePanel.tsx'), 'DevicePanel'),
};

const Embed = later(() => import('../lessons/Embed.tsx'), 'Embed');
const Teacher = later(() => import('../lessons/Teacher.tsx'), 'Teacher');
const LessonColumn = later(() => import('../lessons/LessonColumn.tsx'), 'LessonColumn');
const Gallery = later(() => import('../films/Gallery.tsx'), 'Gallery');
const FilmViewer = later(() => import('../films/FilmViewer.tsx'), 'FilmViewer');
const LabelsWindow = later(() => import('../data/LabelsDialog.tsx'), 'LabelsWindow');
const ExportDialog = later(() => import('../export/ExportDialog.tsx'), 'ExportDialog');

/** Windows over the page, each from when it is opened first on: it then closes as it opened, and keeps what it held. */
function Windows() {
  const wanted = {
    gallery: useOnce(useGallery(({ opened }) => opened)),
    viewer: useOnce(useViewer(({ film }) => film !== null)),
    labels: useOnce(useGallery(({ labelsOpened }) => labelsOpened)),
    exports: useOnce(useExports(({ opened }) => opened)),
  };
  return (
    <Suspense>
      {wanted.gallery && <Gallery />}
      {wanted.labels && <LabelsWindow />}
      {wanted.exports && <ExportDialog />}
      {wanted.viewer && <FilmViewer />}
    </Suspense>
  );
}

/** True from the first time on. */
function useOnce(now: boolean): boolean {
  const [ever, setEver] = useState(now);
  if (now && !ever) setEver(true);
  return ever || now;
}

function Setup() {
  return (
    <>
      <DataPanel />
      <ConfigForm />
      <RunPanel />
    </>
  );
}

function LiveRegion() {
  const words = useStatusWords();
  const reading = useDataset((state) => state.phase === 'reading');
  return (
    <div className="visually-hidden" aria-live="polite" role="status">
      {reading ? 'reading films' : words}
    </div>
  );
}

function SideDrawers() {
  const drawer = useSettings((settings) => settings.drawer);
  const close = () => useSettings.setState({ drawer: null });
  const windows = useGallery((state) => state.opened || state.labelsOpened);
  const viewing = useViewer((viewer) => viewer.film !== null);
  const escapes = !windows && !viewing;
  return (
    <>
      <Drawer
        opened={drawer === 'setup'}
        onClose={close}
        closeOnEscape={escapes}
        title="Setup"
        data-side
        className={styles.drawer}
        size={TOKENS.setupWidth + 24}
        data-testid="setup-drawer"
      >
        <Setup />
      </Drawer>
      <Drawer
        opened={drawer === 'inspect'}
        onClose={close}
        closeOnEscape={escapes}
        title="Inspect"
        data-side
        className={styles.drawer}
        position="right"
        size={TOKENS.inspectWidth + 24}
        data-testid="inspect-drawer"
      >
        <InspectColumn />
      </Drawer>
    </>
  );
}

function ViewPanel({ name }: { name: ViewName }) {
  const View = VIEW_PARTS[name];
  return (
    <Tabs.Panel value={name} className={styles.stagePanel}>
      <ErrorBoundary part={VIEWS[name]}>
        <Suspense>
          <View />
        </Suspense>
      </ErrorBoundary>
    </Tabs.Panel>
  );
}

function ViewBar() {
  const summary = useDataset((state) => state.summary);
  return (
    <footer className={styles.viewBar}>
      <Tabs.List aria-label="Views">
        {VIEW_NAMES.map((name) => (
          <Tabs.Tab key={name} value={name} data-testid={`view-${name}`}>
            {VIEWS[name]}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <span className="spring" />
      {summary && (
        <span className={`dim num ${styles.viewBarData}`}>
          {summary.name} · {formatCount(summary.filmTable.length)} films
        </span>
      )}
    </footer>
  );
}

/** The whole page, or what a link asks for in its place. */
export function App() {
  const { embed, teacher, projector } = useLayout();
  useEffect(() => {
    document.documentElement.toggleAttribute('data-projector', projector);
  }, [projector]);
  useEffect(() => {
    window.addEventListener('keydown', handleKey);
    return () => window.removeEventListener('keydown', handleKey);
  }, []);
  if (!embed && !teacher) return <Shell />;
  return <Suspense>{embed ? <Embed /> : <Teacher />}</Suspense>;
}

function Shell() {
  const view = useSettings((settings) => settings.view);
  const wide = useMediaQuery(`(min-width: ${TOKENS.foldBelow}px)`, true, { getInitialValueInEffect: false });
  const lessons = useSettings((settings) => settings.lessonsOpen);
  const { hidden, projector } = useLayout();
  const columns = wide && view === 'train';
  const setup = columns && !lessons && !projector && !hidden.has('setup');
  const inspect = columns && !hidden.has('inspect');
  return (
    <Tabs
      value={view}
      onChange={(name) => showView(VIEW_NAMES.find((known) => known === name) ?? 'train')}
      inverted
      keepMounted={false}
      className={styles.shell}
      data-view={view}
    >
      <Transport />
      <Messages panelShown={columns} />
      <div
        className={styles.columns}
        data-left={setup ? 'setup' : lessons ? 'lessons' : ''}
        data-inspect={inspect}
      >
        {lessons && (
          <aside data-side className={`${styles.column} ${styles.lessons}`} aria-label="Lessons">
            <ErrorBoundary part="The lessons">
              <Suspense>
                <LessonColumn />
              </Suspense>
            </ErrorBoundary>
          </aside>
        )}
        {wide && (
          <aside data-side className={`${styles.column} ${styles.setup}`} aria-label="Setup" hidden={!setup}>
            <Setup />
          </aside>
        )}
        <main className={styles.stage}>
          {VIEW_NAMES.map((name) => (
            <ViewPanel key={name} name={name} />
          ))}
        </main>
        {inspect && (
          <aside data-side className={`${styles.column} ${styles.inspect}`} aria-label="Inspect">
            <InspectColumn />
          </aside>
        )}
      </div>
      <UpdateNotice />
      {!hidden.has('views') && <ViewBar />}
      {!wide && <SideDrawers />}
      <EndRunQuestion />
      <FilmsQuestion />
      <HelpOverlay />
      <Windows />
      <DropLayer />
      <FileInputs />
      <LiveRegion />
    </Tabs>
  );
}
