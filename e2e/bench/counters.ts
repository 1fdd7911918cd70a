// What any engine asks of WebGPU in this worker: dispatches, submits and the bytes of the buffers that are alive,
// counted at the API itself so that every engine is measured by the same rule, pools and staging included.

export interface Counts {
  dispatches: number;
  submits: number;
  /** Buffers made since the counts were started. */
  buffers: number;
  liveBytes: number;
  peakBytes: number;
}

const counts: Counts = { dispatches: 0, submits: 0, buffers: 0, liveBytes: 0, peakBytes: 0 };

/** Call once, before any engine opens its device. */
export function installCounters(): void {
  const { dispatchWorkgroups, dispatchWorkgroupsIndirect } = GPUComputePassEncoder.prototype;
  GPUComputePassEncoder.prototype.dispatchWorkgroups = function (...groups) {
    counts.dispatches++;
    return dispatchWorkgroups.apply(this, groups);
  };
  GPUComputePassEncoder.prototype.dispatchWorkgroupsIndirect = function (...source) {
    counts.dispatches++;
    return dispatchWorkgroupsIndirect.apply(this, source);
  };
  const { submit } = GPUQueue.prototype;
  GPUQueue.prototype.submit = function (buffers) {
    counts.submits++;
    return submit.call(this, buffers);
  };
  const { createBuffer } = GPUDevice.prototype;
  const alive = new WeakSet<GPUBuffer>();
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    alive.add(buffer);
    counts.buffers++;
    counts.liveBytes += buffer.size;
    counts.peakBytes = Math.max(counts.peakBytes, counts.liveBytes);
    return buffer;
  };
  const { destroy } = GPUBuffer.prototype;
  GPUBuffer.prototype.destroy = function () {
    if (alive.delete(this)) counts.liveBytes -= this.size;
    return destroy.call(this);
  };
}

/** Starts counting anew; what is alive stays counted. */
export function startCounts(): void {
  Object.assign(counts, { dispatches: 0, submits: 0, buffers: 0, peakBytes: counts.liveBytes });
}

export const readCounts = (): Counts => ({ ...counts });
