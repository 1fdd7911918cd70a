// Every failure the product can name, in one table: a sentence a person understands and what to do next. What a program may
// act on stands beside the words, so that nobody reads it out of them. Errors cross worker boundaries as plain records
// (toWire / fromWire) and arrive as they were. A new failure is a new row here; nothing else in the code invents codes.

import { hintIn } from './browsers.ts';

interface ErrorEntry {
  /** What happened. `{detail}` is replaced by the detail given when the error is made. */
  readonly sentence: string;
  /** What to do next, where browsers.ts knows nothing better for the browser at hand. */
  readonly hint: string;
}

export const ERROR_TABLE = {
  'webgpu-missing': {
    sentence: 'This browser does not offer WebGPU.',
    hint: 'Open the page in Chrome or Edge 121, Firefox 153 or Safari 26, or newer, over https or localhost.',
  },
  'adapter-missing': {
    sentence: 'WebGPU is there, but no graphics adapter answered.',
    hint: 'Turn on graphics acceleration in the browser settings and update the driver.',
  },
  'device-refused': {
    sentence: 'The graphics adapter refused to open a device: {detail}',
    hint: 'Close other tabs that use the GPU and reload the page.',
  },
  'device-lost': {
    sentence: 'The GPU device was lost: {detail}',
    hint: 'Resume the run from its last checkpoint, or press Reset; choose a smaller preset if it happens repeatedly.',
  },
  'gpu-fault': {
    sentence: 'The GPU reported a fault, so results can no longer be trusted: {detail}',
    hint: 'The run was halted before wrong numbers could be used. Reset the run; if it repeats, run the self-test on the Device view.',
  },
  'out-of-memory': {
    sentence: 'The GPU ran out of memory: {detail}',
    hint: 'Lower the batch size or image size, turn on Recompute within stages, or take a smaller preset.',
  },
  'does-not-fit': {
    sentence: 'This configuration does not fit the adapter: {detail}',
    hint: 'Lower the batch size, image size or head width.',
  },
  'loss-not-finite': {
    sentence: 'The loss is no longer a finite number: {detail}',
    hint: 'Go back to the last good step with a lower learning rate, or lengthen the warm-up and reset the run.',
  },
  'loss-exploded': {
    sentence: 'The loss has exploded: {detail}',
    hint: 'Go back to the last good step with a lower learning rate, or lengthen the warm-up and reset the run.',
  },
  'model-broken': {
    sentence: 'The model no longer computes anything of use: {detail}',
    hint: 'Go back to the last good step with a lower learning rate; if it happens again at once, look at the films of that batch.',
  },
  'device-lost-often': {
    sentence: 'The GPU device was lost again and again: {detail}',
    hint: 'Choose a smaller preset or batch, half precision or recomputation where they are offered, close other programs that use the GPU, then resume the run.',
  },
  'run-in-use': {
    sentence: 'This run is open in another tab{detail}.',
    hint: 'Its curves can be looked at here. Close it there to go on with it here.',
  },
  'run-missing': {
    sentence: 'The run cannot be resumed: {detail}',
    hint: 'Its settings and seed give the same run from step 0.',
  },
  'films-changed': {
    sentence: 'The films are not those that the run was begun with: {detail}',
    hint: 'Choose the same folder in the same state, or go on with these films; the curves will then not be those of one data set.',
  },
  'config-invalid': {
    sentence: 'A setting is not valid: {detail}',
    hint: 'Correct the value; the allowed range stands beside the field.',
  },
  'not-ready': {
    sentence: 'This is not possible right now: {detail}',
    hint: 'Wait until the engine is ready, or load data first.',
  },
  'not-protected': {
    sentence: 'No file is taken while this page is not protected: {detail}',
    hint: 'Reload the page. If it stays so, open it over https or localhost in an ordinary window, without "Bypass for network" in the developer tools.',
  },
  'folder-empty': {
    sentence: 'No readable image was found{detail}.',
    hint: 'Choose a folder that holds PNG, JPEG or DICOM films, or take the synthetic set. A browser follows no links: where they are links, choose the folder that the films lie in.',
  },
  'folder-denied': {
    sentence: 'The browser was given no leave to read the folder: {detail}',
    hint: 'Open it again and allow it, or choose the folder anew.',
  },
  'set-too-large': {
    sentence: 'The films do not fit into memory: {detail}',
    hint: 'Lower the stored size, or choose a folder with fewer films.',
  },
  'cache-damaged': {
    sentence: 'Films kept on disk have gone or are damaged, and could not be read again: {detail}',
    hint: 'Open the folder again: what is missing is decoded from its files.',
  },
  'source-gone': {
    sentence: 'The files are not at hand any more: {detail}',
    hint: 'Choose or drop the folder again.',
  },
  'too-few-films': {
    sentence: 'There are too few films for this batch size: {detail}',
    hint: 'Lower the batch size or add films.',
  },
  'file-unreadable': {
    sentence: 'The file could not be read: {detail}',
    hint: 'Check that the file opens in another program; it was left out.',
  },
  'file-empty': {
    sentence: 'The file is empty.',
    hint: 'Copy it again if it should hold a film; it was left out.',
  },
  'decode-timeout': {
    sentence: 'Decoding the file did not come to an end: {detail}',
    hint: 'It was tried twice, the second time alone, and left out; it is tried again when the folder is next opened.',
  },
  'decoder-stopped': {
    sentence: 'Decoding the file stopped the decoder: {detail}',
    hint: 'It was tried twice, the second time alone, and left out; it is tried again when the folder is next opened.',
  },
  'film-twice': {
    sentence: 'The film is there twice: {detail}',
    hint: 'One folder of the set is a copy of another; each film was taken once.',
  },
  'format-unknown': {
    sentence: 'This is not a PNG, JPEG or DICOM image.',
    hint: 'It was left out; nothing needs to be done if it is not a film.',
  },
  'not-a-film': {
    sentence: 'This is not taken for a film: {detail}',
    hint: 'It was left out. If it holds films, take away the tick that its folder has under Folders; else give the folder or the file another name.',
  },
  'archive-unreadable': {
    sentence: 'The array file cannot be opened: {detail}',
    hint: 'MedMNIST files (.npz) with grey films are read; it was left out.',
  },
  'image-corrupt': {
    sentence: 'The image data is damaged: {detail}',
    hint: 'Export the film again; it was left out.',
  },
  'image-unsupported': {
    sentence: 'This kind of image is not supported: {detail}',
    hint: 'Save it as an 8 or 16 bit grey PNG; it was left out.',
  },
  'image-too-large': {
    sentence: 'The image claims to be too large: {detail}',
    hint: 'Films up to 16,384 pixels on a side are read; it was left out.',
  },
  'dicom-no-pixels': {
    sentence: 'The DICOM file holds no image.',
    hint: 'Reports, presentation states and directory files have none; it was left out.',
  },
  'dicom-unsupported': {
    sentence: 'This kind of DICOM image is not supported: {detail}',
    hint: 'Convert it to uncompressed or JPEG baseline grey pixels; it was left out.',
  },
  'dicom-invalid': {
    sentence: 'The DICOM file contradicts itself: {detail}',
    hint: 'Export the film again; it was left out.',
  },
  'dicom-truncated': {
    sentence: 'The DICOM file is cut off: {detail}',
    hint: 'Copy or export the film again; it was left out.',
  },
  'labels-unmatched': {
    sentence: 'The label file matches none of the images: {detail}',
    hint: 'Check that its file column names the images as they are called in the folder.',
  },
  'labels-unreadable': {
    sentence: 'The label file could not be understood: {detail}',
    hint: 'It needs a column that names films, studies or persons, and either a column of findings or columns of 0 and 1; choose the columns by hand where they have other names.',
  },
  'labels-missing': {
    sentence: 'There are no labels for this: {detail}',
    hint: 'Drop a CSV of labels beside the images, or use folders named after classes.',
  },
  'masks-missing': {
    sentence: 'There are no masks for this: {detail}',
    hint: 'Drop masks beside the films: a table of run lengths or boxes, or PNG files of the same names in a folder called masks.',
  },
  'split-impossible': {
    sentence: 'The images cannot be split by patient: {detail}',
    hint: 'Add films of more patients, or a "split" column to the label file.',
  },
  'split-overlap': {
    sentence: 'The given split is refused, because its parts overlap: {detail}',
    hint: 'Leave what overlaps out of the earlier part or out of the part that is scored, or draw a new split by patient; scores on overlapping parts would be too good.',
  },
  'run-file-invalid': {
    sentence: 'The run file was refused: {detail}',
    hint: 'Choose a file that this program exported, as it was written. Nothing of it was taken.',
  },
  'checkpoint-invalid': {
    sentence: 'The checkpoint could not be loaded: {detail}',
    hint: 'Choose a safetensors file written by this program or with the published PyTorch names.',
  },
  'weights-invalid': {
    sentence: 'A run cannot begin with these weights: {detail}',
    hint: 'Choose a safetensors file of a ResNet-18 under torchvision names, and the encoder width of that file; weights trained on ImageNet have 64.',
  },
  'export-unavailable': {
    sentence: 'This cannot be exported: {detail}',
    hint: 'Nothing was written, and the run is as it was.',
  },
  'bundle-unavailable': {
    sentence: 'This run cannot go on with PyTorch: {detail}',
    hint: 'Its weights can: save the model, which is a state_dict under PyTorch names.',
  },
  'values-disagree': {
    sentence: 'Computed values fall outside their tolerance: {detail}',
    hint: 'The rows marked "outside" say which; compare with GPU=software, and suspect the driver if that agrees.',
  },
  'worker-failed': {
    sentence: 'A background worker stopped: {detail}',
    hint: 'Reload the page. Please report the message if it happens again.',
  },
  cancelled: { sentence: 'Cancelled.', hint: 'Nothing needs to be done.' },
  internal: {
    sentence: 'Something unexpected went wrong: {detail}',
    hint: 'Reload the page. Please report the message if it happens again.',
  },
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof ERROR_TABLE;
export const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(ERROR_TABLE, code);

/** Failures of the numbers, not of device or worker: the way back is the last good step. */
export const BLOW_UPS: readonly ErrorCode[] = ['loss-not-finite', 'loss-exploded', 'model-broken'];

/** What the page can act on without reading the sentence. */
export interface ErrorData {
  /** A preset that would do. Its name as in config/presets.ts. */
  readonly proposal?: string;
  /** A batch size with which the same settings would do. */
  readonly batch?: number;
}

/** What crosses a worker boundary, and what the page and the runner print. */
export interface WireError {
  code: ErrorCode;
  message: string;
  hint: string;
  /** What the message says beyond the sentence of the table; records of older versions lack it. */
  detail?: string;
  data?: ErrorData;
  stack?: string;
}

interface Particulars {
  readonly cause?: unknown;
  readonly data?: ErrorData;
  /** The sentence as it was said elsewhere; without it the table says it. */
  readonly message?: string;
}

export class AppError extends Error {
  override readonly name = 'AppError';
  readonly code: ErrorCode;
  readonly detail: string;
  readonly data: ErrorData;

  constructor(code: ErrorCode, detail = '', { cause, data = {}, message }: Particulars = {}) {
    super(message ?? ERROR_TABLE[code].sentence.replace('{detail}', () => detail).trim(), { cause });
    this.code = code;
    this.detail = detail;
    this.data = data;
  }

  /** What to do next; what would do comes first. */
  get hint(): string {
    const { proposal, batch } = this.data;
    const choices = [proposal && `the preset ${proposal}`, batch && `batch size ${batch}`].filter(Boolean);
    const hint = hintIn(globalThis.navigator?.userAgent ?? '', this.code) ?? ERROR_TABLE[this.code].hint;
    return choices.length > 0 ? `Choose ${choices.join(' or ')}. ${hint}` : hint;
  }

  /** The same failure with more said about it. */
  with(more: string, data: ErrorData = {}): AppError {
    const detail = [this.detail, more].filter(Boolean).join(' ');
    return new AppError(this.code, detail, { cause: this, data: { ...this.data, ...data } });
  }
}

/** Any thrown value as an AppError; what is none yet becomes `internal`. */
export const asAppError = (thrown: unknown): AppError =>
  thrown instanceof AppError ? thrown : new AppError('internal', String(thrown), { cause: thrown });

/** Any thrown value as a record that structured clone carries. */
export function toWire(thrown: unknown): WireError {
  if (thrown instanceof AppError) {
    const { code, message, hint, detail, data, stack } = thrown;
    return { code, message, hint, detail, ...(Object.keys(data).length > 0 && { data }), stack };
  }
  const detail = thrown instanceof Error ? thrown.message : String(thrown);
  const made = new AppError('internal', detail, { cause: thrown });
  return { ...toWire(made), stack: thrown instanceof Error ? thrown.stack : made.stack };
}

/** The error of the other side, with its code, sentence, data and remedy intact. */
export function fromWire({ code, message, detail, data, stack }: WireError): AppError {
  const error = new AppError(code, detail, { message, data });
  if (stack) error.stack = stack;
  return error;
}
