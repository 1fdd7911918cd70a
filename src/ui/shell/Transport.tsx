// The bar at the top: the acts of a run, how far it is, how fast, on which adapter, and that nothing leaves.
// Figures have fixed widths, so that nothing moves while they grow.

import { ActionIcon, Button, Tooltip, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import {
  IconAdjustmentsHorizontal,
  IconCpu,
  IconEye,
  IconHelp,
  IconMoon,
  IconPlayerPauseFilled,
  IconPlayerPlayFilled,
  IconPlayerSkipForward,
  IconPlayerStop,
  IconRestore,
  IconSchool,
  IconSun,
} from '@tabler/icons-react';
import { useEffect, useRef } from 'react';
import { commandOf } from '../../store/commands.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { isHidden, useLayout } from '../../store/page/layout.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useSession } from '../../store/session.ts';
import { formatBytes, formatCount, formatDuration, formatShare } from '../../util/format.ts';
import { CommandButton, CommandLabel, useEnabled } from './CommandButton.tsx';
import { useStatusWords } from './statusWords.ts';
import styles from './Transport.module.css';
import { TransportPrivacy } from './TransportPrivacy.tsx';

function PlayButton() {
  const running = useSession(({ status }) => status.state === 'running');
  const begun = useSession(({ status, ended }) => !ended && status.step > 0);
  const waiting = useSession(({ busy }) => busy === 'preparing');
  const enabled = useEnabled('playPause');
  const label = running ? 'Pause' : begun ? 'Resume' : 'Play';
  return (
    <Tooltip label={<CommandLabel id="playPause" label={label} />}>
      <Button
        size="sm"
        h={32}
        w={104}
        px={0}
        data-testid="command-playPause"
        aria-keyshortcuts="Space"
        disabled={!enabled && !waiting}
        loading={waiting}
        leftSection={
          running ? (
            <IconPlayerPauseFilled size={15} aria-hidden />
          ) : (
            <IconPlayerPlayFilled size={15} aria-hidden />
          )
        }
        onClick={() => commandOf('playPause').run()}
      >
        {label}
      </Button>
    </Tooltip>
  );
}

function Progress() {
  const { state, step, totalSteps, etaSeconds } = useSession((session) => session.status);
  const underWay = state === 'running' || state === 'paused';
  const compile = useSession((session) => session.compile);
  const speed = useSession((session) => session.imagesPerSecond);
  const reading = useDataset(({ phase, progress }) =>
    phase === 'reading' && progress.total > 0 ? progress.done / progress.total : null,
  );
  const words = useStatusWords();
  const running = totalSteps > 0 ? step / totalSteps : 0;
  const share = compile ? compile.done / compile.total : totalSteps === 0 ? (reading ?? 0) : running;
  return (
    <div className={styles.progress}>
      <div className={styles.progressLine}>
        <span className={`${styles.progressStep} num`} data-testid="step">
          step <b>{formatCount(step)}</b>
          {totalSteps > 0 && <span className="dim"> / {formatCount(totalSteps)}</span>}
        </span>
        <span className={styles.progressWords}>{words}</span>
        <span className={`num ${styles.progressEta}`}>
          {underWay && etaSeconds !== null && `${formatDuration(etaSeconds)} left`}
        </span>
        <span className={`num ${styles.progressSpeed}`}>
          {speed !== null && `${formatCount(speed)} img/s`}
        </span>
      </div>
      <div
        className={styles.progressTrack}
        role="progressbar"
        aria-label="Progress of the run"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
        aria-valuetext={`${formatShare(share)}, ${words}`}
      >
        <div
          className={styles.progressFill}
          data-kind={compile || totalSteps === 0 ? 'waiting' : 'run'}
          style={{ transform: `scaleX(${share})` }}
        />
      </div>
    </div>
  );
}

function Adapter() {
  const facts = useSession((session) => session.facts);
  const reserved = useSession((session) => session.memoryReserved);
  if (!facts) return null;
  const name = facts.description || `${facts.vendor} ${facts.architecture}`;
  return (
    <Tooltip label={`${name}. Details under Device.`}>
      <div className={styles.adapter} data-software={facts.software}>
        {facts.software ? (
          <span className={styles.adapterBadge} data-testid="software-badge">
            Software adapter<span className={styles.long}>: correct but slow</span>
          </span>
        ) : (
          <span className={styles.adapterName}>
            <IconCpu size={15} aria-hidden /> {name.replace(/NVIDIA |GeForce |Laptop GPU/g, '').trim()}
          </span>
        )}
        <span className={`num ${styles.adapterMemory}`}>{reserved !== null && formatBytes(reserved)}</span>
      </div>
    </Tooltip>
  );
}

/** Carries out the wishes of the `theme` command; the scheme itself is Mantine's to keep. */
function SchemeToggle() {
  const { setColorScheme } = useMantineColorScheme();
  const shown = useComputedColorScheme('light', { getInitialValueInEffect: false });
  const toggles = useSettings((settings) => settings.schemeToggles);
  const done = useRef(toggles);
  useEffect(() => {
    if (done.current === toggles) return;
    done.current = toggles;
    setColorScheme(shown === 'dark' ? 'light' : 'dark');
  }, [toggles, shown, setColorScheme]);
  return (
    <CommandButton
      id="theme"
      icon={shown === 'dark' ? <IconSun size={17} /> : <IconMoon size={17} />}
      label={shown === 'dark' ? 'Light theme' : 'Dark theme'}
    />
  );
}

function FoldButton({ drawer }: { drawer: 'setup' | 'inspect' }) {
  const label = drawer === 'setup' ? 'Setup' : 'Inspect';
  return (
    <Tooltip label={label}>
      <ActionIcon
        className={styles.foldButton}
        aria-label={label}
        data-testid={`open-${drawer}`}
        onClick={() => useSettings.setState({ drawer })}
      >
        {drawer === 'setup' ? <IconAdjustmentsHorizontal size={17} /> : <IconEye size={17} />}
      </ActionIcon>
    </Tooltip>
  );
}

export function Transport() {
  const { state, step, runId } = useSession((session) => session.status);
  const device = !useLayout(isHidden('device'));
  return (
    <header
      className={styles.transport}
      data-testid="transport"
      data-state={state}
      data-step={step}
      data-run={runId ?? ''}
    >
      <div className={styles.brand}>
        <img src="./icon.svg" width={22} height={22} alt="" />
        <h1>MLVICX</h1>
      </div>
      <FoldButton drawer="setup" />
      <div className={styles.transportActs} role="toolbar" aria-label="Run">
        <PlayButton />
        <CommandButton id="step" icon={<IconPlayerSkipForward size={17} />} />
        <CommandButton id="stop" icon={<IconPlayerStop size={17} />} />
        <CommandButton id="reset" icon={<IconRestore size={17} />} />
      </div>
      <Progress />
      {device && <Adapter />}
      <TransportPrivacy />
      <div className={styles.transportPage} role="toolbar" aria-label="Page">
        <CommandButton id="lessons" icon={<IconSchool size={17} />} />
        <SchemeToggle />
        <CommandButton id="help" icon={<IconHelp size={17} />} />
        <FoldButton drawer="inspect" />
      </div>
    </header>
  );
}
