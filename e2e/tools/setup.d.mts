// Types of setup.mjs, which stays plain JavaScript because it runs before anything is installed.

export function setUp(): Promise<void>;
