// The parity command on the recorded fixtures of the published code, where they are. The whole model takes minutes on
// a software adapter and is checked by `npm run headless -- parity DIR` and in src/train/modelParity.gpu.test.ts.

import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from './fixtures.ts';
import { headless } from './headless.ts';

const FOLDER = path.resolve('../shared/parity');

interface Row {
  readonly fixture: string;
  readonly quantity: string;
  readonly error: number;
  readonly tolerance: number;
  readonly ok: boolean;
  readonly unchecked?: true;
}

let out = '';
test.beforeEach(() => {
  out = mkdtempSync(path.join(tmpdir(), 'parity-'));
});
test.afterEach(() => rmSync(out, { recursive: true }));

const rowsIn = (file: string): Row[] => JSON.parse(readFileSync(file, 'utf8'));

test('every recorded value but the whole model is within tolerance', async () => {
  test.skip(!existsSync(FOLDER), 'there are no recorded fixtures in ../shared/parity');
  test.setTimeout(300_000);
  const kinds = ['loss', 'bottleneck', 'resize-project', 'augment', 'linear-eval', 'metrics'];
  const file = path.join(out, 'rows.json');
  const {
    status,
    out: text,
    err,
  } = await headless(...['parity', FOLDER, '--kinds', kinds.join(), '--json', file]);
  expect(err).toBe('');
  expect(status).toBe(0);
  const rows = rowsIn(file);
  expect(rows.filter(({ ok, error, tolerance }) => !ok || error > tolerance)).toEqual([]);
  for (const kind of kinds) expect(rows.some(({ fixture }) => fixture.startsWith(kind))).toBe(true);
  const last = text.trimEnd().split('\n').at(-1)!;
  expect(last).toMatch(new RegExp(`^${rows.length} within tolerance, 0 outside, \\d+ fixtures, on \\S+`));
});

test('losses of other methods are within tolerance, and what is not computed here is said by name', async () => {
  const folder = path.resolve('../shared/parity-methods');
  test.skip(!existsSync(folder), 'there are no recorded fixtures in ../shared/parity-methods');
  const file = path.join(out, 'rows.json');
  const { status, out: text, err } = await headless('parity', folder, '--json', file);
  expect(err).toBe('');
  expect(status).toBe(0);
  const rows = rowsIn(file);
  expect(rows.filter(({ ok, unchecked }) => !ok && !unchecked)).toEqual([]);
  for (const [method, least] of Object.entries({ simclr: 10, barlow: 10, byol: 6, simsiam: 4, moco: 2 })) {
    const gradients = rows.filter(
      ({ fixture, quantity }) => fixture.startsWith(method) && /^grad_/.test(quantity),
    );
    expect(gradients.filter(({ ok }) => ok).length).toBeGreaterThanOrEqual(least);
  }
  for (const { fixture, ok } of rows.filter(({ unchecked }) => unchecked)) {
    expect(ok).toBe(false);
    expect(text).toMatch(new RegExp(`not checked: .*\\b${fixture}\\b`));
  }
});

test('an unknown kind ends with status 1 and stands in the rows', async () => {
  writeFileSync(path.join(out, 'index.json'), JSON.stringify({ kinds: [{ kind: 'tea', fixtures: [] }] }));
  const file = path.join(out, 'rows.json');
  const { status, out: text, err } = await headless('parity', out, '--json', file);
  expect(status).toBe(1);
  expect(err).toMatch(/^error values-disagree: .*\n$/);
  expect(text).toMatch(/tea +is a known kind.*OUTSIDE/);
  expect(rowsIn(file)).toMatchObject([{ fixture: 'tea', ok: false }]);
});
