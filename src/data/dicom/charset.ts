// Which characters the text of a DICOM file is written in (PS3.3 C.12.1.1.2): the defined terms that browsers have a
// decoder for. Text in others, and files that say nothing, are read as UTF-8, of which ASCII is a part.

import type { Tags } from './dicom.ts';

const SPECIFIC_CHARACTER_SET = 'x00080005';

const LABELS: Readonly<Record<string, string>> = {
  'ISO_IR 100': 'iso-8859-1',
  'ISO_IR 101': 'iso-8859-2',
  'ISO_IR 109': 'iso-8859-3',
  'ISO_IR 110': 'iso-8859-4',
  'ISO_IR 126': 'iso-8859-7',
  'ISO_IR 127': 'iso-8859-6',
  'ISO_IR 138': 'iso-8859-8',
  'ISO_IR 144': 'iso-8859-5',
  'ISO_IR 148': 'windows-1254',
  'ISO_IR 166': 'windows-874',
  'ISO_IR 13': 'shift_jis',
  'ISO 2022 IR 87': 'iso-2022-jp',
  'ISO 2022 IR 149': 'euc-kr',
  GB18030: 'gb18030',
  GBK: 'gbk',
};

/** The last term that is known decides: the first of several is often the plain one. */
export function charsetOf(tags: Tags): TextDecoder {
  const terms = tags.text(SPECIFIC_CHARACTER_SET)?.split('\\') ?? [];
  const labels = terms.flatMap((term) => LABELS[term.trim().toUpperCase()] ?? []);
  return new TextDecoder(labels.at(-1) ?? 'utf-8');
}
