// Every program of every preset, setting, form and case of the self-test, and of shapes that no vector divides: Naga
// parses, validates and translates it, a device with nothing but the standard's default limits can run it, and one name
// stands for one text. Which programs there are follows from the tables, so a new method, kernel or form is among them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { program } from '../../gpu/program.ts';
import { testDevice } from '../../gpu/testDevice.ts';
import { formSets } from '../../gpu/testForms.ts';
import { Rng } from '../../util/rng.ts';
import { type Asked, ProgramList } from './testCollect.ts';
import { brokenLimits, nagaRefusal, workgroupBytes } from './testNaga.ts';
import { runsToLookAt } from './testRuns.ts';

let programs: readonly Asked[] = [];
const { normal } = Rng.prototype;

beforeAll(async () => {
  // No program depends on what the weights are, and drawing those of `paper` would take most of the time.
  Rng.prototype.normal = () => 0;
  const { runtime } = await testDevice();
  const list = new ProgramList(runtime, formSets());
  const runs = runsToLookAt();
  for (const run of runs) await list.addRun(run);
  for (const run of runs.filter(({ alone, config }) => alone && config.imageSize <= 64)) {
    await list.addEvaluation(run);
  }
  await list.addCases();
  programs = list.all;
  process.stdout.write(`${programs.length} programs of ${runs.length} configurations\n`);
}, 400_000);

afterAll(() => {
  Rng.prototype.normal = normal;
});

const named = ({ program: { name }, by }: Asked, found: unknown) => `${name} (${by}): ${found}`;

test('there are programs of every form', () => {
  const texts = programs.map(({ program: { code } }) => code);
  expect(texts.length).toBeGreaterThan(500);
  for (const sign of ['var<workgroup>', 'subgroupShuffleXor', 'unpack2x16float', 'atomicAdd'])
    expect(
      texts.some((text) => text.includes(sign)),
      sign,
    ).toBe(true);
});

test('Naga takes every program but those for which it has no directive, and writes GLSL', () => {
  const plain = programs.filter(({ program: { enable } }) => !enable?.length);
  const refused = plain.flatMap((asked) => {
    const refusal = nagaRefusal(asked.program.code);
    return refusal === null ? [] : [named(asked, refusal.slice(0, 300))];
  });
  expect(refused).toEqual([]);
  // The forms with subgroups are taken where the device has the feature, which Naga's do not.
  const others = programs.filter(({ program: { enable } }) => enable?.length);
  expect(others.flatMap(({ program: { enable } }) => enable).filter((one) => one !== 'subgroups')).toEqual(
    [],
  );
  expect(plain.length).toBeGreaterThan(4 * others.length);
});

test('every program runs on a device with the default limits', () => {
  const broken = programs.flatMap((asked) => brokenLimits(asked.program).map((found) => named(asked, found)));
  expect(broken).toEqual([]);
});

test('one name stands for one text', () => {
  const names = new Map<string, Asked>();
  const clashes = programs.filter((asked) => {
    const before = names.get(asked.program.name);
    names.set(asked.program.name, asked);
    return before !== undefined;
  });
  expect(clashes.map((asked) => named(asked, names.get(asked.program.name)?.by))).toEqual([]);
});

test('what is wrong is found', () => {
  const sound = { name: 'sound', writes: { y: 'f32' }, workgroup: [64], body: 'y[id.x] = 1.0;' } as const;
  const buffers = Object.fromEntries(Array.from({ length: 8 }, (_, i) => [`x${i}`, 'f32' as const]));
  const memory = 'struct State { a: f32, b: vec4<f32> }\nvar<workgroup> s: array<State, 513>;';
  expect(nagaRefusal(program(sound).code)).toBeNull();
  expect(brokenLimits(program(sound))).toEqual([]);
  expect(nagaRefusal(program({ ...sound, body: 'y[id.x] = missing;' }).code)).toMatch(/missing/);
  // The parser takes it, the validator does not.
  const entry = { declarations: 'fn f() -> f32 { if (true) { return 1.0; } }', body: 'y[id.x] = f();' };
  expect(nagaRefusal(program({ ...sound, ...entry }).code)).not.toBeNull();
  expect(brokenLimits(program({ ...sound, reads: buffers }))).toEqual([
    'maxStorageBuffersPerShaderStage 9 > 8',
  ]);
  expect(brokenLimits(program({ ...sound, workgroup: [257] })).join()).toMatch(/Invocations.*SizeX/);
  expect(workgroupBytes(program({ ...sound, declarations: memory }).code)).toBe(513 * 32);
  expect(brokenLimits(program({ ...sound, declarations: memory })).join()).toMatch(
    /WorkgroupStorageSize 16416/,
  );
});
