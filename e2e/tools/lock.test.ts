// The lock file holds the packages of every platform, whichever machine wrote it: `npm ci` refuses a lock without them, and a
// linter or bundler would not run on the platforms that are missing.

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

interface Locked {
  readonly version?: string;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
}

const { packages } = JSON.parse(
  readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8'),
) as {
  readonly packages: Readonly<Record<string, Locked>>;
};

/** Where Node would find `name` from the package at `place`, among what is locked. */
function lockedAt(place: string, name: string): string | null {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('node_modules/') - 1))) {
    const candidate = `${at ? `${at}/` : ''}node_modules/${name}`;
    if (packages[candidate]) return candidate;
    if (!at) return null;
  }
}

const optional = Object.entries(packages).flatMap(([place, { optionalDependencies = {} }]) =>
  Object.entries(optionalDependencies).map(([name, range]) => ({ place, name, range })),
);

test('every optional package of a dependency is in the lock, for each platform', () => {
  const missing = optional.filter(({ place, name }) => lockedAt(place, name) === null);
  expect(missing).toEqual([]);
  // The linter and the bundler have one for each of their platforms.
  expect(optional.filter(({ name }) => /biome|rolldown|esbuild/.test(name)).length).toBeGreaterThan(20);
});

test('and at the version that is asked for where that is exact', () => {
  const other = optional.filter(({ place, name, range }) => {
    const version = packages[lockedAt(place, name) ?? '']?.version;
    return /^\d+\.\d+\.\d+$/.test(range) && version !== undefined && version !== range;
  });
  expect(other).toEqual([]);
});
