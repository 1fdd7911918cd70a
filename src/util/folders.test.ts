import { describe, expect, it } from 'vitest';
import { countFolders, liesIn } from './folders.ts';

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
