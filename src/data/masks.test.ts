import { describe, expect, it } from 'vitest';
import { masksAmong, pairMasks } from './masks.ts';

const masks = (...paths: string[]) => [...masksAmong(paths).keys()];

describe('masksAmong', () => {
  it.each<[string, string[], string[]]>([
    ['COVID-19 Radiography', ['COVID/images/COVID-1.png'], ['COVID/masks/COVID-1.png']],
    [
      'COVID-QU-Ex',
      ['Train/Normal/images/a.png'],
      ['Train/Normal/lung masks/a.png', 'Train/Normal/infection masks/a.png'],
    ],
    ['QaTa-COV19', ['Images/covid_1.png'], ['Ground-truths/mask_covid_1.png']],
    [
      'Montgomery',
      ['CXR_png/MCUCXR_0001_0.png'],
      ['ManualMask/leftMask/MCUCXR_0001_0.png', 'ManualMask/rightMask/MCUCXR_0001_0.png'],
    ],
    ['Shenzhen', ['CXR_png/CHNCXR_0001_0.png'], ['mask/CHNCXR_0001_0_mask.png']],
    ['masks at the top, classes below', ['images/COVID/1.png'], ['masks/COVID/1.png']],
    ['names that differ, a folder of images beside', ['a/img/1.png'], ['a/segmentations/s-77.png']],
    [
      'one folder',
      ['x/film.png', 'x/film2.png'],
      ['x/film_mask.png', 'x/film2-seg.png', 'x/film_lung_mask.png'],
    ],
    ['small copies', ['ward/a.jpg'], ['ward/thumbs/a.jpg']],
    ['DICOM', ['a/1.2.840.1', 'a/IM000001'], ['a/mask/IM000001']],
  ])('finds those of %s', (_, films, wanted) => {
    expect(masks(...films, ...wanted).sort()).toEqual([...wanted].sort());
  });

  it.each<[string, string[]]>([
    ['a set of nothing else', ['masks/1.png', 'masks/2.png']],
    ['a class whose films have names of their own', ['oxygen_mask/a.png', 'none/b.png', 'none/c.png']],
    ['a name that merely ends so', ['x/film_mask.png', 'x/other.png']],
    ['a table beside them', ['masks/1.png', 'labels.csv', 'README.md']],
    ['a film named label', ['label/1.png', 'films_of_2019/9.png']],
  ])('leaves %s alone', (_, paths) => {
    expect(masks(...paths)).toEqual([]);
  });
});

describe('pairMasks', () => {
  const pairs = (...paths: string[]) => {
    const found = masksAmong(paths);
    return pairMasks(
      found,
      paths.filter((path) => !found.has(path)),
    ).map(({ path, film, finding }) => [path, film, finding]);
  };

  it('finds the film of the same name beside the folder, and what the folder says it is of', () => {
    expect(
      pairs('A/images/1.png', 'B/images/1.png', 'A/masks/1.png', 'B/masks/1.png', 'A/infection masks/1.png'),
    ).toEqual([
      ['A/masks/1.png', 'A/images/1.png', ''],
      ['B/masks/1.png', 'B/images/1.png', ''],
      ['A/infection masks/1.png', 'A/images/1.png', 'Infection'],
    ]);
    expect(pairs('CXR_png/C_1.png', 'mask/C_1_mask.png', 'ManualMask/leftMask/C_1.png')).toEqual([
      ['mask/C_1_mask.png', 'CXR_png/C_1.png', ''],
      ['ManualMask/leftMask/C_1.png', 'CXR_png/C_1.png', ''],
    ]);
    expect(pairs('x/film.png', 'x/film_mask.png')).toEqual([['x/film_mask.png', 'x/film.png', '']]);
  });

  it('leaves away a mask whose film is missing or cannot be told', () => {
    expect(pairs('A/images/1.png', 'A/masks/1.png', 'A/masks/2.png').map(([path]) => path)).toEqual([
      'A/masks/1.png',
    ]);
    expect(pairs('A/one/1.png', 'A/two/1.png', 'A/masks/1.png')).toEqual([]);
  });
});
