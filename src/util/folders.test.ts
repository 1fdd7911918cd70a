import { describe, expect, it } from 'vitest';
import { countFolders, isLitter, isSystemFolder, liesIn, systemFolderOf } from './folders.ts';

describe('folders of a set', () => {
  it('hold what lies below them, by path or by name', () => {
    expect(liesIn('train/extra/1.png', ['train/extra'])).toBe(true);
    expect(liesIn('train/extras/1.png', ['train/extra'])).toBe(false);
    expect(liesIn('a/b/old/1.png', ['*/old'])).toBe(true);
    expect(liesIn('old/1.png', ['*/old'])).toBe(true);
    expect(liesIn('a/old.png', ['*/old'])).toBe(false);
    expect(liesIn('a/1.png', [])).toBe(false);
  });

  it('are counted, with names that several share first', () => {
    expect(countFolders(['A/old/1.png', 'B/old/2.png', 'B/3.png', '4.png'])).toEqual([
      { folder: '*/old', films: 2, places: 2 },
      { folder: 'A', films: 1, places: 1 },
      { folder: 'A/old', films: 1, places: 1 },
      { folder: 'B', films: 2, places: 1 },
      { folder: 'B/old', films: 1, places: 1 },
    ]);
  });
});

describe('what systems leave behind', () => {
  it.each([
    '.DS_Store',
    '._film.png',
    '.thumbnails',
    '.@__thumb',
    '.Trash-1000',
    'Thumbs.db',
    'desktop.ini',
    '__MACOSX',
  ])('passes over %s', (name) => expect(isLitter(name)).toBe(true));
  it.each([
    '@eaDir',
    '@Recycle',
    '@Recently-Snapshot',
    '@__thumb',
    '#recycle',
    '#snapshot',
    '$RECYCLE.BIN',
    'RECYCLER',
    'Recycle Bin',
    'trashbox',
    'lost+found',
    'System Volume Information',
    'Network Trash Folder',
    '~snapshot',
  ])('takes %s for a folder of the system', (name) => expect(isSystemFolder(name)).toBe(true));
  it.each(['#1', '@12', 'recycled paper', 'COVID', 'thumbnails', 'snapshots of wards', '$5'])(
    'takes %s for a folder of people',
    (name) => expect([isLitter(name), isSystemFolder(name)]).toEqual([false, false]),
  );
  it('names the folder', () => {
    expect(systemFolderOf('a/@eaDir/img.png/THUMB.jpg')).toBe('a/@eaDir');
    expect(systemFolderOf('a/b/@eaDir')).toBeNull();
  });
});
