// Grey bytes as a picture in true aspect, never tinted; optionally a gate laid over it in viridis.
// The canvas holds the pixels one to one, the stylesheet gives it its size on the page.

import { useEffect, useRef } from 'react';
import { viridis } from './viridis.ts';

export interface GreyPicture {
  readonly width: number;
  readonly height: number;
  readonly bytes: Uint8Array;
}

export interface Overlay {
  readonly side: number;
  /** side * side values. */
  readonly gate: Float32Array;
  /** The values drawn in the first and the last colour. */
  readonly range: readonly [number, number];
  readonly opacity: number;
}

interface Props {
  readonly picture: GreyPicture;
  readonly overlay?: Overlay | null;
  /** Said to screen readers; empty for decoration. */
  readonly label: string;
  readonly className?: string;
}

function greyImage({ width, height, bytes }: GreyPicture): ImageData {
  const image = new ImageData(width, height);
  for (let i = 0; i < bytes.length; i++) {
    image.data.fill(bytes[i]!, 4 * i, 4 * i + 3);
    image.data[4 * i + 3] = 255;
  }
  return image;
}

function gateImage({ side, gate, range: [low, high] }: Overlay): ImageData {
  const image = new ImageData(side, side);
  for (let i = 0; i < gate.length; i++) {
    image.data.set([...viridis((gate[i]! - low) / Math.max(1e-6, high - low)), 255], 4 * i);
  }
  return image;
}

/** The gate at its own resolution, enlarged with smooth edges by the browser's scaler. */
function drawOverlay(context: CanvasRenderingContext2D, overlay: Overlay): void {
  const small = new OffscreenCanvas(overlay.side, overlay.side);
  small.getContext('2d')?.putImageData(gateImage(overlay), 0, 0);
  context.globalAlpha = overlay.opacity;
  context.imageSmoothingQuality = 'high';
  context.drawImage(small, 0, 0, context.canvas.width, context.canvas.height);
  context.globalAlpha = 1;
}

export function FilmCanvas({ picture, overlay, label, className }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  const { width, height } = picture;
  useEffect(() => {
    const context = ref.current?.getContext('2d');
    if (!context) return;
    context.putImageData(greyImage(picture), 0, 0);
    if (overlay) drawOverlay(context, overlay);
  }, [picture, overlay]);
  return (
    <canvas
      ref={ref}
      width={width}
      height={height}
      className={className}
      role={label ? 'img' : undefined}
      aria-label={label || undefined}
      aria-hidden={label ? undefined : true}
    />
  );
}
