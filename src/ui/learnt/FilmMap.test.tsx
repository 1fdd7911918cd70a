// @vitest-environment happy-dom
// The map of films on a scripted engine: laid out, read and gathered by keys, its neighbours now and at the start, and what the
// gallery is then shown; the geometry and the groups behind it by themselves.

import { act, fireEvent, screen, waitFor, within } from '@testing-library/react';
import { beforeEach, describe, expect, test } from 'vitest';
import { presetConfig } from '../../config/presets.ts';
import { createFakeClient } from '../../fake/engine.ts';
import type { EngineEvent } from '../../protocol/engine.ts';
import { currentClient, takeClient } from '../../store/client.ts';
import { loadSource, SYNTHETIC_SOURCE, useDataset } from '../../store/films/dataset.ts';
import { useGallery } from '../../store/films/viewer.ts';
import { showPart, useLearnt } from '../../store/page/learnt.ts';
import { followEngine } from '../../store/run/engineEvents.ts';
import { colourBy, makeMap, stopMap, useFilmMap } from '../../store/run/filmMap.ts';
import { useSession } from '../../store/session.ts';
import { mount } from '../testPage.tsx';
import { LearntView } from './LearntView.tsx';
import { mapGroups } from './mapGroups.ts';
import { fitted, pixelOf, rowAt, rowsInside, rowTowards, zoomed } from './mapView.ts';

const CONFIG = presetConfig('demo');

describe('geometry', () => {
  const PLACES = Float32Array.of(0, 0, 1, 0, 0, 2, -3, -1);
  const VIEW = fitted(PLACES, 400, 300);

  test('every film lies inside, up is up, and a film is found where it is drawn', () => {
    for (let row = 0; row < 4; row++) {
      const [x, y] = pixelOf(VIEW, PLACES, row);
      expect(x >= 15.9 && x <= 384.1 && y >= 15.9 && y <= 284.1).toBe(true);
      expect(rowAt(VIEW, PLACES, [x + 2, y - 3], 12)).toBe(row);
    }
    expect(pixelOf(VIEW, PLACES, 2)[1]).toBeLessThan(pixelOf(VIEW, PLACES, 0)[1]);
    expect(rowAt(VIEW, PLACES, [1, 1], 12)).toBeNull();
  });

  test('enlarging leaves the point under the pointer where it is', () => {
    const at = pixelOf(VIEW, PLACES, 3);
    const larger = zoomed(VIEW, 2, at);
    for (const [i, pixel] of pixelOf(larger, PLACES, 3).entries()) expect(pixel).toBeCloseTo(at[i]!, 6);
    expect(pixelOf(larger, PLACES, 0)[0] - at[0]).toBeCloseTo(2 * (pixelOf(VIEW, PLACES, 0)[0] - at[0]));
  });

  test('arrows go to the nearest film ahead; a line gathers what is inside', () => {
    expect(rowTowards(PLACES, 0, [1, 0])).toBe(1);
    expect(rowTowards(PLACES, 0, [0, 1])).toBe(2);
    expect(rowTowards(PLACES, 1, [1, 0])).toBe(1);
    const [x, y] = pixelOf(VIEW, PLACES, 0);
    const [right] = pixelOf(VIEW, PLACES, 1);
    const line = [
      [x - 5, y - 5],
      [right + 5, y - 5],
      [right + 5, y + 5],
      [x - 5, y + 5],
    ] as const;
    expect(rowsInside(VIEW, PLACES, line)).toEqual([0, 1]);
  });
});

const ready = async (maxSteps = CONFIG.maxSteps, hear: (event: EngineEvent) => void = () => undefined) => {
  takeClient(() => createFakeClient({ beat: 0 }));
  await loadSource(SYNTHETIC_SOURCE, CONFIG, {});
  const { engine } = currentClient();
  await engine.open(hear);
  await engine.prepare({ ...CONFIG, maxSteps });
  useSession.setState({ runConfig: CONFIG });
  showPart('map');
};

beforeEach(() => {
  useFilmMap.setState(useFilmMap.getInitialState());
  useLearnt.setState(useLearnt.getInitialState());
  useSession.setState(useSession.getInitialState());
  useDataset.setState(useDataset.getInitialState());
});

