// Every command once: what it is called, its keys, when it is possible, what it does. Buttons, tooltips, the help
// overlay and the keyboard are derived from this table; nothing else listens for shortcuts.

import { isAtWork } from '../protocol/engine.ts';
import { resetZoom, setLogY, setSmoothing, setWeighted, useCharts } from './curves/charts.ts';
import { useDataset } from './films/dataset.ts';
import { turnFilm } from './films/inspect.ts';
import { closeViewer, openInspected, useViewer } from './films/viewer.ts';
import { setProjector, useLayout } from './page/layout.ts';
import { showView, useSettings, VIEW_NAMES, VIEWS } from './page/settings.ts';
import { needsRestart, pause, play, reset, step, stop } from './run/acts.ts';
import { showExports, useExports } from './run/exports.ts';
import { useResume } from './run/resume.ts';
import { runExists, useSession } from './session.ts';

export const COMMAND_GROUPS = { run: 'Run', charts: 'Charts', page: 'Page' } as const;

export interface Command {
  readonly id: string;
  readonly group: keyof typeof COMMAND_GROUPS;
  readonly label: string;
  /** As KeyboardEvent.key gives them, `Shift+` before where it is held. */
  readonly keys: readonly string[];
  enabled(): boolean;
  run(): void;
}

const session = () => useSession.getState();
const always = () => true;
const SMOOTH_STEPS = [0, 0.6, 0.9, 0.97];

/** Play is possible once films are there or on their way; what is missing by then is waited for. */
function canPlay(): boolean {
  const { status, busy, facts, asleep } = session();
  const { phase } = useDataset.getState();
  const films = phase === 'ready' || phase === 'reading' || phase === 'listing';
  // The press that wakes the engine is heard as well: it waits until that is open.
  const waking = facts === null && (asleep || busy === 'opening');
  const able = (waking || (facts !== null && busy === null)) && !isAtWork(status.state) && !needsRestart();
  // A run of another tab is only looked at.
  return able && films && useResume.getState().watched === null;
}

const canPause = () => session().status.state === 'running' && session().busy === null;

function nextSmoothing(): void {
  const { smoothing } = useCharts.getState();
  setSmoothing(SMOOTH_STEPS.find((weight) => weight > smoothing) ?? 0);
}

const TABLE = {
  playPause: {
    group: 'run',
    label: 'Play or pause',
    keys: [' '],
    enabled: () => canPlay() || canPause(),
    run: () => void (canPause() ? pause() : play()),
  },
  step: {
    group: 'run',
    label: 'One step',
    keys: ['.'],
    enabled: canPlay,
    run: () => void step(),
  },
  stop: {
    group: 'run',
    label: 'End the run',
    keys: ['Shift+E'],
    enabled: () => runExists(session()) && session().busy === null && session().status.state !== 'evaluating',
    run: () => void stop(),
  },
  reset: {
    group: 'run',
    label: 'Reset to the same start',
    keys: ['Shift+R'],
    enabled: () => {
      const { runConfig, busy, status } = session();
      return busy === null && !isAtWork(status.state) && (runConfig !== null || needsRestart());
    },
    run: () => void reset(),
  },
  export: {
    group: 'page',
    label: 'Export',
    keys: ['x'],
    enabled: always,
    run: () => showExports(!useExports.getState().opened),
  },
  previousFilm: {
    group: 'page',
    label: 'Inspect the previous film',
    keys: [','],
    enabled: () => useDataset.getState().summary !== null,
    run: () => turnFilm(-1),
  },
  nextFilm: {
    group: 'page',
    label: 'Inspect the next film',
    keys: ['/'],
    enabled: () => useDataset.getState().summary !== null,
    run: () => turnFilm(1),
  },
  openFilm: {
    group: 'page',
    label: 'Open or close the inspected film',
    keys: ['v'],
    enabled: () => useDataset.getState().summary !== null,
    run: () => (useViewer.getState().film === null ? void openInspected() : closeViewer()),
  },
  logY: {
    group: 'charts',
    label: 'Logarithmic axis',
    keys: ['l'],
    enabled: always,
    run: () => setLogY(!useCharts.getState().logY),
  },
  smoothing: {
    group: 'charts',
    label: 'More smoothing, then none',
    keys: ['s'],
    enabled: always,
    run: nextSmoothing,
  },
  weighted: {
    group: 'charts',
    label: 'Raw or weighted terms',
    keys: ['w'],
    enabled: always,
    run: () => setWeighted(!useCharts.getState().weighted),
  },
  wholeRun: {
    group: 'charts',
    label: 'Show the whole run',
    keys: ['z'],
    enabled: () => useCharts.getState().range !== null,
    run: resetZoom,
  },
  lessons: {
    group: 'page',
    label: 'Lessons',
    keys: ['c'],
    enabled: always,
    run: () => useSettings.setState(({ lessonsOpen }) => ({ lessonsOpen: !lessonsOpen })),
  },
  projector: {
    group: 'page',
    label: 'Large type, for a projector',
    keys: ['p'],
    enabled: always,
    run: () => setProjector(!useLayout.getState().projector),
  },
  names: {
    group: 'page',
    label: 'Show or hide file names',
    keys: ['n'],
    enabled: always,
    run: () => useSettings.setState(({ namesShown }) => ({ namesShown: !namesShown })),
  },
  theme: {
    group: 'page',
    label: 'Light or dark',
    keys: ['t'],
    enabled: always,
    run: () => useSettings.setState(({ schemeToggles }) => ({ schemeToggles: schemeToggles + 1 })),
  },
  help: {
    group: 'page',
    label: 'Keyboard shortcuts',
    keys: ['?'],
    enabled: always,
    run: () => useSettings.setState(({ helpOpen }) => ({ helpOpen: !helpOpen })),
  },
} as const satisfies Record<string, Omit<Command, 'id'>>;

