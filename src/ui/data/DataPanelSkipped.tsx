// Every file that was left out, under its reason and remedy. Names appear only when the reader asks for them.

import { Button, Collapse } from '@mantine/core';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useMemo, useRef, useState } from 'react';
import type { SkippedFile } from '../../protocol/dataset.ts';
import { commandOf } from '../../store/commands.ts';
import { useSettings } from '../../store/page/settings.ts';
import { formatCount } from '../../util/format.ts';
import shared from '../shell/shared.module.css';
import styles from './data.module.css';

/** A line of the list, px; longer names take more, which is measured. */
const LINE = 18;

function byReason(skipped: readonly SkippedFile[]): SkippedFile[][] {
  const groups = new Map<string, SkippedFile[]>();
  for (const file of skipped) {
    const group = groups.get(file.error.message);
    if (group) group.push(file);
    else groups.set(file.error.message, [file]);
  }
  return [...groups.values()].sort((a, b) => b.length - a.length);
}

/** "images/ward 7/film.png" → ".png file", so that a list can be read without names. */
function anonymous(path: string): string {
  const name = path.split('/').at(-1) ?? '';
  const dot = name.lastIndexOf('.');
  return dot > 0 ? `${name.slice(dot)} file` : 'file without extension';
}

/** Tens of thousands of names, of which only those in view exist. */
function FileList({ files }: { files: readonly SkippedFile[] }) {
  const named = useSettings((settings) => settings.namesShown);
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 4,
  });
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
    <div ref={scroller} className={styles.skippedFiles} tabIndex={0}>
      <ul style={{ height: lines.getTotalSize(), position: 'relative' }}>
        {lines.getVirtualItems().map(({ index, key, start }) => (
          <li
            key={key}
            ref={lines.measureElement}
            data-index={index}
            style={{ transform: `translateY(${start}px)` }}
          >
            {named ? files[index]!.path : anonymous(files[index]!.path)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Reason({ files }: { files: readonly SkippedFile[] }) {
  const { message, hint, code } = files[0]!.error;
  return (
    <li data-testid="skipped-reason" data-code={code}>
      <p>
        <strong className="num">{formatCount(files.length)} ×</strong> {message}
      </p>
      <p className="dim">{hint}</p>
      <FileList files={files} />
    </li>
  );
}

export function DataPanelSkipped({ skipped }: { skipped: readonly SkippedFile[] }) {
  const [open, setOpen] = useState(false);
  const named = useSettings((settings) => settings.namesShown);
  const reasons = useMemo(() => byReason(skipped), [skipped]);
  return (
    <div data-testid="skipped">
      <div className={shared.subhead}>
        <h3 data-testid="skipped-count">{formatCount(skipped.length)} left out</h3>
        <span className="spring" />
        {open && (
          <Button variant="subtle" size="compact-xs" onClick={() => commandOf('names').run()}>
            {named ? 'Hide names' : 'Show names'}
          </Button>
        )}
        <Button
          variant="subtle"
          size="compact-xs"
          aria-expanded={open}
          data-testid="skipped-toggle"
          onClick={() => setOpen(!open)}
        >
          {open ? 'Close' : 'Why'}
        </Button>
      </div>
      <Collapse expanded={open}>
        <ul className={styles.skipped}>
          {open && reasons.map((files) => <Reason key={files[0]!.error.message} files={files} />)}
        </ul>
      </Collapse>
    </div>
  );
}
