// Where the newest linear evaluation looks on the film under the lens: asked for when the film or the finding changes, while
// somebody is looking. A refusal is kept as a sentence, as with the gates.

import { create } from 'zustand';
import type { ClassMap } from '../../protocol/engine.ts';
import { toWire } from '../../util/errors.ts';
import { currentClient } from '../client.ts';

interface ClassMapState {
  readonly map: ClassMap | null;
  readonly problem: string | null;
  /** Of the map over the film, 0..1. */
  readonly opacity: number;
}

export const useClassMap = create<ClassMapState>()(() => ({ map: null, problem: null, opacity: 0.5 }));

export const setMapOpacity = (opacity: number): void => useClassMap.setState({ opacity });

let newest = 0;

/** Asks for the map of a finding on a film; of several questions the last one counts. */
export async function askClassMap(film: number, finding: string): Promise<void> {
  const question = ++newest;
  try {
    const map = await currentClient().engine.classMap(film, finding);
    if (question === newest) useClassMap.setState({ map, problem: null });
  } catch (error) {
    if (question === newest) useClassMap.setState({ map: null, problem: toWire(error).message });
  }
}
