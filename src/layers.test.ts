// The architecture, held by tests: imports only go down the ranks or stay in their folder, each foreign
// dependency has one door, the page cannot reach the engine's code, every file says what it is, none is large.
// The rules are the tables at the top. Type-only imports obey them too.

import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from 'vitest';

/**
 * A folder may import from folders of lower rank and from itself. The entry points stand at the top. A name with a slash is
 * part of a folder with a rank of its own: what a method says of itself is read by settings and page, and stands low.
 */
const RANKS: Record<string, number> = {
  util: 0,
  'config/fields.ts': 0.5,
  words: 0.6,
  records: 0.8,
  diagnostics: 0.9,
  config: 1,
  guard: 1,
  protocol: 2,
  'tasks/scores': 2.2,
  study: 2.4,
  vault: 2.5,
  recorded: 2.6,
  bundle: 2.4,
  export: 2.4,
  data: 3,
  cache: 3.5,
  gpu: 3,
  nn: 4,
  methods: 5,
  optim: 5,
  checkpoint: 5.5,
  train: 6,
  tasks: 6.2,
  plan: 6.2,
  checks: 6.5,
  worker: 7,
  store: 8,
  fake: 8.5,
  ui: 9,
  'headlessFiles.ts': 8,
  'headlessEngine.ts': 8,
  'headless.ts': 9,
  'main.tsx': 10,
  'layers.test.ts': 11,
};

/**
 * What a method, a task or a kernel says of itself as data: its settings, terms, reports, words and labels. Settings table, protocol and page
 * read these files; everything else in their folders is the engine's.
 */
const RECORD = /^((methods|tasks)\/(\w+\/)?records?|methods\/record\/\w+|gpu\/kernels\/labels)\.ts$/;

/** The same inside the page's state: settings and curves know no run, only commands know everything. */
const STORE_RANKS: Record<string, number> = {
  curves: 0,
  page: 0,
  'session.ts': 1,
  'client.ts': 2,
  device: 3,
  films: 3,
  run: 4,
  study: 4.5,
  'commands.ts': 5,
  lessons: 6,
};

/** Ranks 3 to 6.5 never reach the page: the folders that may import none of them. */
const ENGINE_FOLDERS = [
  'data',
  'cache',
  'gpu',
  'nn',
  'methods',
  'optim',
  'checkpoint',
  'train',
  'plan',
  'tasks',
  'checks',
];

