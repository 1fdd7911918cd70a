// What a file of weights is when it is not safetensors, by its first bytes, and what to do about it. For messages only:
// nothing of such a file is read.

const CONVERT =
  'Convert it in Python: from safetensors.torch import save_file; save_file(torch.load("FILE", map_location="cpu"), "FILE.safetensors"), with the state dict taken out where the file holds more.';

interface FileKind {
  /** Words that go on after "it is". */
  readonly is: string;
  /** Whole sentence. */
  readonly remedy: string;
  fits(head: Uint8Array, text: string): boolean;
}

const startsWith =
  (...bytes: readonly number[]) =>
  (head: Uint8Array) =>
    bytes.every((byte, i) => head[i] === byte);
const says = (pattern: RegExp) => (_: Uint8Array, text: string) => pattern.test(text);
const isZip = startsWith(0x50, 0x4b, 0x03, 0x04);
const EXPORT = 'Export the weights from the program that wrote it as safetensors.';
const UNPACK = 'Unpack it first.';

/** The first that fits answers. */
const KINDS: readonly FileKind[] = [
  {
    is: 'a git-lfs pointer, which stands for the file itself',
    remedy: 'Fetch the file: git lfs pull, or download it from the web page of the repository.',
    fits: says(/^version https:\/\/git-lfs|^version https?:\/\/hawser/),
  },
  {
    is: 'a web page, as a download gives that needs a login or has moved',
    remedy: 'Download the file again in the browser, and look at its size.',
    fits: says(/^\s*<(!doctype|html|head|\?xml|!--|body|script)/i),
  },
  {
    is: 'a NumPy archive (.npz)',
    remedy: 'Save the arrays with safetensors.numpy.save_file.',
    fits: (head, text) => isZip(head) && /\.npy/.test(text),
  },
  {
    is: 'a Keras file',
    remedy: EXPORT,
    fits: (head, text) => isZip(head) && /(metadata|config)\.json|model\.weights\.h5/.test(text),
  },
  {
    is: 'a PyTorch file (.pth, .pt, .ckpt)',
    remedy: CONVERT,
    fits: (head, text) => isZip(head) && /data\.pkl|\/version|byteorder|\.data\//.test(text),
  },
  { is: 'a ZIP archive, such as PyTorch (.pth) and NumPy (.npz) write', remedy: CONVERT, fits: isZip },
  {
    is: 'an old PyTorch file (.pth) or another pickle',
    remedy: CONVERT,
    fits: (head) => head[0] === 0x80 && head[1]! >= 2 && head[1]! <= 5,
  },
  { is: 'an old pickle', remedy: CONVERT, fits: says(/^(\(dp?\d|\(lp?\d|c\w+(\.\w+)*\n\w+\n|ccollections)/) },
  { is: 'an HDF5 file (.h5), as Keras writes', remedy: EXPORT, fits: startsWith(0x89, 0x48, 0x44, 0x46) },
  {
    is: 'an ONNX model, or another protocol buffer',
    remedy: 'Save the state dict of the model that it was exported from as safetensors.',
    fits: (head) =>
      head[0] === 8 && head[1]! > 0 && head[1]! < 32 && [0x12, 0x1a, 0x22, 0x3a, 0x42].includes(head[2]!),
  },
  {
    is: 'a TensorFlow Lite model',
    remedy: EXPORT,
    fits: (head) => startsWith(0x54, 0x46, 0x4c, 0x33)(head.subarray(4)),
  },
  { is: 'a GGUF model', remedy: EXPORT, fits: says(/^GGUF/) },
  {
    is: 'a NumPy array (.npy)',
    remedy: 'Save the arrays with safetensors.numpy.save_file.',
    fits: startsWith(0x93, 0x4e, 0x55, 0x4d),
  },
  { is: 'compressed (gzip)', remedy: UNPACK, fits: startsWith(0x1f, 0x8b) },
  { is: 'compressed (xz)', remedy: UNPACK, fits: startsWith(0xfd, 0x37, 0x7a, 0x58) },
  { is: 'compressed (bzip2)', remedy: UNPACK, fits: says(/^BZh\d/) },
  { is: 'compressed (zstd)', remedy: UNPACK, fits: startsWith(0x28, 0xb5, 0x2f, 0xfd) },
  { is: 'a 7z archive', remedy: UNPACK, fits: startsWith(0x37, 0x7a, 0xbc, 0xaf) },
  { is: 'a RAR archive', remedy: UNPACK, fits: says(/^Rar!/) },
  { is: 'a tar archive', remedy: UNPACK, fits: (_, text) => text.slice(257, 262) === 'ustar' },
  { is: 'a MATLAB file', remedy: EXPORT, fits: says(/^MATLAB 5/) },
  {
    is: 'the index of a model in parts, not the model',
    remedy: 'Choose the safetensors file itself; a model in several parts has to be saved as one.',
    fits: says(/^\s*\{[\s\S]*"weight_map"/),
  },
  { is: 'JSON', remedy: 'Choose the safetensors file.', fits: says(/^\s*[{[]\s*["{[\d\]}]/) },
  {
    is: 'a picture',
    remedy: 'Choose the safetensors file.',
    fits: (head, text) =>
      startsWith(0x89, 0x50, 0x4e, 0x47)(head) ||
      startsWith(0xff, 0xd8, 0xff)(head) ||
      text.slice(128, 132) === 'DICM',
  },
  {
    is: 'a text',
    remedy: 'Choose the safetensors file.',
    fits: (head) =>
      head.length > 0 &&
      head.every((byte) => (byte >= 0x20 && byte < 0x7f) || byte === 9 || byte === 10 || byte === 13),
  },
];

const HEAD = 4096;

/** Two sentences about what a file is, or null for none that is known. @param bytes of the file, all or its beginning */
export function describeForeign(bytes: Uint8Array): string | null {
  if (bytes.length === 0) return 'it is empty. Copy or download it again.';
  const head = bytes.subarray(0, HEAD);
  const text = Array.from(head, (byte) => String.fromCharCode(byte)).join('');
  const kind = KINDS.find(({ fits }) => fits(head, text.replace(/^\xef\xbb\xbf/, '')));
  return kind ? `it is ${kind.is}, not safetensors. ${kind.remedy}` : null;
}
