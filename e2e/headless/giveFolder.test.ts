import { mkdirSync, mkdtempSync, realpathSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { linkedFiles } from './giveFolder.ts';

describe('linkedFiles', () => {
  it('follows links to files and folders, and none round in a circle', () => {
    const root = realpathSync(mkdtempSync(path.join(tmpdir(), 'links-')));
    const set = path.join(root, 'set');
    const store = path.join(root, 'store');
    mkdirSync(path.join(set, 'train'), { recursive: true });
    mkdirSync(path.join(store, 'more'), { recursive: true });
    writeFileSync(path.join(set, 'own.png'), 'x');
    writeFileSync(path.join(store, '1.png'), 'x');
    writeFileSync(path.join(store, 'more', '2.png'), 'x');
    symlinkSync(path.join(store, '1.png'), path.join(set, 'train', 'a.png'));
    symlinkSync(store, path.join(set, 'whole'));
    symlinkSync(set, path.join(set, 'train', 'round'));
    symlinkSync(path.join(root, 'gone'), path.join(set, 'lost.png'));
    symlinkSync(path.join(store, 'more'), path.join(store, 'again'));
    const { paths, files, broken } = linkedFiles(set);
    const byPath = Object.fromEntries(paths.map((place, i) => [place, path.relative(root, files[i]!)]));
    expect(byPath).toEqual({
      'train/a.png': 'store/1.png',
      'whole/1.png': 'store/1.png',
      'whole/more/2.png': 'store/more/2.png',
      'whole/again/2.png': 'store/more/2.png',
    });
    expect([...broken].sort()).toEqual(['lost.png', 'train/round']);
  });
});
