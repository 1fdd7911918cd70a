// Types of chromium.mjs, which stays plain JavaScript because it runs before anything is installed.

export type Gpu = 'hardware' | 'software';
export const PAGE_DRAWN_ELSEWHERE: string[];
export function chromiumFlags(gpu: Gpu): string[];
export function findChromium(): Promise<string | null>;
export function findSwiftShaderIcd(): Promise<string | null>;
export function softwareVulkan(): Promise<Record<'SWIFTSHADER_ICD' | 'LD_LIBRARY_PATH', string>>;
export function ensureChromium(): Promise<string>;
