import { tmpdir } from 'node:os';
import { describe, expect, test } from 'vitest';
import { presetConfig } from '../../src/config/presets.ts';
import {
  configure,
  DATA_OPTIONS,
  dataArguments,
  presetName,
  readOptions,
  settings,
  UsageError,
} from './arguments.ts';

const smoke = presetConfig('smoke');

describe('the command line', () => {
  test('settings go through the configuration table, text and all', () => {
    const config = configure(smoke, settings(['width=16', 'probeFlip=false', 'optimiser = lars']));
    expect(config).toEqual({ ...smoke, width: 16, probeFlip: false, optimiser: 'lars' });
  });

  test.each([['width'], ['=3'], ['nothing=3'], ['width=1e9'], ['optimiser=sgd']])(
    'refuses --set %s',
    (text) => {
      expect(() => configure(smoke, settings([text]))).toThrow(UsageError);
    },
  );

  test('refuses options and presets that do not exist, by name', () => {
    expect(() => readOptions(['--dta', 'x'], DATA_OPTIONS)).toThrow(/--dta/);
    expect(() => presetName('huge')).toThrow(/huge.*smoke/);
  });

  test('no films at all are not all of them: --limit 0 is refused', () => {
    expect(() => dataArguments({ data: tmpdir(), limit: '0' })).toThrow(
      /--limit 0 is not a whole number from 1/,
    );
    expect(dataArguments({ data: tmpdir() }).limit).toBe(0);
    expect(() => dataArguments({ data: 'synthetic', limit: '0' })).toThrow(UsageError);
  });

  test('folders are left out by path or by name', () => {
    const given = { data: tmpdir(), 'leave-out': ['./extra/', '*/old'], keep: ['./a/masks/'] };
    expect(dataArguments(given).arrangement).toEqual({
      leaveOutFolders: ['extra', '*/old'],
      keepFolders: ['a/masks'],
    });
  });

  test('a folder must be there; the synthetic set takes no label file', () => {
    expect(dataArguments({ data: tmpdir(), where: 'view=PA', limit: '7' })).toEqual({
      folder: tmpdir(),
      syntheticSeed: null,
      labels: [],
      where: { column: 'view', value: 'PA' },
      limit: 7,
      arrangement: {},
      cache: null,
    });
    expect(dataArguments({ data: 'synthetic' })).toMatchObject({ folder: null, syntheticSeed: null });
    expect(dataArguments({ data: 'synthetic:11' })).toMatchObject({ folder: null, syntheticSeed: 11 });
    expect(() => dataArguments({ data: 'synthetic:x' })).toThrow(/synthetic/);
    expect(dataArguments({ data: tmpdir(), uncertain: 'one', overlap: 'leave-out' }).arrangement).toEqual({
      labels: { uncertain: 'one' },
      split: { overlap: 'leave-out' },
    });
    expect(
      dataArguments({
        data: tmpdir(),
        'film-column': 'StudyInstanceUID',
        'patient-column': 'none',
        separator: 'comma',
        part: ['Eval=val', 'extra set=out'],
      }).arrangement,
    ).toEqual({
      labels: {
        fileColumn: 'StudyInstanceUID',
        patientColumn: null,
        separator: ',',
        parts: { eval: 'val', 'extra set': 'out' },
      },
    });
    expect(() => dataArguments({ data: tmpdir(), separator: 'dots' })).toThrow(/comma/);
    expect(() => dataArguments({ data: tmpdir(), part: ['eval=dev'] })).toThrow(/train, val, test, out/);
    expect(() => dataArguments({ data: tmpdir(), readers: 'some' })).toThrow(/majority, any, all/);
    expect(() => dataArguments({ data: '/no/such/folder' })).toThrow(UsageError);
    expect(() => dataArguments({ data: 'synthetic', labels: ['x.csv'] })).toThrow(UsageError);
    expect(() => dataArguments({ data: tmpdir(), limit: '-1' })).toThrow(UsageError);
  });
});
