// A foldable part of a side column: heading, a word on its state, content. Hairlines separate, no boxes.

import { Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';
import styles from './Section.module.css';
import shared from './shared.module.css';

interface Props {
  readonly title: string;
  /** Shown at the right of the heading. */
  readonly aside?: ReactNode;
  readonly children: ReactNode;
}

export function Section({ title, aside, children }: Props) {
  const [open, setOpen] = useState(true);
  const body = useId();
  return (
    <section className={styles.section} aria-label={title}>
      <h2 className={styles.sectionHeading}>
        <UnstyledButton
          className={shared.fold}
          aria-expanded={open}
          aria-controls={body}
          onClick={() => setOpen(!open)}
        >
          <IconChevronDown size={14} aria-hidden className={styles.sectionChevron} data-open={open} />
          {title}
        </UnstyledButton>
        <span className={styles.sectionAside}>{aside}</span>
      </h2>
      <Collapse expanded={open} id={body}>
        <div className={styles.sectionBody}>{children}</div>
      </Collapse>
    </section>
  );
}
