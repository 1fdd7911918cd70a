// Files handed to the person: text, bytes, and figures as SVG or PNG in the colours of the light scheme, which is paper's.
// Everything is made and saved on this machine.

/** A file name without what file systems dislike. */
export const fileName = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^a-z0-9.]+/g, '-')
    .replace(/^-+|-+$/g, '') || 'export';

export function saveBlob(name: string, blob: Blob): void {
  const address = URL.createObjectURL(blob);
  const link = document.createElement('a');
  link.href = address;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

export const saveText = (
  name: string,
  text: string,
  type: 'text/csv' | 'application/json' | 'text/html' | 'text/x-tex',
): void => saveBlob(name, new Blob([text], { type: `${type};charset=utf-8` }));

/** Times the size of the figure: enough for print. */
const PAPER_SCALE = 4;

/** What colours are in the light scheme, whatever the page's own: read in one go, before anything is painted. */
export function lightPaint(colours: Iterable<string>): Map<string, string> {
  const root = document.documentElement;
  const probe = document.createElement('span');
  const context = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const scheme = root.getAttribute('data-mantine-color-scheme');
  const found = new Map<string, string>();
  document.body.append(probe);
  root.setAttribute('data-mantine-color-scheme', 'light');
  for (const colour of new Set(colours)) {
    probe.style.color = '';
    probe.style.color = colour;
    if (!context) continue;
    context.fillStyle = getComputedStyle(probe).color;
    context.fillRect(0, 0, 1, 1);
    const [r, g, b] = context.getImageData(0, 0, 1, 1).data;
    found.set(colour, `#${[r, g, b].map((part) => (part ?? 0).toString(16).padStart(2, '0')).join('')}`);
  }
  if (scheme === null) root.removeAttribute('data-mantine-color-scheme');
  else root.setAttribute('data-mantine-color-scheme', scheme);
  probe.remove();
  return found;
}

/** The typeface of the page as a data address, read when the first figure is saved. */
export const paperFont = async (): Promise<string> =>
  (await import('@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?inline')).default;

/** Saves a figure that is whole in itself (charts/paper.ts), as it is or drawn on a canvas. */
export async function savePaper(svg: string, title: string, kind: 'svg' | 'png'): Promise<void> {
  const name = `${fileName(title)}.${kind}`;
  if (kind === 'svg') return saveBlob(name, new Blob([svg], { type: 'image/svg+xml' }));
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = new OffscreenCanvas(image.width * PAPER_SCALE, image.height * PAPER_SCALE);
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  saveBlob(name, await canvas.convertToBlob({ type: 'image/png' }));
}
