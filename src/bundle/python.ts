// The Python files of a bundle as text, for the page, which is built with them; the runner reads them from the disk.

const FILES = import.meta.glob<string>('./python/*.{py,md}', {
  query: '?raw',
  import: 'default',
  eager: true,
});

/** By file name. */
export const PYTHON: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(FILES).map(([file, text]) => [file.split('/').at(-1)!, text]),
);
