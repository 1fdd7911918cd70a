// A foldable part of a side column: heading, a word on its state, content. Hairlines separate, no boxes.

import { Collapse, UnstyledButton } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { type ReactNode, useId, useState } from 'react';

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
    <section className="section" aria-label={title}>
      <h2 className="section-heading">
        <UnstyledButton
          className="section-fold"
          aria-expanded={open}
          aria-controls={body}
          onClick={() => setOpen(!open)}
        >
          <IconChevronDown size={14} aria-hidden className="section-chevron" data-open={open} />
          {title}
        </UnstyledButton>
        <span className="section-aside">{aside}</span>
      </h2>
      <Collapse expanded={open} id={body}>
        <div className="section-body">{children}</div>
      </Collapse>
    </section>
  );
}