export type CommandId = keyof typeof TABLE | `view-${(typeof VIEW_NAMES)[number]}`;

const viewCommands = VIEW_NAMES.map(
  (view, index): Command => ({
    id: `view-${view}`,
    group: 'page',
    label: `Show ${VIEWS[view]}`,
    keys: [String(index + 1)],
    enabled: always,
    run: () => showView(view),
  }),
);

export const COMMANDS: readonly Command[] = [
  ...Object.entries(TABLE).map(([id, rest]): Command => ({ id, ...rest })),
  ...viewCommands,
];

/** What `enabled` of any command looks at. */
const LOOKED_AT = [useSession, useDataset, useResume, useCharts] as const;

/** Calls back whenever a command may have become possible or impossible. @returns how to end that */
export function followCommands(listener: () => void): () => void {
  const ends = LOOKED_AT.map((store) => store.subscribe(listener));
  return () => {
    for (const end of ends) end();
  };
}

export const commandOf = (id: CommandId): Command => COMMANDS.find((command) => command.id === id)!;

const KEY_NAMES: Record<string, string> = { ' ': 'Space' };

/** A key as a person reads it. */
export const keyName = (key: string): string =>
  key
    .split('+')
    .map((part) => KEY_NAMES[part] ?? (part.length === 1 ? part.toUpperCase() : part))
    .join(' ');

const TYPING =
  'input:not([type=checkbox]):not([type=range]):not([type=radio]), textarea, select, [contenteditable=true]';
/** Space and Enter already mean something on these. */
const PRESSABLE = 'button, a, summary, [role=button], [role=slider], [role=tab], [role=switch], input';

function belongsToPage(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false;
  const target = event.target instanceof Element ? event.target : null;
  if (target?.closest(TYPING)) return false;
  return !(event.key === ' ' && target?.closest(PRESSABLE));
}

const matches = (event: KeyboardEvent, key: string) =>
  key.startsWith('Shift+') ? event.shiftKey && event.key === key.slice(6) : event.key === key;

/** Runs the command of a key press; true when there was one. */
export function handleKey(event: KeyboardEvent): boolean {
  if (!belongsToPage(event)) return false;
  const command = COMMANDS.find(({ keys }) => keys.some((key) => matches(event, key)));
  if (!command) return false;
  event.preventDefault();
  if (command.enabled() && !event.repeat) command.run();
  return true;
}
