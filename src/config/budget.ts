// What a configuration will need, before anything is allocated: parameters, bytes and the largest single buffer,
// held against the limits of the adapter. Pure arithmetic; the engine refuses by the same numbers.

/** The limits of a WebGPU adapter that decide whether a run fits, in bytes unless named otherwise. */
export interface AdapterLimits {
  readonly maxBufferSize: number;
  readonly maxStorageBufferBindingSize: number;
  readonly maxComputeWorkgroupStorageSize: number;
  readonly maxComputeInvocationsPerWorkgroup: number;
  readonly maxComputeWorkgroupsPerDimension: number;
}
