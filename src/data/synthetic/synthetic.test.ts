import { describe, expect, it } from 'vitest';
import { auroc } from '../../tasks/scores/auroc.ts';
import { Rng } from '../../util/rng.ts';
import { shrink } from '../resize.ts';
import { drawAnatomy, drawTaking } from './anatomy.ts';
import { DIFFICULTIES, type Difficulty } from './difficulty.ts';
import { type FilmSpec, renderFilm } from './film.ts';
import { type Findings, SYNTHETIC_FINDINGS } from './findings.ts';
import { planSyntheticSet, renderEntry } from './set.ts';
import type { Trap } from './traps.ts';

const SIZE = 96;
const HEALTHY: Findings = { opacities: [], edema: null, effusion: null, pneumothorax: null, nodules: [] };

/** The same quiet film with other findings. */
function film(findings: Partial<Findings>, size = SIZE) {
  const row = DIFFICULTIES.fine;
  const anatomy = { ...drawAnatomy(3, 0, row), heartRatio: 0.45, breast: 0 };
  const taking = { ...drawTaking(new Rng(3, 'synthetic'), row), noise: 0, windowShift: 0, windowWidth: 1 };
  const still = {
    ...taking,
    gamma: 1,
    marker: null,
    borders: [0, 0, 0, 0],
    pose: { shiftX: 0, shiftY: 0, tilt: 0, zoom: 1 },
  } as const;
  const spec: FilmSpec = { anatomy, taking: still, findings: { ...HEALTHY, ...findings }, seed: 5 };
  return renderFilm(spec, size);
}

const meanWhere = (plane: Uint8Array, mask: Uint8Array) =>
  plane.reduce((sum, value, at) => sum + value * mask[at]!, 0) / mask.reduce((sum, value) => sum + value, 0);

describe('a phantom', () => {
  const healthy = film({});

  it('has dark lungs between a bright mediastinum and bright walls, dark air outside', () => {
    const around = (x: number, y: number) => {
      const box = healthy.plane.map((_, at) => {
        const [dx, dy] = [(at % SIZE) / SIZE - x, Math.floor(at / SIZE) / SIZE - y];
        return Number(Math.abs(dx) < 0.04 && Math.abs(dy) < 0.06);
      });
      return meanWhere(healthy.plane, box);
    };
    const lung = Math.max(around(0.27, 0.45), around(0.75, 0.45));
    expect(around(0.5, 0.55)).toBeGreaterThan(lung + 60);
    expect(around(0.3, 0.92)).toBeGreaterThan(lung + 30);
    expect(around(0.04, 0.9)).toBeLessThan(20);
    expect(Object.keys(healthy.masks)).toEqual([]);
  });

  it('is brighter where tissue takes the place of air, darker where air takes the place of lung', () => {
    const lesion = { x: 7, y: 8, radius: 3, strength: 0.7 };
    const brighter: [Partial<Findings>, 'Opacity' | 'Edema' | 'Nodule' | 'Effusion'][] = [
      [{ edema: { y: 8, radius: 5, right: 0.6, left: 0.4 } }, 'Edema'],
      [{ opacities: [lesion] }, 'Opacity'],
      [{ nodules: [{ ...lesion, radius: 1.5, strength: 1 }] }, 'Nodule'],
      [{ effusion: { sides: [1], height: 7, veil: 0 } }, 'Effusion'],
    ];
    for (const [findings, name] of brighter) {
      const { plane, masks } = film(findings);
      expect(meanWhere(plane, masks[name]!)).toBeGreaterThan(meanWhere(healthy.plane, masks[name]!) + 12);
    }
    const { plane, masks } = film({ pneumothorax: { side: -1, gap: 3, apical: 1.5 } });
    expect(meanWhere(plane, masks.Pneumothorax!)).toBeLessThan(
      meanWhere(healthy.plane, masks.Pneumothorax!) - 8,
    );
  });

  it('looks the same at another size', () => {
    const large = shrink({ width: 2 * SIZE, height: 2 * SIZE, bytes: film({}, 2 * SIZE).plane }, SIZE);
    const off = large.bytes.reduce((sum, v, at) => sum + Math.abs(v - healthy.plane[at]!), 0) / SIZE ** 2;
    expect(off).toBeLessThan(6);
  });
});

const planned = (seed: number, difficulty: Difficulty, patients = 160) =>
  planSyntheticSet({ patients, seed, difficulty });

