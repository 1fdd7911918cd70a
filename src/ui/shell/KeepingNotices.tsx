// What happened to the run and what can be taken up again, a line each: a fault that was mended, a disk that is full, a
// run that was cut off, one that another tab has at hand; the question about films that are not the same; and a newer version
// of the app that waits, offered, never forced, because taking it ends what only this tab holds.

import { Button, CloseButton, Modal } from '@mantine/core';
import { IconDatabaseExclamation, IconEye, IconHistory, IconPlayerTrackNext } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { isAtWork } from '../../protocol/engine.ts';
import type { ListedRun } from '../../protocol/vault.ts';
import { useFolders } from '../../store/films/kept.ts';
import { takeUpdate, useProtection } from '../../store/page/protection.ts';
import { closeNotice, useKeeping } from '../../store/run/keeping.ts';
import {
  folderToOpen,
  openAndResume,
  putAside,
  resumeRun,
  stopWatching,
  useResume,
  watchRun,
} from '../../store/run/resume.ts';
import { runNameOf, useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { formatCount, formatDuration } from '../../util/format.ts';
import { Sparkline } from '../charts/Sparkline.tsx';
import noticeStyles from './notice.module.css';
import shared from './shared.module.css';
import styles from './shell.module.css';

const ICONS = {
  recovered: IconHistory,
  storage: IconDatabaseExclamation,
  gap: IconPlayerTrackNext,
} as const;

/** How often the curves of another tab's run are read again, ms. */
const WATCH_MS = 3000;

function KeptNotice() {
  const notice = useKeeping((state) => state.notice);
  const halted = useSession(({ status }) => status.state === 'failed');
  // That a loss was mended is no news once the run has been halted all the same.
  if (!notice || (halted && notice.kind === 'recovered')) return null;
  const Icon = ICONS[notice.kind];
  return (
    <div
      className={`${noticeStyles.notice} ${noticeStyles.noticeCalm}`}
      role="status"
      data-testid="notice"
      data-kind={notice.kind}
    >
      <Icon size={18} aria-hidden className={noticeStyles.noticeIcon} />
      <div className={noticeStyles.noticeText}>
        <p className={noticeStyles.noticeSentence}>{notice.text}</p>
        <p className="dim">{notice.hint}</p>
      </div>
      <CloseButton size="sm" aria-label="Close this message" onClick={closeNotice} />
    </div>
  );
}

function happened({ inUse, state }: ListedRun): string {
  if (inUse) return 'is open in another tab, at';
  return state === 'failed' ? 'was halted at' : 'was cut off at';
}

function Offer() {
  const offer = useResume((state) => state.offer);
  const ready = useSession(
    ({ busy, facts, runConfig }) => busy === null && facts !== null && runConfig === null,
  );
  const name = useRuns(({ runs }) => (offer ? runNameOf(offer, runs) : ''));
  const folder = useFolders(({ folders }) => (offer ? folderToOpen(folders, offer.id) : null));
  if (!offer) return null;
  const steps = `step ${formatCount(offer.step)} of ${formatCount(offer.totalSteps)}`;
  const ago = formatDuration((Date.now() - offer.updatedAt) / 1000);
  return (
    <div
      className={`${noticeStyles.notice} ${noticeStyles.noticeCalm}`}
      role="status"
      data-testid="resume-offer"
      data-run={offer.id}
    >
      <IconHistory size={18} aria-hidden className={noticeStyles.noticeIcon} />
      <Sparkline values={offer.thumbnail} label={`Total loss up to ${steps}`} />
      <div className={noticeStyles.noticeText}>
        <p className={noticeStyles.noticeSentence}>
          {name} {happened(offer)} {steps}.
        </p>
        <p className="dim">
          {offer.inUse
            ? 'Its curves can be looked at here. Only one tab can train it.'
            : `Last kept ${ago} ago, on ${formatCount(offer.data.films)} films. Resumed, it goes on as if nothing had been.`}
        </p>
      </div>
      <div className={noticeStyles.noticeActs}>
        {offer.inUse ? (
          <Button variant="default" data-testid="watch" onClick={() => void watchRun(offer.id)}>
            Look at it
          </Button>
        ) : (
          <Button
            data-testid="resume"
            disabled={!ready}
            onClick={() => void (folder ? openAndResume(folder, offer.id) : resumeRun(offer.id))}
          >
            {folder ? `Open ${folder.name} and resume` : 'Resume'}
          </Button>
        )}
      </div>
      <CloseButton size="sm" aria-label="Not now" data-testid="put-aside" onClick={() => void putAside()} />
    </div>
  );
}

function Watched() {
  const watched = useResume((state) => state.watched);
  const id = watched?.id;
  const name = useRuns(({ runs }) => (watched ? runNameOf(watched, runs) : ''));
  useEffect(() => {
    if (!id) return;
    const timer = setInterval(() => void watchRun(id), WATCH_MS);
    return () => clearInterval(timer);
  }, [id]);
  if (!watched) return null;
  return (
    <div
      className={`${noticeStyles.notice} ${noticeStyles.noticeCalm}`}
      role="status"
      data-testid="read-only"
    >
      <IconEye size={18} aria-hidden className={noticeStyles.noticeIcon} />
      <div className={noticeStyles.noticeText}>
        <p className={noticeStyles.noticeSentence}>
          Read only: {name} is open in another tab, kept up to step {formatCount(watched.step)}.
        </p>
        <p className="dim">Close it there to go on with it here.</p>
      </div>
      <div className={noticeStyles.noticeActs}>
        <Button variant="default" onClick={stopWatching}>
          Close
        </Button>
      </div>
    </div>
  );
}

export function KeepingNotices() {
  return (
    <>
      <KeptNotice />
      <Offer />
      <Watched />
    </>
  );
}

export function FilmsQuestion() {
  const changed = useResume((state) => state.changed);
  const close = () => useResume.setState({ changed: null });
  return (
    <Modal opened={changed !== null} onClose={close} title="Go on with other films?" centered>
      <p data-testid="films-changed">
        The films are not those that the run was begun with: {changed?.words}. Load the folder as it was, or
        go on with these; the curves are then not those of one data set.
      </p>
      <div className={shared.acts}>
        <Button variant="default" onClick={close}>
          Load the films first
        </Button>
        <Button
          data-testid="accept-films"
          onClick={() => {
            close();
            if (changed) void resumeRun(changed.id, true);
          }}
        >
          Go on with these
        </Button>
      </div>
    </Modal>
  );
}

export function UpdateNotice() {
  const update = useProtection(({ offline }) => offline.update);
  const busy = useSession(({ status }) => isAtWork(status.state));
  const [later, setLater] = useState(false);
  if (!update || later) return null;
  return (
    <div className={styles.updateNotice} data-testid="update" role="status">
      <span>A newer version of this app is ready.</span>
      <span className="dim">
        {busy
          ? 'Take it when the engine is at rest.'
          : 'Taking it loads the page again; films are read anew.'}
      </span>
      <span className="spring" />
      <Button size="compact-sm" variant="default" onClick={() => setLater(true)}>
        Later
      </Button>
      <Button size="compact-sm" data-testid="take-update" disabled={busy} onClick={takeUpdate}>
        Load it
      </Button>
    </div>
  );
}
