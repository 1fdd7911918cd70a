import { describe, expect, it } from 'vitest';
import { isLitter, isSystemFolder, systemFolderOf } from './litter.ts';

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