describe.each(['classroom', 'fine'] as const)('the synthetic set, %s', (difficulty) => {
  const set = planned(1, difficulty);

  it('has two to four films of each patient and every finding often enough to score', () => {
    const counts = new Map<string, number>();
    for (const { patient } of set) counts.set(patient, (counts.get(patient) ?? 0) + 1);
    expect(counts.size).toBe(160);
    expect([...new Set(counts.values())].sort()).toEqual([2, 3, 4]);
    expect(set.map(({ path }) => path)).toEqual(set.map(({ path }) => path).sort());
    expect(set[0]!.path).toBe('synthetic/p0001_01');
    for (const at of SYNTHETIC_FINDINGS.keys()) {
      const share = set.filter(({ labels }) => labels[at] === 1).length / set.length;
      expect(share).toBeGreaterThan(0.15);
      expect(share).toBeLessThan(0.35);
    }
    expect(set.filter(({ labels }) => !labels.includes(1)).length / set.length).toBeGreaterThan(0.2);
  });

  it('has a mask inside the film for exactly the findings it is labelled with', () => {
    for (const entry of set.slice(0, 40)) {
      const { masks } = renderEntry(entry, 64);
      SYNTHETIC_FINDINGS.forEach((finding, at) => {
        const area = masks[finding]?.reduce((sum, value) => sum + value, 0) ?? 0;
        expect(area > 0, `${entry.path} ${finding}`).toBe(entry.labels[at] === 1);
      });
    }
  });

  it('follows the seed, film by film', () => {
    const again = planned(1, difficulty);
    expect(renderEntry(again[77]!, 64).plane).toEqual(renderEntry(set[77]!, 64).plane);
    expect(renderEntry(planned(2, difficulty, 1)[0]!, 64).plane).not.toEqual(renderEntry(set[0]!, 64).plane);
    expect(
      planned(1, difficulty, 720)
        .slice(0, set.length)
        .map(({ labels }) => labels),
    ).toEqual(set.map(({ labels }) => labels));
  });
});

describe('the classroom set gives no finding away', () => {
  const SIDE = 16;
  const set = planned(3, 'classroom', 220);
  const films = set.map(
    (entry) => shrink({ width: 48, height: 48, bytes: renderEntry(entry, 48).plane }, SIDE).bytes,
  );
  /** AUROC of a number that each film has, the further from chance the more it tells. */
  const telling = (at: number, values: readonly number[]) =>
    Math.abs(
      (auroc(
        values,
        set.map(({ labels }) => labels[at]!),
      ) ?? 0.5) - 0.5,
    );

  it.each([...SYNTHETIC_FINDINGS.entries()])('%i: %s', (at) => {
    const pixels = Array.from({ length: SIDE * SIDE }, (_, pixel) => films.map((bytes) => bytes[pixel]!));
    expect(Math.max(...pixels.map((values) => telling(at, values)))).toBeLessThan(0.25);
    expect(
      telling(
        at,
        films.map((bytes) => bytes.reduce((a, b) => a + b, 0)),
      ),
    ).toBeLessThan(0.1);
    expect(
      telling(
        at,
        set.map((_, order) => order),
      ),
    ).toBeLessThan(0.1);
  });
});

describe('a trap of the set', () => {
  const trapped = (trap: Trap) => planSyntheticSet({ patients: 60, seed: 1, difficulty: 'classroom', trap });
  const opacity = SYNTHETIC_FINDINGS.indexOf('Opacity');

  it('is a marker on the films of one finding, and on no other; nothing else of a film changes', () => {
    const [plain, marked] = [trapped('none'), trapped('marker')];
    for (const [i, entry] of marked.slice(0, 24).entries()) {
      const [signed, unsigned] = [renderEntry(entry, 48).plane, renderEntry(plain[i]!, 48).plane];
      const changed = [...signed.keys()].filter((at) => signed[at] !== unsigned[at]);
      if (entry.labels[opacity] === 0) expect(changed).toEqual([]);
      else expect(changed.length).toBeGreaterThan(10);
      expect(changed.every((at) => at % 48 > 38 && at < 48 * 12)).toBe(true);
    }
  });

  it('is follow-up films that are alike but for the noise', () => {
    const [first, second] = trapped('follow-up');
    expect(second!.patient).toBe(first!.patient);
    expect(second!.labels).toEqual(first!.labels);
    const [one, other] = [renderEntry(first!, 48).plane, renderEntry(second!, 48).plane];
    const off = one.reduce((sum, value, at) => sum + Math.abs(value - other[at]!), 0) / one.length;
    expect(off).toBeGreaterThan(0);
    expect(off).toBeLessThan(12);
  });

  it('that leaks names every film as a patient, and is the same films otherwise', () => {
    const [leak, sound] = [trapped('leak'), trapped('follow-up')];
    expect(new Set(leak.map(({ patient }) => patient)).size).toBe(leak.length);
    expect(new Set(sound.map(({ patient }) => patient)).size).toBe(60);
    expect(leak.map(({ path }) => path)).toEqual(sound.map(({ path }) => path));
    expect(renderEntry(leak[5]!, 32).plane).toEqual(renderEntry(sound[5]!, 32).plane);
  });
});
