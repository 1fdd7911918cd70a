// What the user has set up but not run yet, and how the page is arranged. Every key says where it may be kept:
// in this browser's storage, or in memory only. Nothing about films, their names or labels is ever stored.
// A link's hash wins over what was stored; both pass the schema's validation.

import { create } from 'zustand';
import { isPresetName, type PresetName, presetConfig } from '../../config/presets.ts';
import {
  type Config,
  type ConfigKey,
  type ConfigValue,
  parseConfig,
  parseValue,
} from '../../config/schema.ts';
import { readShareHash, type Shared, shareHash } from '../../config/share.ts';
import { toWire, type WireError } from '../../util/errors.ts';

export const VIEWS = {
  train: 'Train',
  learnt: 'What is learnt',
  evaluate: 'Evaluate',
  study: 'Study',
  runs: 'Runs',
  device: 'Device',
} as const;
export type ViewName = keyof typeof VIEWS;
export const VIEW_NAMES = Object.keys(VIEWS) as ViewName[];

export interface SettingsState {
  /** The preset that changes are counted from. */
  readonly preset: PresetName;
  /** The configuration as the form shows it. */
  readonly draft: Config;
  /** A file of weights that the next run begins with; null begins at random. */
  readonly weights: File | null;
  readonly view: ViewName;
  readonly helpOpen: boolean;
  /** The column of lessons stands beside the view. */
  readonly lessonsOpen: boolean;
  /** Which side column is open as a drawer, where the window is too narrow for both. */
  readonly drawer: 'setup' | 'inspect' | null;
  /** File names and patient numbers stay hidden until asked for. */
  readonly namesShown: boolean;
  /** Counts the wishes to change between light and dark; the provider of the theme carries them out. */
  readonly schemeToggles: number;
  /** Why a link was not taken. */
  readonly refused: WireError | null;
}

/** `browser`: may be kept in local storage. `memory`: dies with the tab. */
const KEPT: Record<keyof SettingsState, 'browser' | 'memory'> = {
  preset: 'browser',
  draft: 'browser',
  weights: 'memory',
  view: 'memory',
  helpOpen: 'memory',
  lessonsOpen: 'memory',
  drawer: 'memory',
  namesShown: 'memory',
  schemeToggles: 'memory',
  refused: 'memory',
};

const STORAGE_KEY = 'mlvicx-settings';
const FIRST_VISIT: Shared = { preset: 'demo', config: presetConfig('demo') };

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null;

/** A draft stored by an older version may no longer be valid; the first visit's then takes its place. */
function readStored(): Shared {
  try {
    const stored: unknown = JSON.parse(globalThis.localStorage?.getItem(STORAGE_KEY) ?? 'null');
    if (!isRecord(stored) || !isRecord(stored.draft)) return FIRST_VISIT;
    const { preset } = stored;
    if (typeof preset !== 'string' || !isPresetName(preset)) return FIRST_VISIT;
    return { preset, config: parseConfig(stored.draft, presetConfig(preset)) };
  } catch {
    return FIRST_VISIT;
  }
}

function readStart(): Shared & { refused: WireError | null } {
  try {
    return { ...(readShareHash(globalThis.location?.hash ?? '') ?? readStored()), refused: null };
  } catch (error) {
    return { ...readStored(), refused: toWire(error) };
  }
}

const start = readStart();

export const useSettings = create<SettingsState>()(() => ({
  preset: start.preset,
  draft: start.config,
  weights: null,
  view: 'train',
  helpOpen: false,
  lessonsOpen: false,
  drawer: null,
  namesShown: false,
  schemeToggles: 0,
  refused: start.refused,
}));

useSettings.subscribe((state, before) => {
  if (state.draft === before.draft && state.preset === before.preset) return;
  const kept = Object.entries(state).filter(([key]) => KEPT[key as keyof SettingsState] === 'browser');
  try {
    globalThis.localStorage?.setItem(STORAGE_KEY, JSON.stringify(Object.fromEntries(kept)));
  } catch {
    // Storage may be full or forbidden; the draft then lives as long as the tab, which is no failure.
  }
});

/** Takes a preset whole; method, seed and synthetic set stay: presets say how large and how long, for any method. */
export function choosePreset(preset: PresetName): void {
  const { method, seed, syntheticSeed } = useSettings.getState().draft;
  useSettings.setState({ preset, draft: { ...presetConfig(preset), method, seed, syntheticSeed } });
}

/** @throws AppError config-invalid */
export function setDraft(key: ConfigKey, value: ConfigValue): void {
  const draft = { ...useSettings.getState().draft, [key]: parseValue(key, value) } as Config;
  useSettings.setState({ draft });
}

export const setWeights = (weights: File | null): void => useSettings.setState({ weights });

export const takeConfig = (shared: Shared): void =>
  useSettings.setState({ preset: shared.preset, draft: shared.config });

export const showView = (view: ViewName): void => useSettings.setState({ view, drawer: null });

/** The address of this page with the draft in its hash. */
export function shareAddress(): string {
  const { draft, preset } = useSettings.getState();
  const address = new URL(globalThis.location.href);
  address.search = '';
  address.hash = shareHash(draft, preset);
  return address.href;
}
