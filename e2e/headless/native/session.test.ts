// The runner without a browser: films as a browser reads them, and a study that loses its engine in the middle of a run and ends
// with the numbers of one that did not.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { presetConfig } from '../../../src/config/presets.ts';
import { parseConfig } from '../../../src/config/schema.ts';
import { decodeFilm } from '../../../src/data/decode.ts';
import { testPixels, writeDctJpeg } from '../../../src/data/testJpeg.ts';
import { runStudy } from '../../../src/study/queue.ts';
import { studyData } from '../../../src/study/state.ts';
import { specOf } from '../../../src/study/testStudy.ts';
import { AppError } from '../../../src/util/errors.ts';
import { madeFolder } from '../../tests/folders.ts';
import { dataArguments } from '../arguments.ts';
import { loadFilms } from '../films.ts';
import type { EngineSession } from '../session.ts';
import { StudyFolder } from '../studyFolder.ts';
import { StudyRunner } from '../studyRunner.ts';
import { offerPictures } from './picture.ts';
import { withNativeSession } from './session.ts';

test('plain JPEG films are read: grey ones whole, those that need a browser not at all', async () => {
  offerPictures();
  const pixels = testPixels(24, 20, 8);
  const bytes = writeDctJpeg(pixels, { progressive: false });
  const options = { planeSize: 64, thumbnailSize: 8 };
  const { plane, width, height } = await decodeFilm(new Blob([bytes.slice()]), options);
  expect([width, height]).toEqual([24, 20]);
  expect(Math.max(...plane.map((value, i) => Math.abs(value - pixels.samples[i]!)))).toBeLessThanOrEqual(2);
  const exif = [0xff, 0xe1, 0, 8, 0x45, 0x78, 0x69, 0x66, 0, 0];
  const turned = Uint8Array.from([...bytes.slice(0, 2), ...exif, ...bytes.slice(2)]);
  await expect(decodeFilm(new Blob([turned]), options)).rejects.toMatchObject({ code: 'image-unsupported' });
});

const SPEC = specOf({
  base: parseConfig({ width: 4, batchSize: 4, maxSteps: 6, probeEpochs: 3 }, presetConfig('smoke')),
  methods: [{ name: 'vicreg', settings: {} }],
  reference: 'vicreg',
  seeds: [1],
  shares: [1],
});

const LOST = new AppError('device-lost', 'made up by a test.');

/** Works on a study until it is complete. @param lose the engine is lost once this many checkpoints are written */
async function work(data: string, out: string, lose = Number.POSITIVE_INFINITY) {
  const folder = await StudyFolder.open(out, SPEC);
  let runner: StudyRunner | null = null;
  let saved = 0;
  const begun: string[] = [];
  await withNativeSession(
    (event) => runner?.hear(event),
    async (session) => {
      const losing: EngineSession = {
        ...session,
        call: session.call,
        device: session.device,
        give: (...given) => session.give(...given),
        giveFolder: (...given) => session.giveFolder(...given),
        async save(...given) {
          if (saved === lose) throw LOST;
          await session.save(...given);
          saved++;
        },
      };
      const summary = await loadFilms(session, dataArguments({ data } as never), SPEC.base);
      const state = await folder.begin(studyData(summary), 'this process');
      runner = new StudyRunner(losing, folder, {
        keepEvery: 0.02,
        halted: () => false,
        onState: (_, job) => begun.push(job?.id ?? 'end'),
      });
      await runStudy(state, runner);
    },
  );
  const { tried, scored } = folder.state;
  const numbers = Object.fromEntries(Object.entries(scored).map(([id, of]) => [id, { ...of, seconds: 0 }]));
  return { tried, scored: numbers, saved, begun };
}

test('a study that loses its engine in the middle of a run ends with the numbers of one that does not', {
  timeout: 240_000,
}, async () => {
  const data = madeFolder(20);
  const [whole, parts] = ['whole-', 'parts-'].map((name) => mkdtempSync(path.join(tmpdir(), name)));
  const uncut = await work(data, whole!);
  expect(uncut.saved).toBeGreaterThan(1);
  await expect(work(data, parts!, 1)).rejects.toMatchObject({ code: 'device-lost' });
  const rest = await work(data, parts!);
  expect(rest.begun[0]).toBe('vicreg-seed1');
  expect({ ...rest, saved: 0, begun: [] }).toEqual({ ...uncut, saved: 0, begun: [] });
  for (const folder of [data, whole!, parts!]) rmSync(folder, { recursive: true });
});
