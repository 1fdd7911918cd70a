// The DICOM window (PS3.3 C.11.2.1): which modality values are spread over the grey scale, and how. Reading a file and
// moving the window in the viewer use this one formula.

export type WindowShape = 'linear' | 'linear-exact' | 'sigmoid';

export interface Window {
  readonly center: number;
  readonly width: number;
  readonly shape: WindowShape;
}

const clamp01 = (x: number): number => Math.min(Math.max(x, 0), 1);

/** PS3.3 C.11.2.1.2 and C.11.2.1.3. @returns 0..1 */
export function applyWindow({ center, width, shape }: Window, x: number): number {
  switch (shape) {
    case 'sigmoid':
      return 1 / (1 + Math.exp((-4 * (x - center)) / width));
    case 'linear-exact':
      return clamp01((x - center) / width + 0.5);
    case 'linear': {
      const edge = (width - 1) / 2;
      if (x <= center - 0.5 - edge) return 0;
      if (x > center - 0.5 + edge) return 1;
      return clamp01((x - (center - 0.5)) / (width - 1) + 0.5);
    }
    default:
      return shape satisfies never;
  }
}

/** A window that can be used: PS3.3 asks for a width of at least 1 (linear) or above 0 (the others). */
export function isUsableWindow({ center, width, shape }: Window): boolean {
  return Number.isFinite(center) && Number.isFinite(width) && (shape === 'linear' ? width >= 1 : width > 0);
}
