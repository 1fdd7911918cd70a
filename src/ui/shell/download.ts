// Files handed to the person: text, and charts as SVG or PNG with the colours of the current scheme written in.
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

const PAINTED = [
  'stroke',
  'fill',
  'stroke-width',
  'stroke-dasharray',
  'stroke-opacity',
  'font-size',
] as const;
const PAPER_SCALE = 3;

/** The chart as it stands, on its own: theme variables resolved, title and background added. */
function standalone(svg: SVGSVGElement, title: string): { text: string; width: number; height: number } {
  const { width, height } = svg.getBoundingClientRect();
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const originals = svg.querySelectorAll('*');
  copy.querySelectorAll('*').forEach((node, i) => {
    const style = getComputedStyle(originals[i]!);
    for (const name of PAINTED) node.setAttribute(name, style.getPropertyValue(name));
    node.removeAttribute('style');
    node.removeAttribute('class');
  });
  const root = getComputedStyle(svg);
  const names = { background: root.getPropertyValue('--surface'), ink: root.getPropertyValue('--ink') };
  const heading = 22;
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('width', String(width));
  copy.setAttribute('height', String(height + heading));
  copy.setAttribute('viewBox', `0 ${-heading} ${width} ${height + heading}`);
  copy.setAttribute('font-family', 'Inter, system-ui, sans-serif');
  copy.removeAttribute('style');
  const make = (name: string, attributes: Record<string, string>) => {
    const node = document.createElementNS('http://www.w3.org/2000/svg', name);
    for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
    return node;
  };
  const label = make('text', { x: '8', y: '-7', 'font-size': '13', 'font-weight': '600', fill: names.ink });
  label.textContent = title;
  const paper = { x: '0', y: String(-heading), width: '100%', height: '100%', fill: names.background };
  copy.prepend(make('rect', paper), label);
  return { text: new XMLSerializer().serializeToString(copy), width, height: height + heading };
}

export function saveSvg(svg: SVGSVGElement, title: string): void {
  const { text } = standalone(svg, title);
  saveBlob(`${fileName(title)}.svg`, new Blob([text], { type: 'image/svg+xml' }));
}

/** Three times the size on screen: enough for print. */
export async function savePng(svg: SVGSVGElement, title: string): Promise<void> {
  const { text, width, height } = standalone(svg, title);
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(text)}`;
  await image.decode();
  const canvas = new OffscreenCanvas(Math.ceil(width * PAPER_SCALE), Math.ceil(height * PAPER_SCALE));
  const context = canvas.getContext('2d');
  context?.drawImage(image, 0, 0, canvas.width, canvas.height);
  saveBlob(`${fileName(title)}.png`, await canvas.convertToBlob({ type: 'image/png' }));
}
