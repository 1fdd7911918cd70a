// Buffers that results are copied into to be mapped on the host. Sizes that are read again and again are reserved, and
// reading one then allocates nothing; any other buffer goes when it has been read.

export class ReadBuffers {
  readonly #idle = new Map<number, GPUBuffer[]>();

  take(device: GPUDevice, size: number): GPUBuffer {
    return this.#idle.get(size)?.pop() ?? make(device, size);
  }

  /** Unmapped, and nothing pending on it. */
  giveBack(buffer: GPUBuffer): void {
    const list = this.#idle.get(buffer.size);
    if (list) list.push(buffer);
    else buffer.destroy();
  }

  /** Lets `count` buffers of a size lie idle from now on, until they are released. */
  reserve(device: GPUDevice, size: number, count: number): void {
    const list = this.#idle.get(size) ?? [];
    while (list.length < count) list.push(make(device, size));
    this.#idle.set(size, list);
  }

  release(size: number): void {
    for (const buffer of this.#idle.get(size) ?? []) buffer.destroy();
    this.#idle.delete(size);
  }
}

const make = (device: GPUDevice, size: number): GPUBuffer =>
  device.createBuffer({ size, usage: GPUBufferUsage.COPY_DST | GPUBufferUsage.MAP_READ });
