import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, it } from 'vitest';
import { presetConfig } from '../../src/config/presets.ts';
import { metricNames } from '../../src/protocol/metrics.ts';
import { writeSafetensors } from '../../src/util/safetensors.ts';
import { EVENT_FOLDER, EventLog } from './eventLog.ts';

/** The messages of an event file. */
function messagesOf(bytes: Buffer): Buffer[] {
  const messages: Buffer[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Number(bytes.readBigUInt64LE(at));
    messages.push(bytes.subarray(at + 12, at + 12 + length));
    at += 16 + length;
  }
  return messages;
}

it('logs settings, a record for each step, and at the end how the weights are spread, but no statistics', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mlvicx-log-'));
  try {
    const config = presetConfig('smoke');
    const log = new EventLog(folder, config);
    const values = metricNames(config).map((_, i) => i);
    log.append([0, 1].map((step) => ({ step, activeSeconds: step, values })));
    const tensor = { dtype: 'F32', shape: [3], data: Float32Array.of(-1, 0, 2) } as const;
    const names = [
      'encoder.conv.weight',
      'encoder.bn.running_mean',
      'optimiser.momentum.encoder.conv.weight',
    ];
    log.weights(writeSafetensors(new Map(names.map((name) => [name, tensor])), { step: '2' }));
    await log.close();
    const runs = path.join(folder, EVENT_FOLDER);
    const messages = messagesOf(readFileSync(path.join(runs, readdirSync(runs)[0]!)));
    const texts = messages.map((message) => message.toString('latin1'));
    expect(texts).toHaveLength(5);
    expect(texts[1]).toContain('_hparams_/session_start_info');
    expect(texts[3]).toContain('loss/total');
    expect(texts.filter((text) => text.includes('weights/'))).toHaveLength(1);
    // Step 2, then the summary: a value named after the weight.
    expect(messages[4]!.subarray(9, 11)).toEqual(Buffer.from([0x10, 2]));
    expect(texts[4]).toContain('weights/encoder.conv.weight');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
