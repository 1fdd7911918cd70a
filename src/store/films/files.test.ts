// Dropped folders by their entries, with entries made up as Chrome hands them out.

import { describe, expect, it } from 'vitest';
import { filesOf, maybeHidden } from './files.ts';

const file = (name: string, opens = true) => ({
  name,
  isFile: true,
  isDirectory: false,
  file: (resolve: (file: File) => void, reject: (error: Error) => void) =>
    opens ? resolve(new File(['x'], name)) : reject(new Error('no')),
});
const folder = (name: string, children: unknown[]) => ({
  name,
  isFile: false,
  isDirectory: true,
  createReader: () => {
    const rest = [...children];
    return { readEntries: (resolve: (batch: unknown[]) => void) => resolve(rest.splice(0, 2)) };
  },
});

async function listed(root: unknown, hiddenOnly: boolean) {
  const unopened: string[] = [];
  const paths: string[] = [];
  const roots = [{ entry: root as FileSystemEntry, path: '' }];
  for await (const { path } of filesOf(roots, { hiddenOnly, unopened })) paths.push(path);
  return { paths, unopened };
}

describe('entries', () => {
  const root = folder('set', [
    file('plain.png'),
    file('12:30.png'),
    folder('2020-01-01T10:00', [file('in.png'), folder('deep', [file('deeper.png')])]),
    folder('ward', [file('what?.png'), file('b.png'), file('lost*.png', false)]),
    folder('@eaDir', [file('x:y.png')]),
    file('.hidden:1.png'),
  ]);

  it('give what handles may hide, and all below a folder that they may hide', async () => {
    expect(await listed(root, true)).toEqual({
      paths: ['12:30.png', '2020-01-01T10:00/in.png', '2020-01-01T10:00/deep/deeper.png', 'ward/what?.png'],
      unopened: ['ward/lost*.png'],
    });
  });

  it('give everything where there are no handles', async () => {
    expect((await listed(root, false)).paths).toHaveLength(6);
  });

  it.each([
    'a:b',
    'a?',
    'a*',
    'a"',
    'a<b',
    'a>b',
    'a|b',
    'a\\b',
    ' a',
    'a ',
    'a.',
    '.a',
    'con',
    'AUX.png',
    'com1.png',
    'x.lnk',
    'x.url',
    'x.scf',
    'zero\u200bwidth',
    'c\u0001',
    '\uf022 as a network drive writes a colon',
  ])('may be hidden: %s', (name) => expect(maybeHidden(name)).toBe(true));
  it.each(['film.png', 'Müller_1.png', 'a b.dcm', 'hash#1.png', '胸部.png', 'IM-0001', 'contrast.png'])(
    'never hidden: %s',
    (name) => expect(maybeHidden(name)).toBe(false),
  );
});
