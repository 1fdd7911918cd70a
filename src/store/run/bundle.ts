// The run at hand as a bundle that goes on in PyTorch: one zip of the Python files, the checkpoint as it stands, the curves so far
// as a TensorBoard log, and, for films of one's own, the table of parts.

import { zipSync } from 'fflate';
import { bundleFiles, filmsCsv, metadataOf } from '../../bundle/bundle.ts';
import { eventFileName } from '../../util/eventFile.ts';
import { liveSeries } from '../curves/series.ts';
import { useDataset } from '../films/dataset.ts';
import { seriesEvents } from './export.ts';
import { liveRun } from './runs.ts';

/** Weights hardly shrink, and take their time. */
const AS_IT_IS = /\.safetensors$/;

/**
 * @param names films stand in the table by their paths, not by hashes of them. @param card of the model, in Markdown
 * @throws AppError bundle-unavailable
 */
export async function bundleZip(
  checkpoint: Uint8Array,
  names: boolean,
  card?: string,
): Promise<Uint8Array<ArrayBuffer>> {
  const { summary } = useDataset.getState();
  const films = summary && !summary.synthetic ? await filmsCsv(summary, { names }) : undefined;
  const { PYTHON } = await import('../../bundle/python.ts');
  const files = bundleFiles({ python: PYTHON, metadata: metadataOf(checkpoint), checkpoint, films, card });
  const run = liveRun();
  // Where train.py goes on with its log.
  if (run) {
    const name = `out/runs/${eventFileName(run.startedAt / 1000, 'playground')}`;
    files.set(name, seriesEvents(liveSeries(), run));
  }
  const entries = [...files].map(([name, bytes]) => {
    const level: 0 | 6 = AS_IT_IS.test(name) ? 0 : 6;
    return [name, [bytes, { level }] as [Uint8Array, { level: 0 | 6 }]] as const;
  });
  return zipSync(Object.fromEntries(entries));
}
