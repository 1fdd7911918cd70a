// Which windows of the data panel are open: all films, and for which flag; the labels. They may lie over a drawer, which
// must then leave the Escape key to them.

import { create } from 'zustand';
import type { QualityFlag } from '../../protocol/quality.ts';

interface GalleryState {
  readonly opened: boolean;
  readonly flag: QualityFlag | null;
  readonly labelsOpened: boolean;
}

export const useGallery = create<GalleryState>()(() => ({ opened: false, flag: null, labelsOpened: false }));

export const showGallery = (flag: QualityFlag | null = null): void =>
  useGallery.setState({ opened: true, flag });
export const closeGallery = (): void => useGallery.setState({ opened: false });
export const filterGallery = (flag: QualityFlag | null): void => useGallery.setState({ flag });
export const showLabels = (labelsOpened: boolean): void => useGallery.setState({ labelsOpened });
