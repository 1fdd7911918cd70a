// What matching counts and compares by, in loops, WGSL and stock operations alike.

/** Numbers that say where a view lies in its film: x = [0] + u [1] + v [2] and y = [3] + u [4] + v [5], u and v from 0 to 1. */
export const LOCATION_COLUMNS = 6;

/** Two distances are the same where the larger, times this, is no larger than the other. */
export const ALIKE = 1 - 1e-5;
