export function makeFilms(folder: string, count: number, size?: number, seed?: number): number;