/** Imports that the ranks alone would allow. `from` and `to` are tested on paths below src. */
const FORBIDDEN: { from: RegExp; to: RegExp; why: string }[] = [
  {
    from: /^(gpu|nn)\//,
    to: /^(config|protocol)\//,
    why: 'kernels and layers know tensors, not the application',
  },
  {
    from: /^(methods|optim)\//,
    to: /^(data|protocol)\//,
    why: 'methods and optimisers know tensors and settings',
  },
  {
    from: /^(worker\/client|store\/|fake\/|ui\/|headless(Files)?\.ts|main\.tsx)/,
    to: new RegExp(`^(${ENGINE_FOLDERS.join('|')})/`),
    why: 'the page never reaches the code of the engine or of the readers',
  },
  {
    from: /^(store\/|fake\/|ui\/|headless(Files)?\.ts|main\.tsx)/,
    to: /^worker\/(?!client)/,
    why: 'the page knows the workers through worker/client only',
  },
  { from: /^ui\//, to: /^worker\//, why: 'components go through the store' },
];

/** Each foreign package may be imported by the files named, tests aside; others are free. */
const DOORS: { package: RegExp; only: RegExp }[] = [
  { package: /^@tensorflow\//, only: /^gpu\// },
  { package: /^dicom-parser$/, only: /^data\/dicom\// },
  { package: /^@cornerstonejs\//, only: /^data\// },
  { package: /^valibot$/, only: /^util\/schema\.ts$/ },
  { package: /^zustand(\/|$)/, only: /^store\// },
  { package: /^recharts$/, only: /^ui\/(\w+\/)+\w*Chart\w*\.tsx$/ },
  { package: /^(react|react-dom|@mantine|@tabler)(\/|$)/, only: /^(ui\/|store\/|main\.tsx)/ },
  { package: /^comlink$/, only: /^worker\// },
];

const MAX_LINES = 400;
/** Of product files. A file that only passes something on is merged into the one it serves before another is added. */
const LEAST_MEDIAN = 110;

const sources: Record<string, string> = Object.fromEntries(
  Object.entries(
    import.meta.glob<string>('./**/*.{ts,tsx}', { query: '?raw', import: 'default', eager: true }),
  ).map(([file, text]) => [file.slice(2), text]),
);
const isTest = (file: string) => /\.test\.tsx?$|(^|\/)test[A-Z]\w*\.tsx?$/.test(file);
const files = Object.keys(sources).sort();
const productFiles = files.filter((file) => !isTest(file));

/** Specifiers of static imports, re-exports, dynamic imports and worker addresses. */
function specifiersOf(text: string): string[] {
  const code = text.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const forms = [
    /\b(?:import|export)\b[^;'"`]*?\bfrom\s*['"]([^'"]+)['"]/g,
    /\bimport\s*\(?\s*['"]([^'"]+)['"]/g,
    /\bnew URL\(\s*['"]([^'"]+)['"]\s*,\s*import\.meta\.url/g,
  ];
  return forms.flatMap((form) => [...code.matchAll(form)].map((match) => match[1]!));
}

interface Import {
  readonly from: string;
  readonly specifier: string;
  /** Path below src, or null for a package. */
  readonly to: string | null;
}

const imports: Import[] = files.flatMap((from) =>
  specifiersOf(sources[from]!).map((specifier) => {
    const inside = specifier.startsWith('.');
    const plain = specifier.replace(/\?.*$/, '');
    return { from, specifier, to: inside ? path.posix.join(path.posix.dirname(from), plain) : null };
  }),
);
const local = imports.filter((entry) => entry.to !== null && !entry.to.startsWith('..'));

/** Statistics of scores: plain arithmetic, which the page does as well. */
const SCORES = 'tasks/scores';

const placeOf = (file: string) => {
  if (RANKS[file] !== undefined) return file;
  if (file.startsWith(`${SCORES}/`)) return SCORES;
  return RECORD.test(file) ? 'records' : file.split('/')[0]!;
};
/** Constructing a worker names its entry file; that is a start, not an import. */
const startsWorker = ({ to }: Import) => /\.worker\.ts$/.test(to ?? '');
const say = ({ from, specifier }: Import) => `${from} imports ${specifier}`;

describe('layers', () => {
  test('every folder has a rank', () => {
    expect(files.map(placeOf).filter((place) => RANKS[place] === undefined)).toEqual([]);
    expect(local.length).toBeGreaterThan(10);
  });

  test('imports go down or stay in their folder', () => {
    // A test may stand on what is built above its subject.
    const upward = local.filter(({ from, to }) => {
      if (isTest(from)) return false;
      const [here, there] = [placeOf(from), placeOf(to!)];
      return here !== there && RANKS[there]! >= RANKS[here]!;
    });
    expect(upward.map(say)).toEqual([]);
  });

  test('the folders of the store import one way', () => {
    const placeInStore = (file: string) => (placeOf(file) === 'store' ? file.split('/')[1]! : null);
    const unranked = files.map(placeInStore).filter((place) => place && STORE_RANKS[place] === undefined);
    expect(unranked).toEqual([]);
    const upward = local.filter(({ from, to }) => {
      const [here, there] = [placeInStore(from), placeInStore(to!)];
      if (isTest(from) || !here || !there) return false;
      return here !== there && STORE_RANKS[there]! >= STORE_RANKS[here]!;
    });
    expect(upward.map(say)).toEqual([]);
  });

  test.each(FORBIDDEN)('$why', ({ from, to }) => {
    const found = local.filter(
      (entry) =>
        !isTest(entry.from) &&
        from.test(entry.from) &&
        to.test(entry.to!) &&
        !RECORD.test(entry.to!) &&
        placeOf(entry.to!) !== SCORES &&
        !startsWorker(entry),
    );
    expect(found.map(say)).toEqual([]);
  });

  test.each(['main.tsx', 'headless.ts'])('%s reaches no code of the engine by any path', (entry) => {
    const reached = new Set([entry]);
    for (const file of reached) {
      for (const found of local) {
        if (found.from === file && !startsWorker(found)) reached.add(found.to!);
      }
    }
    expect(reached.size).toBeGreaterThan(1);
    expect([...reached].filter((file) => ENGINE_FOLDERS.includes(placeOf(file)))).toEqual([]);
  });

  test.each(DOORS)('only $only imports $package', ({ package: name, only }) => {
    const found = imports.filter(
      ({ from, specifier, to }) => to === null && name.test(specifier) && !only.test(from) && !isTest(from),
    );
    expect(found.map(say)).toEqual([]);
  });

  test('nothing reaches outside src', () => {
    const outside = imports.filter(({ from, to }) => to?.startsWith('..') && !isTest(from));
    expect(outside.map(say)).toEqual([]);
  });

  test('imports inside src name the file with its extension', () => {
    const bare = local.filter(({ to }) => !Object.hasOwn(sources, to!) && !/\.(css|json|svg)$/.test(to!));
    expect(bare.map(say)).toEqual([]);
  });
});

describe('manner', () => {
  test('every file begins with prose that says what it is', () => {
    const mute = productFiles.filter((file) => !/^(\/\/ \S.{20,}|\/\*\*?\s)/.test(sources[file]!));
    expect(mute).toEqual([]);
  });

  test('the files that docs/architecture.md points to are there', () => {
    const text = readFileSync(path.join(import.meta.dirname, '../docs/architecture.md'), 'utf8');
    const named = [...text.matchAll(/`((?:\w+\/)+\w+\.(?:ts|tsx|css))`/g)].map((match) => match[1]!);
    expect(named.length).toBeGreaterThan(20);
    const absent = named.filter((file) => !existsSync(path.join(import.meta.dirname, file)));
    expect(absent.filter((file) => !existsSync(path.join(import.meta.dirname, '..', file)))).toEqual([]);
  });

  test('no synchronous read-back from the GPU', () => {
    const reading = productFiles.filter((file) => /\.(dataSync|arraySync)\(/.test(sources[file]!));
    expect(reading).toEqual([]);
  });

  test('nothing waits inside a step: kernels, layers, methods and optimiser record at once', () => {
    // What reads weights back, between steps, and what tests alone use.
    const between = ['nn/parameters.ts', 'optim/optimiser.ts', 'gpu/kernels/parts/testing.ts'];
    const inStep = productFiles.filter((file) => /^(gpu\/kernels|nn|methods|optim)\//.test(file));
    const waiting = inStep.filter((file) => /\b(await|async|setTimeout)\b/.test(sources[file]!));
    expect(waiting.filter((file) => !between.includes(file))).toEqual([]);
  });

  test(`no file is longer than ${MAX_LINES} lines; the median is that of one idea a file`, () => {
    const sizes = productFiles.map((file) => ({ file, lines: sources[file]!.trimEnd().split('\n').length }));
    const long = sizes.filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
    const ordered = sizes.map(({ lines }) => lines).sort((a, b) => a - b);
    const median = ordered[Math.floor(ordered.length / 2)];
    expect(median).toBeGreaterThanOrEqual(LEAST_MEDIAN);
    expect(median).toBeLessThanOrEqual(170);
  });
});
