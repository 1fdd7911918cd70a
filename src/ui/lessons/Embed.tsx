// Parts of the page without the shell, for slides and course pages: `#embed&show=loss,views`. With settings in the link a run can be
// trained; without, the first recorded run plays. Whoever frames it must be allowed to by the headers (docs/teaching.md).

import { Button } from '@mantine/core';
import { IconExternalLink, IconPlayerPauseFilled, IconPlayerPlayFilled } from '@tabler/icons-react';
import { type ComponentType, lazy, Suspense } from 'react';
import { commandOf } from '../../store/commands.ts';
import { type EmbedPart, useLayout } from '../../store/page/layout.ts';
import { useRecorded, watchRecorded } from '../../store/run/recorded.ts';
import { useSession } from '../../store/session.ts';
import { LevelCharts, TermCharts, TotalChart } from '../charts/TrainView.tsx';
import { VerdictCard } from '../charts/VerdictCard.tsx';
import { Views } from '../films/InspectColumn.tsx';
import { useEnabled } from '../shell/CommandButton.tsx';
import { ErrorBoundary } from '../shell/ErrorNotice.tsx';
import { Messages } from '../shell/Messages.tsx';
import { useStatusWords } from '../shell/statusWords.ts';
import styles from './Embed.module.css';

const LearntView = lazy(async () => ({ default: (await import('../learnt/LearntView.tsx')).LearntView }));

const PARTS: Readonly<Record<EmbedPart, ComponentType>> = {
  loss: TotalChart,
  terms: TermCharts,
  levels: LevelCharts,
  verdict: VerdictCard,
  views: Views,
  learnt: LearntView,
};

/** The link says which run is trained here. */
const pinsSettings = (): boolean => new URLSearchParams(location.hash.slice(1)).has('preset');

function PlayHere() {
  const running = useSession(({ status }) => status.state === 'running');
  const enabled = useEnabled('playPause');
  return (
    <Button
      disabled={!enabled}
      data-testid="command-playPause"
      leftSection={running ? <IconPlayerPauseFilled size={14} /> : <IconPlayerPlayFilled size={14} />}
      onClick={() => commandOf('playPause').run()}
    >
      {running ? 'Pause' : 'Play'}
    </Button>
  );
}

function PlayRecorded() {
  const shown = useRecorded(({ name }) => name !== null);
  if (shown) return null;
  return (
    <Button
      data-testid="embed-watch"
      leftSection={<IconPlayerPlayFilled size={14} />}
      onClick={() => void watchRecorded('first')}
    >
      Play the recorded run
    </Button>
  );
}

/** The same settings in the whole page, in a tab of their own. */
function wholePage(): string {
  const words = new URLSearchParams(location.hash.slice(1));
  for (const word of ['embed', 'show']) words.delete(word);
  return `${location.pathname}#${words}`;
}

export function Embed() {
  const parts = useLayout(({ embed }) => embed) ?? [];
  const words = useStatusWords();
  const { state, step } = useSession(({ status }) => status);
  return (
    <main className={styles.embed} data-testid="embed">
      <header className={styles.bar} data-testid="transport" data-state={state} data-step={step}>
        {pinsSettings() ? <PlayHere /> : <PlayRecorded />}
        {pinsSettings() && (
          <span className="num dim">
            step {step} · {words}
          </span>
        )}
        <span className="spring" />
        <a href={wholePage()} target="_blank" rel="noreferrer" className={styles.whole}>
          MLVICX Playground <IconExternalLink size={13} aria-hidden />
        </a>
      </header>
      <Messages panelShown />
      <div className={styles.parts} data-count={parts.length}>
        {parts.map((name) => {
          const Part = PARTS[name];
          return (
            <section key={name} className={styles.part} data-part={name} data-testid={`embed-${name}`}>
              <ErrorBoundary part={name}>
                <Suspense>
                  <Part />
                </Suspense>
              </ErrorBoundary>
            </section>
          );
        })}
      </div>
    </main>
  );
}
