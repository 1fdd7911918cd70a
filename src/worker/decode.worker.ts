// One decode worker: a file in, a grey plane and a thumbnail out, both transferred. Owned by decodePool.ts, which
// ends it when it hangs or dies; it keeps nothing between files but the codecs it has loaded.

import { type DecodedFilm, type DecodeOptions, decodeFilm } from '../data/decode.ts';
import { expose, transfer } from './rpc.ts';

const api = {
  /** Answers once the code has loaded, so that a worker that cannot start is told from a file that breaks one. */
  ready: () => true,
  async decode(file: File, options: DecodeOptions): Promise<DecodedFilm> {
    const film = await decodeFilm(file, options);
    return transfer(film, [film.plane.buffer, film.thumbnail.bytes.buffer]);
  },
};

export type DecodeApi = typeof api;

expose(api);
