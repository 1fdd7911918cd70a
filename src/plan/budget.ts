// What a configuration will need, before anything is allocated: parameters, bytes and the largest single buffer, held
// against the limits of the adapter. One step of the run is played as it is, network, tape, kernels and optimiser, on a
// device that counts sizes (gpu/sizes.ts); there is no other list of them. The engine refuses by the same numbers.

import { PRESET_NAMES, presetConfig } from '../config/presets.ts';
import { type Config, SCHEMA } from '../config/schema.ts';
import { nearestPreset } from '../config/share.ts';
import { sizeOf } from '../gpu/kernel.ts';
import { kernelInWords } from '../gpu/kernels/table.ts';
import type { Runtime } from '../gpu/runtime.ts';
import { type AdapterKind, countSizes, type SizeCounts } from '../gpu/sizes.ts';
import { type Budget, bufferLimit } from '../protocol/device.ts';
import type { DeviceFacts } from '../protocol/engine.ts';
import type { Batch } from '../train/batchSource.ts';
import { Probe } from '../train/probe.ts';
import { TrainingStep } from '../train/trainingStep.ts';
import { ViewRenderer } from '../train/viewRenderer.ts';

/** What of an adapter the need of a run depends on. */
export type Adapter = Pick<DeviceFacts, 'software' | 'features' | 'limits'>;

type Need = Omit<Budget, 'fits' | 'reason' | 'proposal' | 'batch'>;

/** The need of a configuration, and whether an adapter with these limits can meet it. */
export function planBudget(config: Config, adapter: Adapter): Budget {
  const needed = need(config, adapter);
  const limit = bufferLimit(adapter.limits);
  const { largestBufferBytes: bytes, largestBufferName: name } = needed;
  if (bytes <= limit) return { ...needed, fits: true };
  const reason = `${name} needs one buffer of ${mebi(bytes)}, the adapter allows ${mebi(limit)}.`;
  const smaller = PRESET_NAMES.slice(PRESET_NAMES.indexOf(nearestPreset(config)));
  const proposal = smaller.find(
    (preset) => need({ ...presetConfig(preset), method: config.method }, adapter).largestBufferBytes <= limit,
  );
  const batch = smallerBatch(config, adapter, bytes);
  return { ...needed, fits: false, reason, ...(proposal && { proposal }), ...(batch && { batch }) };
}

/** Maps grow with the batch and weights do not, so one more plan says whether fewer films help. */
function smallerBatch(config: Config, adapter: Adapter, bytes: number): number | null {
  const limit = bufferLimit(adapter.limits);
  const batch = Math.floor((config.batchSize * limit) / bytes);
  if (batch < SCHEMA.batchSize.min) return null;
  return need({ ...config, batchSize: batch }, adapter).largestBufferBytes <= limit ? batch : null;
}

const mebi = (bytes: number) => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`;

function need(config: Config, { software, features, limits }: Adapter): Need {
  const kind: AdapterKind = { software, features, limits: { ...limits } };
  return countSizes(kind, (runtime, counts) => playStep(config, runtime, counts));
}

/** Owners of buffers that no kernel asks for first. */
const FILMS = 'the films of a batch';
const STATE = 'the state of the optimiser';

function playStep(config: Config, runtime: Runtime, counts: SizeCounts): Need {
  runtime.recording = STATE;
  const training = new TrainingStep(config, runtime);
  const parameterBytes = counts.live;
  runtime.recording = FILMS;
  const films = { widths: Uint16Array.of(config.planeSize), heights: Uint16Array.of(config.planeSize) };
  const views = new ViewRenderer(runtime, films, config);
  const probe =
    config.diagnoseEvery > 0 ? new Probe(training.model, runtime, probedSet(config), config) : null;
  probe?.record();
  training.record(views.render(batchOf(config), 0, config), 0);
  const { storages } = training.model.parameters.spec;
  const sizes = storages.map(({ name, shape, follows }) => ({ name, floats: sizeOf(shape), follows }));
  const { bytes, owner } = counts.largest;
  const weight = owner === STATE ? sizes.find(({ floats }) => 4 * floats === bytes) : undefined;
  const needed = {
    // A target network is memory, but no more parameters.
    parameters: sizes.reduce((sum, { floats, follows }) => sum + (follows === undefined ? floats : 0), 0),
    parameterBytes,
    activationBytes: counts.peak - parameterBytes,
    totalBytes: counts.peak,
    largestBufferBytes: bytes,
    largestBufferName: weight ? `the parameter ${weight.name}` : kernelInWords(owner),
  };
  training.dispose();
  views.dispose();
  probe?.dispose();
  return needed;
}

/** Films enough for every pass of a look, without labels. */
function probedSet({ batchSize, planeSize }: Config): ConstructorParameters<typeof Probe>[2] {
  const sides = new Uint16Array(4 * batchSize).fill(planeSize);
  const splits = new Uint8Array(sides.length);
  return { widths: sides, heights: sides, splits, labels: new Uint8Array(), findings: [] };
}

/** Films as large as the configuration keeps them. Their pixels are not there: nobody reads them. */
function batchOf({ batchSize }: Config): Batch {
  const empty = new Uint8Array();
  return { films: new Uint32Array(batchSize), planes: Array.from({ length: batchSize }, () => empty) };
}
