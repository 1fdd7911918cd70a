// The teacher's page: the plan of the hour with its minutes, every lesson as a link with what it pins, and a link of one's own that
// fixes preset, seed, method and the controls that are left away. Made to be printed.

import { Button, Checkbox, CopyButton, TextInput } from '@mantine/core';
import { IconPrinter } from '@tabler/icons-react';
import { useState } from 'react';
import { PRESETS, presetConfig } from '../../config/presets.ts';
import { RECORDED, recordedConfig } from '../../recorded/table.ts';
import { lessonAddress } from '../../store/lessons/lessons.ts';
import { LESSON_IDS, LESSON_MINUTES, stepsOf } from '../../store/lessons/table.ts';
import { useLanguage, useWords } from '../../store/page/language.ts';
import { HIDEABLE, HIDEABLE_NAMES, type Hideable, leaveTeacher } from '../../store/page/layout.ts';
import { shareAddress } from '../../store/page/settings.ts';
import { differences } from '../../store/run/runs.ts';
import { LANGUAGE_TAGS } from '../../words/languages.ts';
import { filled, type LessonId, lessonWords } from '../../words/words.ts';
import { LanguageChoice } from './LanguageChoice.tsx';
import styles from './Teacher.module.css';

/** What the steps of a lesson put in place, each once, by the labels of the form. */
function pinnedBy(id: LessonId): string[] {
  const runs = new Set(stepsOf(id).flatMap(({ settings }) => settings ?? []));
  return [...runs].map((name) => {
    const { preset } = RECORDED[name];
    const changed = differences(presetConfig(preset), recordedConfig(name), 'label');
    return `${PRESETS[preset].label}: ${changed.join(', ')}`;
  });
}

function LessonRow({ id, from }: { id: LessonId; from: number }) {
  const words = useWords();
  const { title, about, steps } = lessonWords(words, id);
  const to = from + LESSON_MINUTES[id];
  return (
    <tr data-testid={`plan-${id}`}>
      <td className="num">{filled(words.page.minutes, { from, to })}</td>
      <td>
        <strong>{title}</strong>
        <p>{about}</p>
        <ol>
          {Object.entries(steps).map(([step, { title: name, todo }]) => (
            <li key={step}>
              {/[.?!。？！]$/.test(name) ? name : `${name}.`} <span className="dim">{todo}</span>
            </li>
          ))}
        </ol>
        <p className={styles.link}>
          <a href={lessonAddress(id)}>{lessonAddress(id)}</a>
        </p>
        {pinnedBy(id).map((text) => (
          <p key={text} className={`dim ${styles.pinned}`}>
            {words.page.pinned}: {text}
          </p>
        ))}
      </td>
    </tr>
  );
}

/** A link to the settings as they stand, with controls left away. */
function OwnLink() {
  const { page } = useWords();
  const [hidden, setHidden] = useState<readonly Hideable[]>(['setup']);
  const link = `${shareAddress()}${hidden.length > 0 ? `&hide=${hidden.join(',')}` : ''}`;
  const toggle = (name: Hideable, on: boolean) =>
    setHidden(HIDEABLE_NAMES.filter((one) => (one === name ? on : hidden.includes(one))));
  return (
    <section className={styles.own} data-testid="own-link">
      <h2>{page.link}</h2>
      <p className="dim">{page.ownLinkAbout}</p>
      <div className={styles.boxes}>
        {HIDEABLE_NAMES.map((name) => (
          <Checkbox
            key={name}
            size="xs"
            label={HIDEABLE[name]}
            checked={hidden.includes(name)}
            onChange={(event) => toggle(name, event.currentTarget.checked)}
          />
        ))}
      </div>
      <div className={styles.copy}>
        <TextInput aria-label={page.link} value={link} readOnly className={styles.copyLink} />
        <CopyButton value={link}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? page.copied : page.copy}
            </Button>
          )}
        </CopyButton>
      </div>
    </section>
  );
}

export function Teacher() {
  const { page } = useWords();
  const tag = LANGUAGE_TAGS[useLanguage((state) => state.language)];
  let from = 0;
  return (
    <main className={styles.teacher} lang={tag} data-testid="teacher">
      <header className={styles.head}>
        <h1>{page.teacher}</h1>
        <span className="spring" />
        <span className={styles.screenOnly}>
          <LanguageChoice />
          <Button leftSection={<IconPrinter size={14} />} onClick={() => window.print()}>
            {page.print}
          </Button>
          <Button variant="default" data-testid="teacher-leave" onClick={leaveTeacher}>
            {page.close}
          </Button>
        </span>
      </header>
      <p>{page.teacherAbout}</p>
      <h2>{page.plan}</h2>
      <table className={styles.plan}>
        <tbody>
          {LESSON_IDS.map((id) => {
            const row = <LessonRow key={id} id={id} from={from} />;
            from += LESSON_MINUTES[id];
            return row;
          })}
        </tbody>
      </table>
      <p>
        <strong>{page.exitQuestion}</strong>
      </p>
      <OwnLink />
    </main>
  );
}
