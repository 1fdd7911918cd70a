// The column of lessons beside the view: the list of all, one lesson with its steps, or the glossary. It stands in the place of
// the setup, which a lesson does by itself; where the window is narrow it lies below the view as a sheet.

import { Button, CloseButton, SegmentedControl } from '@mantine/core';
import { IconCheck, IconLink } from '@tabler/icons-react';
import { useState } from 'react';
import { ENTRY_IDS } from '../../store/lessons/glossary.ts';
import { beginLesson, lessonAddress, stepKey, useLessons } from '../../store/lessons/lessons.ts';
import { LESSON_IDS, stepsOf } from '../../store/lessons/table.ts';
import { useLanguage, useWords } from '../../store/page/language.ts';
import { useSettings } from '../../store/page/settings.ts';
import { LANGUAGE_TAGS } from '../../words/languages.ts';
import { type LessonId, lessonWords } from '../../words/words.ts';
import { EntryCard } from './Entry.tsx';
import { LanguageChoice } from './LanguageChoice.tsx';
import { Lesson } from './Lesson.tsx';
import styles from './lessons.module.css';

function Row({ id }: { id: LessonId }) {
  const words = useWords();
  const done = useLessons((state) => state.done);
  const steps = stepsOf(id);
  const completed = steps.filter((step) => done.includes(stepKey(id, step))).length;
  const { title, about } = lessonWords(words, id);
  return (
    <li className={styles.row} data-testid={`lesson-${id}`} data-done={completed === steps.length}>
      <div className={styles.rowWords}>
        <strong>{title}</strong>
        <p className="dim">{about}</p>
      </div>
      <span className={`num dim ${styles.rowCount}`}>
        {completed === steps.length ? <IconCheck size={15} aria-label={words.page.done} /> : null}
        {completed}/{steps.length}
      </span>
      <Button variant="default" data-testid={`begin-${id}`} onClick={() => beginLesson(id)}>
        {words.page.begin}
      </Button>
      <a href={lessonAddress(id)} aria-label={`${words.page.link}: ${title}`} className={styles.rowLink}>
        <IconLink size={15} aria-hidden />
      </a>
    </li>
  );
}

function LessonList() {
  const { page } = useWords();
  return (
    <>
      <p className="dim">
        {page.lessonsAbout}{' '}
        <a href="#teacher" data-testid="open-teacher">
          {page.teacher}
        </a>
      </p>
      <ul className={styles.list} data-testid="lesson-list">
        {LESSON_IDS.map((id) => (
          <Row key={id} id={id} />
        ))}
      </ul>
    </>
  );
}

function Glossary() {
  return (
    <div className={styles.glossary} data-testid="glossary">
      {ENTRY_IDS.map((id) => (
        <EntryCard key={id} id={id} />
      ))}
    </div>
  );
}

export function LessonColumn() {
  const { page } = useWords();
  const tag = LANGUAGE_TAGS[useLanguage((state) => state.language)];
  const lesson = useLessons((state) => state.lesson);
  const [part, setPart] = useState<'lessons' | 'glossary'>('lessons');
  return (
    <section className={styles.column} lang={tag} aria-label={page.lessons} data-testid="lessons">
      <header className={styles.head}>
        <SegmentedControl
          size="xs"
          aria-label={page.lessons}
          data={[
            { value: 'lessons', label: page.lessons },
            { value: 'glossary', label: page.glossary },
          ]}
          value={part}
          onChange={(name) => setPart(name === 'glossary' ? 'glossary' : 'lessons')}
        />
        <span className="spring" />
        <LanguageChoice />
        <CloseButton
          size="sm"
          aria-label={page.close}
          data-testid="lessons-close"
          onClick={() => useSettings.setState({ lessonsOpen: false })}
        />
      </header>
      <div className={styles.body}>
        {part === 'glossary' ? <Glossary /> : lesson ? <Lesson id={lesson} /> : <LessonList />}
      </div>
    </section>
  );
}
