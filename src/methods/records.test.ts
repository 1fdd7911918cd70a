// What every record of a method must keep: its terms, heads and rows fit each other and the tables made of them, the metrics
// of runs kept by earlier versions keep their names, and the weighted total is the sum that its formula says.

import { describe, expect, it, test } from 'vitest';
import { presetConfig } from '../config/presets.ts';
import { inForce, keysInForce, parseConfig, parseSettings, SCHEMA } from '../config/schema.ts';
import { readShareHash, shareHash } from '../config/share.ts';
import { metricNames, metricsOf } from '../protocol/metrics.ts';
import type { MethodRecord } from './record/method.ts';
import { STATISTIC_NAMES } from './record/statistics.ts';
import { lossWeights, reportLength, VECTOR_LENGTH, weightedTotal } from './record/total.ts';
import { belongsTo, METHOD_NAMES, METHOD_ROWS, METHODS, methodOf } from './records.ts';

describe.each(METHOD_NAMES)('the record of %s', (name) => {
  const method: MethodRecord = METHODS[name];
  const config = { ...presetConfig('smoke'), method: name };

  it('weighs terms and heads by number rows of its own that may change while a run goes on', () => {
    const keys = [
      ...Object.values(method.terms).map(({ weightKey }) => weightKey),
      ...Object.values(method.heads).map(({ weight }) => weight?.key ?? null),
    ].filter((key) => key !== null);
    for (const key of keys) expect(method.rows[key]).toMatchObject({ kind: 'number', when: 'live' });
  });

  it('uses every term in some head, and reads terms that are no statistics from places of their own', () => {
    const used = new Set(Object.values(method.heads).flatMap(({ terms }) => terms));
    expect([...used].toSorted()).toEqual(Object.keys(method.terms).toSorted());
    for (const { terms } of Object.values(method.heads)) {
      const places = terms.map((term) => method.terms[term]!.reads).filter((reads) => reads !== 'statistics');
      expect(new Set(places).size).toBe(places.length);
      expect(places.every((place) => place >= 0 && place < VECTOR_LENGTH)).toBe(true);
    }
    for (const [term, { reads }] of Object.entries(method.terms)) {
      if (reads === 'statistics') expect(STATISTIC_NAMES).toContain(term);
    }
  });

  it('has the statistics of every head and level among its metrics, each name once', () => {
    const names = metricNames(config);
    expect(new Set(names).size).toBe(names.length);
    expect(names.every((one) => /^[a-z0-9]+\/[a-z-]+$/.test(one))).toBe(true);
    for (const place of [...Object.keys(method.heads), 'level1', 'level5']) {
      for (const statistic of STATISTIC_NAMES) expect(names).toContain(`${place}/${statistic}`);
    }
    for (const head of Object.keys(method.heads)) expect(names).toContain(`${head}/std`);
    expect(metricsOf(config).every(({ label, formula }) => label && formula)).toBe(true);
  });

  it('adds up: with every value one, the total is the sum of all products of weights', () => {
    const ones = Object.fromEntries(
      Object.entries(method.heads).map(([head, { terms }]) => [
        head,
        Object.fromEntries(terms.map((term) => [term, 1])),
      ]),
    );
    const wanted = Object.values(lossWeights(method, config)).reduce(
      (sum, weights) => sum + weights.slice(0, -1).reduce((a, b) => a + b, 0) * weights.at(-1)!,
      0,
    );
    expect(weightedTotal(method, config, ones).total).toBeCloseTo(wanted, 10);
    expect(reportLength(method)).toBeGreaterThanOrEqual(VECTOR_LENGTH * Object.keys(method.heads).length);
  });

  it('goes through a link, and through a file that holds its settings alone', () => {
    const link = shareHash({ ...config, seed: 5 }, 'smoke');
    expect(readShareHash(link)?.config).toMatchObject({ method: name, seed: 5 });
    const held = inForce(config);
    expect(Object.keys(held).every((key) => belongsTo(key, name))).toBe(true);
    expect(inForce(parseConfig(held))).toEqual(held);
    expect(keysInForce(config).every((key) => SCHEMA[key] !== undefined)).toBe(true);
  });

  it('speaks of itself', () => {
    expect(method.words.split('. ').length).toBeGreaterThanOrEqual(2);
    expect(method.source).toMatch(/arXiv \d{4}\.\d{5}|ours/);
    expect(method.heads[Object.keys(method.heads)[0]!]!.weight).toBeNull();
  });
});

test('a setting of one method alone is refused beside another, by name', () => {
  const alone = Object.keys(METHOD_ROWS).find((key) => METHOD_NAMES.some((name) => !belongsTo(key, name)))!;
  const other = METHOD_NAMES.find((name) => !belongsTo(alone, name))!;
  const given = { method: other, [alone]: SCHEMA[alone as keyof typeof SCHEMA].default };
  expect(() => parseSettings(given, presetConfig('demo'))).toThrow(
    `is no setting of the method ${METHODS[other].label}`,
  );
});

test('a configuration that names no method, as all of earlier versions, is one of MLVICX', () => {
  const { method: _, ...old } = presetConfig('smoke');
  expect(parseConfig(old)).toEqual(presetConfig('smoke'));
  expect(methodOf(parseConfig(old)).label).toBe('MLVICX');
});

test('MLVICX weighs as its paper says: 25, 25 and 1 on either head, lambda on the local one', () => {
  const config = { ...presetConfig('paper'), localWeight: 0.5 };
  expect(lossWeights(methodOf(config), config)).toEqual({ global: [25, 25, 1, 1], local: [25, 25, 1, 0.5] });
  const head = { invariance: 0.1, variance: 0.2, covariance: 3 };
  const { total, heads } = weightedTotal(methodOf(config), config, { global: head, local: head });
  expect(heads.local!.total).toBeCloseTo(2.5 + 5 + 3, 12);
  expect(total).toBeCloseTo(10.5 + 5.25, 12);
});

test('the metrics of kept runs keep their names', () => {
  const terms = ['invariance', 'variance', 'covariance'];
  const head = (name: string) => [
    ...terms.flatMap((term) => [`${name}/${term}`, `${name}/weighted-${term}`]),
    `${name}/total`,
    `${name}/std`,
  ];
  const level = (n: number) => terms.map((term) => `level${n}/${term}`);
  const kept = [
    'loss/total',
    ...head('global'),
    ...head('local'),
    ...[1, 2, 3, 4, 5].flatMap(level),
    'optim/learning-rate',
    ...['step-seconds', 'images-per-second', 'data-wait'].map((name) => `speed/${name}`),
    'memory/in-use',
    'memory/reserved',
  ];
  expect([...metricNames({ method: 'mlvicx' })].toSorted()).toEqual(kept.toSorted());
});
