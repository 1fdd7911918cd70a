// Whether the window of all films is open, and which flag it was opened for.

import { create } from 'zustand';
import type { QualityFlag } from '../protocol/quality.ts';

interface GalleryState {
  readonly opened: boolean;
  readonly flag: QualityFlag | null;
}

export const useGallery = create<GalleryState>()(() => ({ opened: false, flag: null }));

export const showGallery = (flag: QualityFlag | null = null): void =>
  useGallery.setState({ opened: true, flag });
export const closeGallery = (): void => useGallery.setState({ opened: false });
export const filterGallery = (flag: QualityFlag | null): void => useGallery.setState({ flag });
