// One decode worker: a file in, a grey plane and a thumbnail out, both transferred; or a film to look at, or what is
// stored in it. Owned by decodePool.ts, which ends it when it hangs or dies; it keeps nothing between files but the
// codecs it has loaded, and tells the pool what a film waits for and how large it is, so that none is blamed for the time.

import '../../guard/workerScope.ts';
import { type DecodedFilm, type DecodeOptions, decodeFilm } from '../../data/decode.ts';
import { workload } from '../../data/limits.ts';
import { storedFacts } from '../../data/storedFacts.ts';
import { viewFilm } from '../../data/view.ts';
import type { FilmView, StoredFacts } from '../../protocol/film.ts';
import { expose, transfer } from '../rpc.ts';
import type { DecodeNotice } from './decodeAnswer.ts';

const api = {
  /** Answers once the code has loaded, so that a worker that cannot start is told from a file that breaks one. */
  ready: () => true,
  async decode(file: File, options: DecodeOptions): Promise<DecodedFilm> {
    const film = await decodeFilm(file, options);
    return transfer(film, [film.plane.buffer, film.thumbnail.bytes.buffer]);
  },
  async view(file: File): Promise<FilmView> {
    const view = await viewFilm(file);
    return transfer(view, [view.levels.buffer, view.modality.buffer, view.table.buffer, view.padding.buffer]);
  },
  stored: (file: File): Promise<StoredFacts> => storedFacts(file),
};

export type DecodeApi = typeof api;

const notify = (notice: DecodeNotice) => postMessage(notice);
workload.waits = (waits) => notify({ waits });
workload.pixels = (pixels) => notify({ pixels });

expose(api);
