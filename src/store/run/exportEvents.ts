// The run at hand as a TensorBoard log: its curves and settings, and where they are ticked, how its weights are spread, the views of
// some films that the next step would see, and where the context bottlenecks look on them.

import { METHODS } from '../../methods/records.ts';
import { imageRecord, weightRecords } from '../../util/eventFile.ts';
import { greyPng } from '../../util/png.ts';
import { joinBytes } from '../../util/protobuf.ts';
import { readSafetensors } from '../../util/safetensors.ts';
import { currentClient } from '../client.ts';
import { liveSeries } from '../curves/series.ts';
import { useDataset } from '../films/dataset.ts';
import { useSession } from '../session.ts';
import { seriesEvents } from './export.ts';
import type { Run } from './runs.ts';

/** Films that are shown. */
const SHOWN = 4;

const histograms = async (time: number, step: number): Promise<Uint8Array[]> =>
  weightRecords(time, step, readSafetensors(await currentClient().engine.exportCheckpoint()).tensors);

const square = (grey: Uint8Array, side: number) => ({
  width: side,
  height: side,
  png: greyPng(grey, side, side),
});

async function pictures(run: Run, time: number, step: number): Promise<Uint8Array[]> {
  const { engine } = currentClient();
  const films = Math.min(SHOWN, useDataset.getState().summary?.filmTable.length ?? 0);
  const records: Uint8Array[] = [];
  for (let film = 0; film < films; film++) {
    const { size, view1, view2 } = await engine.previewViews(film, step);
    for (const [i, view] of [view1, view2].entries()) {
      records.push(imageRecord(time, step, `views/film-${film + 1}/view-${i + 1}`, square(view, size)));
    }
    if (!METHODS[run.config.method].bottlenecks(run.config)) continue;
    for (const [i, { side, gate }] of (await engine.gateMaps(film)).levels.entries()) {
      const grey = Uint8Array.from(gate, (value) => Math.round(255 * Math.min(1, Math.max(0, value))));
      records.push(imageRecord(time, step, `gates/film-${film + 1}/level-${i + 1}`, square(grey, side)));
    }
  }
  return records;
}

/** @throws AppError of the engine */
export async function eventLog(
  run: Run,
  ticks: { readonly histograms?: boolean; readonly pictures?: boolean },
): Promise<Uint8Array<ArrayBuffer>> {
  const { step, activeSeconds } = useSession.getState().status;
  const time = run.startedAt / 1000 + activeSeconds;
  return joinBytes([
    seriesEvents(liveSeries(), run),
    ...(ticks.histograms ? await histograms(time, step) : []),
    ...(ticks.pictures ? await pictures(run, time, step) : []),
  ]);
}
