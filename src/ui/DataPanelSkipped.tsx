// Every file that was left out, under its reason and remedy. Names appear only when the reader asks for them.

import { Button, Collapse } from '@mantine/core';
import { useState } from 'react';
import type { SkippedFile } from '../protocol/dataset.ts';
import { commandOf } from '../store/commands.ts';
import { useSettings } from '../store/settings.ts';
import { formatCount } from '../util/format.ts';

const SHOWN = 200;

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

function Reason({ files }: { files: readonly SkippedFile[] }) {
  const named = useSettings((settings) => settings.namesShown);
  const { message, hint, code } = files[0]!.error;
  return (
    <li data-testid="skipped-reason" data-code={code}>
      <p>
        <strong className="num">{formatCount(files.length)} ×</strong> {message}
      </p>
      <p className="dim">{hint}</p>
      <ul className="skipped-files">
        {files.slice(0, SHOWN).map(({ path }) => (
          <li key={path}>{named ? path : anonymous(path)}</li>
        ))}
        {files.length > SHOWN && <li>and {formatCount(files.length - SHOWN)} more</li>}
      </ul>
    </li>
  );
}

export function DataPanelSkipped({ skipped }: { skipped: readonly SkippedFile[] }) {
  const [open, setOpen] = useState(false);
  const named = useSettings((settings) => settings.namesShown);
  return (
    <div data-testid="skipped">
      <div className="films-head">
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
        <ul className="skipped">
          {byReason(skipped).map((files) => (
            <Reason key={files[0]!.error.message} files={files} />
          ))}
        </ul>
      </Collapse>
    </div>
  );
}
