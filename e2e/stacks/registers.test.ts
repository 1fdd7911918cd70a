// The driver's report is read program by program, and one that it said nothing about is noticed.
import { expect, test } from 'vitest';
import { readRegisters } from './registers.ts';

const REPORT = `ac_compute_device_uuid's output is based on invalid pci bus info.
PROGRAM {"name":"stem","sets":["narrow"],"by":"paper"}

Compute Shader:
*** SHADER STATS ***
SGPRs: 128
VGPRs: 256
Spilled SGPRs: 0
Spilled VGPRs: 124
Scratch size: 14848
Subgroups per SIMD: 4
Latency: 166848
Inverse Throughput: 83424
********************
PROGRAM {"name":"silent","sets":["narrow","shared"],"by":"demo"}
PROGRAM {"name":"add","sets":["shared"],"by":"demo"}
VGPRs: 24
Spilled VGPRs: 0
Scratch size: 0
Subgroups per SIMD: 32
Inverse Throughput: 12
`;

test('registers, spills and waves of each program', () => {
  const [stem, silent, add] = readRegisters(REPORT);
  expect(stem).toEqual({
    name: 'stem',
    sets: ['narrow'],
    by: 'paper',
    vector: 256,
    spilled: 124,
    scratch: 14848,
    waves: 4,
    throughput: 83424,
  });
  expect(silent!.sets).toEqual(['narrow', 'shared']);
  expect(silent!.vector).toBeNaN();
  expect([add!.vector, add!.spilled, add!.waves]).toEqual([24, 0, 32]);
});
