// Counts what a device is asked for at the WebGPU interface itself: every buffer made and destroyed, pools and staging
// included. Imported by tests only.

export interface BufferCounts {
  /** Buffers made since `start`. */
  made: number;
  /** Bytes alive of what was made since the counting began, now and at most since `start`. */
  live: number;
  peak: number;
}

/** Counts until `stop`; what was alive before is not counted. */
export function countBuffers(device: GPUDevice) {
  const counts: BufferCounts = { made: 0, live: 0, peak: 0 };
  const { createBuffer } = device;
  device.createBuffer = (descriptor) => {
    const buffer = createBuffer.call(device, descriptor);
    counts.made++;
    counts.live += buffer.size;
    counts.peak = Math.max(counts.peak, counts.live);
    const { destroy } = buffer;
    let alive = true;
    buffer.destroy = () => {
      if (alive) counts.live -= buffer.size;
      alive = false;
      return destroy.call(buffer);
    };
    return buffer;
  };
  return {
    counts,
    start() {
      counts.made = 0;
      counts.peak = counts.live;
    },
    stop() {
      device.createBuffer = createBuffer;
    },
  };
}
