/** Largest body of the calls that kas makes or passes on; above it 413 (contract kas 6). */
export const kasBodyBytes = 4 * 1024 * 1024;
