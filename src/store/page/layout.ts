// What of the page is shown, as a link asks for it: parts without the shell for slides and course pages, the teacher's page, large
// type for a projector, and controls that are left away. Settings and runs are not touched by any of it.

import { create } from 'zustand';
import { pageWords } from './address.ts';

/** Controls that a link may leave away, and what each is. */
export const HIDEABLE = {
  setup: 'Data, settings and run',
  inspect: 'Verdict, views and gates',
  levels: 'Charts of the levels',
  views: 'The bar of views',
  device: 'Adapter and memory',
} as const;
export type Hideable = keyof typeof HIDEABLE;
export const HIDEABLE_NAMES = Object.keys(HIDEABLE) as Hideable[];

/** Parts that stand by themselves where the page is embedded, in the order in which they are shown. */
export const EMBED_PARTS = ['loss', 'terms', 'levels', 'verdict', 'views', 'learnt'] as const;
export type EmbedPart = (typeof EMBED_PARTS)[number];

interface Layout {
  /** Null: the whole page. */
  readonly embed: readonly EmbedPart[] | null;
  readonly teacher: boolean;
  readonly projector: boolean;
  readonly hidden: ReadonlySet<Hideable>;
}

const among = <T extends string>(all: readonly T[], text: string | undefined): T[] =>
  all.filter((name) => (text ?? '').split(',').includes(name));

/** What a link says; names that are not known are passed over. */
export function readLayout(hash?: string): Layout {
  const words = pageWords(hash);
  const shown = among(EMBED_PARTS, words.get('show'));
  return {
    embed: words.has('embed') ? (shown.length > 0 ? shown : ['loss']) : null,
    teacher: words.has('teacher'),
    projector: words.has('projector'),
    hidden: new Set(among(HIDEABLE_NAMES, words.get('hide'))),
  };
}

export const useLayout = create<Layout>()(() => readLayout());

globalThis.addEventListener?.('hashchange', () => useLayout.setState(readLayout()));

export const setProjector = (projector: boolean): void => useLayout.setState({ projector });

/** The link goes from the address as well, so that it opens the page again. */
export function leaveTeacher(): void {
  useLayout.setState({ teacher: false });
  globalThis.history?.replaceState(null, '', `${location.pathname}${location.search}`);
}

export const isHidden = (name: Hideable) => (layout: Layout) => layout.hidden.has(name);
