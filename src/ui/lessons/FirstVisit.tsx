// What the page says to whoever comes for the first time: one line on what it is, three ways to begin, and the lessons. It goes with
// films of one's own or the first run, recorded or own, and does not come back where runs are kept.

import { UnstyledButton } from '@mantine/core';
import { IconFolderOpen, IconMovie, IconPlayerPlay, IconSchool } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { hasRecorded } from '../../recorded/recorded.ts';
import { commandOf } from '../../store/commands.ts';
import { useDataset } from '../../store/films/dataset.ts';
import { useLanguage, useWords } from '../../store/page/language.ts';
import { useSettings } from '../../store/page/settings.ts';
import { useRecorded, watchRecorded } from '../../store/run/recorded.ts';
import { useResume } from '../../store/run/resume.ts';
import { useRuns } from '../../store/run/runs.ts';
import { useSession } from '../../store/session.ts';
import { LANGUAGE_TAGS } from '../../words/languages.ts';
import { chooseFolder } from '../data/FileInputs.tsx';
import { useEnabled } from '../shell/CommandButton.tsx';
import styles from './FirstVisit.module.css';
import { LanguageChoice } from './LanguageChoice.tsx';

/** Nothing was trained here yet, nothing is under way, and the films are the built-in ones. */
function useNothingYet(): boolean {
  const runs = useRuns((state) => state.runs.length);
  const recorded = useRecorded((state) => state.name !== null);
  const resuming = useResume(({ offer, watched }) => offer !== null || watched !== null);
  const begun = useSession(({ runConfig, busy }) => runConfig !== null || busy === 'preparing');
  const lesson = useSettings((settings) => settings.lessonsOpen);
  const own = useDataset(({ source }) => source !== null && source.kind !== 'synthetic');
  return !own && runs === 0 && !recorded && !resuming && !begun && !lesson;
}

interface WayProps {
  readonly icon: ReactNode;
  readonly title: string;
  readonly about: string;
  readonly testId: string;
  readonly disabled?: boolean;
  act(): void;
}

function Way({ icon, title, about, testId, disabled = false, act }: WayProps) {
  return (
    <UnstyledButton className={styles.way} data-testid={testId} disabled={disabled} onClick={act}>
      {icon}
      <span>
        <strong>{title}</strong>
        <span className={styles.wayAbout}>{about}</span>
      </span>
    </UnstyledButton>
  );
}

export function FirstVisit() {
  const { page } = useWords();
  const tag = LANGUAGE_TAGS[useLanguage((state) => state.language)];
  const nothing = useNothingYet();
  const playable = useEnabled('playPause');
  if (!nothing) return null;
  return (
    <section className={styles.first} lang={tag} data-testid="first-visit">
      <div className={styles.head}>
        <p className={styles.what}>{page.what}</p>
        <LanguageChoice />
      </div>
      <div className={styles.ways}>
        {hasRecorded('first') && (
          <Way
            icon={<IconMovie size={20} aria-hidden />}
            title={page.watch}
            about={page.watchAbout}
            testId="way-watch"
            act={() => void watchRecorded('first')}
          />
        )}
        <Way
          icon={<IconPlayerPlay size={20} aria-hidden />}
          title={page.train}
          about={page.trainAbout}
          testId="way-train"
          disabled={!playable}
          act={() => commandOf('playPause').run()}
        />
        <Way
          icon={<IconFolderOpen size={20} aria-hidden />}
          title={page.open}
          about={page.openAbout}
          testId="way-open"
          act={() => void chooseFolder()}
        />
        <Way
          icon={<IconSchool size={20} aria-hidden />}
          title={page.learn}
          about={page.learnAbout}
          testId="way-lessons"
          act={() => commandOf('lessons').run()}
        />
      </div>
    </section>
  );
}