test('colours tell findings, parts, patients and quality apart', async () => {
  await ready();
  const { summary } = useDataset.getState();
  const films = Uint32Array.from({ length: summary!.filmTable.length }, (_, film) => film);
  const groups = (colouring: 'finding' | 'part' | 'patient' | 'quality', finding: string | null = null) =>
    mapGroups(summary!, films, { colouring, finding, clusters: null });
  const nodule = groups('finding', 'Nodule');
  expect(nodule.title).toBe('Nodule');
  const column = summary!.findings.indexOf('Nodule');
  films.forEach((film) => {
    const label = summary!.filmTable.labels[film * summary!.findings.length + column];
    expect(nodule.of[film]).toBe(label === 1 ? 0 : 1);
  });
  for (const how of [nodule, groups('part'), groups('patient'), groups('quality')]) {
    expect(how.groups.reduce((sum, group) => sum + group.films, 0)).toBe(films.length);
  }
  expect(groups('part').groups[2]!.films).toBe(summary!.films.test);
});

test('lays out all films, reads and gathers them by keys, and shows neighbours and gallery', async () => {
  await ready();
  mount(<LearntView />);
  fireEvent.click(screen.getByTestId('map-make'));
  const map = await screen.findByTestId('film-map');
  expect(screen.getByTestId('map-card').textContent).toMatch(
    /416 films at step 0, Global, by the two directions of most variance, which hold \d+ % and \d+ % of the variance/,
  );
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  fireEvent.keyDown(map, { key: 'ArrowRight' });
  expect(screen.getByTestId('film-cursor').textContent).toMatch(/^Film \d+: (training|validation|test); /);
  fireEvent.keyDown(map, { key: ' ' });
  fireEvent.keyDown(map, { key: 'ArrowUp' });
  fireEvent.keyDown(map, { key: ' ' });
  await act(async () => fireEvent.keyDown(map, { key: 'Enter' }));
  const beside = await screen.findByTestId('film-neighbours');
  await waitFor(() => expect(within(beside).getAllByRole('list')).toHaveLength(2));
  expect(within(beside).getAllByRole('button', { name: /^Film \d+, cosine/ })).toHaveLength(16);
  expect(beside.textContent).toMatch(/\d of 8 neighbours (was|were) there at the random start/);
  expect(screen.getByText(/films? gathered/).textContent).toBe('2 films gathered');
  fireEvent.keyDown(map, { key: 'g' });
  expect(useGallery.getState().only).toHaveLength(2);
});

test('a run that trains is halted for the pass, and goes on by itself, also where it is called off', async () => {
  await ready(100_000, followEngine);
  const { engine } = currentClient();
  const state = () => useSession.getState().status.state;
  await engine.play();
  await waitFor(() => expect(state()).toBe('running'));
  const step = () => useSession.getState().status.step;
  const before = step();
  const making = makeMap();
  await waitFor(() => expect(state()).toBe('evaluating'));
  await making;
  expect(useFilmMap.getState().step).toBeGreaterThanOrEqual(before);
  await waitFor(() => expect(step()).toBeGreaterThan(useFilmMap.getState().step!));
  const again = makeMap();
  await waitFor(() => expect(state()).toBe('evaluating'));
  await stopMap();
  await again;
  expect(useFilmMap.getState().progress).toBeNull();
  expect(useFilmMap.getState().problem).toBeNull();
  await waitFor(() => expect(state()).toBe('running'));
  await engine.stop();
});

test('UMAP by its button, another level by its name, clusters as colours', async () => {
  await ready();
  mount(<LearntView />);
  fireEvent.click(screen.getByTestId('map-make'));
  await screen.findByTestId('film-map');
  const before = useFilmMap.getState().places;
  await act(async () => useLearnt.setState({ output: 'level3' }));
  await waitFor(() => expect(useFilmMap.getState().output).toBe('level3'));
  await waitFor(() => expect(useFilmMap.getState().places).not.toBe(before));
  colourBy('cluster');
  await waitFor(() => expect(useFilmMap.getState().clusters).toHaveLength(416));
  expect(screen.getByTestId('map-card').textContent).toContain('Cluster: Cluster 1');
  fireEvent.click(screen.getByText('UMAP'));
  fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
  await waitFor(() => expect(useFilmMap.getState().progress).toBeNull());
  expect(useFilmMap.getState().problem).toBeNull();
});
