// The engine's end of the port to the intake worker: takes delivered sets, makes planes that lie in the cache readable, has
// those of the built-in set drawn, and asks for planes that were lost there to be decoded again.

import type { DrawnMasks, EngineDataset, IntakeMessage, MasksWanted } from '../../protocol/dataset.ts';
import type { MaskSource, TrainingSet } from '../../train/batchSource.ts';
import { AppError } from '../../util/errors.ts';
import { type Drawer, DrawnPlanes, workerDrawer } from '../engine/drawnPlanes.ts';
import { PackedPlanes, type RangeReader, workerReader } from '../engine/packedPlanes.ts';

type Repair = (plane: Uint8Array | null) => void;

export class IntakeLink {
  readonly #port: MessagePort;
  readonly #onSet: (set: TrainingSet | null) => void;
  readonly #makeReader: () => RangeReader;
  readonly #makeDrawer: () => Drawer;
  readonly #repairs = new Map<string, Repair[]>();
  readonly #drawing = new Map<number, (masks: DrawnMasks | null) => void>();
  #asked = 0;
  #planes: PackedPlanes | DrawnPlanes | null = null;
  #set: TrainingSet | null = null;

  /** @param onSet hears of every set, and null when the one at hand was given up */
  constructor(
    port: MessagePort,
    onSet: (set: TrainingSet | null) => void,
    makeReader: () => RangeReader = workerReader,
    makeDrawer: () => Drawer = workerDrawer,
  ) {
    this.#port = port;
    this.#onSet = onSet;
    this.#makeReader = makeReader;
    this.#makeDrawer = makeDrawer;
    port.onmessage = ({ data }: MessageEvent<IntakeMessage>) => this.#hear(data);
  }

  /** Nothing is heard afterwards; planes that are still being read come to an end. */
  close(): void {
    this.#port.close();
    this.#planes?.close();
  }

  #hear(message: IntakeMessage): void {
    if ('plane' in message) {
      const key = `${message.fingerprint} ${message.film}`;
      const waiting = this.#repairs.get(key) ?? [];
      this.#repairs.delete(key);
      for (const answer of waiting) answer(message.plane);
      return;
    }
    if ('masks' in message) {
      this.#drawing.get(message.id)?.(message.masks);
      this.#drawing.delete(message.id);
      return;
    }
    if ('arranges' in message) {
      if (this.#set?.fingerprint === message.arranges) this.#take({ ...this.#set, ...message });
      return;
    }
    // The worker starts again should an older run still want to read.
    this.#planes?.close();
    this.#planes = null;
    this.#take('gone' in message ? null : this.#open(message));
  }

  #take(set: TrainingSet | null): void {
    const { masks: _, ...rest } = set ?? { masks: undefined };
    this.#set = set && { ...(rest as TrainingSet), ...(set.marked && { masks: this.#masksOf(set) }) };
    this.#onSet(this.#set);
  }

  #masksOf({ fingerprint }: TrainingSet): MaskSource {
    return {
      read: async (films, findings, side) => {
        const masks = await new Promise<DrawnMasks | null>((resolve) => {
          const id = ++this.#asked;
          this.#drawing.set(id, resolve);
          const wanted: MasksWanted = { id, fingerprint, films: [...films], findings: [...findings], side };
          this.#port.postMessage(wanted);
        });
        if (!masks) throw new AppError('not-ready', 'the films that the masks lie on are no longer loaded.');
        return masks;
      },
    };
  }

  #open(dataset: EngineDataset): TrainingSet {
    const { packs, drawn } = dataset;
    if (drawn) {
      this.#planes = new DrawnPlanes(drawn, dataset.widths.length, this.#makeDrawer);
      return { ...dataset, planes: this.#planes };
    }
    if (!packs) return dataset;
    this.#planes = new PackedPlanes({ ...dataset, packs }, this.#makeReader(), (film) =>
      this.#repair(dataset, film),
    );
    return { ...dataset, planes: this.#planes };
  }

  #repair({ fingerprint }: EngineDataset, film: number): Promise<Uint8Array | null> {
    const key = `${fingerprint} ${film}`;
    return new Promise((resolve) => {
      const waiting = this.#repairs.get(key);
      if (waiting) {
        waiting.push(resolve);
        return;
      }
      this.#repairs.set(key, [resolve]);
      this.#port.postMessage({ film, fingerprint });
    });
  }
}
