// The settings of the vote of nearest neighbours. What a row must say is in config/fields.ts.

import { type Field, number } from '../../config/fields.ts';
import { FEATURE_ROWS, LABEL_ROWS } from '../rows.ts';

export const NEIGHBOUR_ROWS = {
  ...LABEL_ROWS,
  ...FEATURE_ROWS,
  neighbourCount: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 20,
    min: 1,
    max: 1000,
    integer: true,
    scale: 'log',
    unit: 'films',
    label: 'Neighbours',
    short: 'k',
    help: 'How many of the nearest labelled training films vote on a test film; all of them where there are fewer. More give a smoother score, and lose findings that few films have.',
    source: 'DINO (arXiv 2104.14294), 20',
  }),
  neighbourTemperature: number({
    group: 'evaluation',
    when: 'evaluation',
    default: 0.07,
    min: 0.001,
    max: 10,
    scale: 'log',
    label: 'Temperature of the vote',
    short: 'kT',
    help: 'A neighbour counts exp(cosine / temperature). The smaller it is, the more the very nearest decide; a large one lets all neighbours count alike.',
    source: 'DINO (arXiv 2104.14294), 0.07',
  }),
} as const satisfies Record<string, Field>;
