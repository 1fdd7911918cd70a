// Writes a built-in set as raw files for programs outside: planes, labels, patients and parts, and masks of each finding where a side
// of theirs is given, with a set.json that says how to read them.
// `npx tsx e2e/tools/drawSynthetic.ts SEED FOLDER [classroom|fine] [SIDE] [MASK SIDE]`

import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parseConfig } from '../../src/config/schema.ts';
import { assembleDataset } from '../../src/data/dataset.ts';
import { renderMasks } from '../../src/data/synthetic/film.ts';
import { renderEntry } from '../../src/data/synthetic/set.ts';
import { syntheticOptions } from '../../src/protocol/intake.ts';
import { planSet } from '../../src/worker/intake/synthetic.ts';

const [seed = '1', folder = 'out/synthetic', difficulty = 'classroom', size = '512', maskSide = '0'] =
  process.argv.slice(2);
const config = parseConfig({ syntheticSeed: seed, syntheticDifficulty: difficulty, planeSize: size });
const { parts, entries } = planSet(syntheticOptions(config));
const { engine } = await assembleDataset({ ...parts, startedAt: performance.now() });
const side = engine.widths[0]!;
const planes = Buffer.concat(entries.map((entry) => renderEntry(entry, side).plane));
await mkdir(folder, { recursive: true });
const write = (name: string, bytes: Uint8Array | string) => writeFile(path.join(folder, name), bytes);
await write('planes.bin', planes);
await write('labels.bin', engine.labels);
await write('splits.bin', engine.splits);
await write('patients.bin', new Uint8Array(Uint32Array.from(engine.patients).buffer));
const { findings } = engine;
const inMask = Number(maskSide);
if (inMask > 0) {
  const area = inMask ** 2;
  const masks = entries.map((entry) => {
    const drawn: Record<string, Uint8Array | undefined> = renderMasks(entry.spec(), inMask);
    return Buffer.concat(findings.map((finding) => drawn[finding] ?? new Uint8Array(area)));
  });
  await write('masks.bin', Buffer.concat(masks));
}
await write('set.json', JSON.stringify({ films: entries.length, side, findings, maskSide: inMask }));
console.log(`${entries.length} films of ${side} px in ${folder}`);
