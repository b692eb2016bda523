/** Is it text, and which? Told by the first and the last bytes; the middle is not read. */
import type { Sample } from './signature-checks.ts';

export interface TextFormat {
  readonly id: string;
  readonly title: string;
  readonly puid: string;
  readonly mime: string;
}

const PLAIN: TextFormat = { id: 'text', title: 'Plain text', puid: 'x-fmt/111', mime: 'text/plain' };
const XML: TextFormat = { id: 'xml', title: 'XML document', puid: 'fmt/101', mime: 'application/xml' };
const JSON_TEXT: TextFormat = { id: 'json', title: 'JSON document', puid: 'fmt/817', mime: 'application/json' };

/** Control characters that text has: tab, line feed, form feed, carriage return, escape; 1A ends a DOS text. */
const TEXT_CONTROLS = new Set([0x09, 0x0a, 0x0c, 0x0d, 0x1a, 0x1b]);
/** Share of plain ASCII below which 8-bit bytes are no text: an unwritten disk is full of F6, E5 or FF. */
const ASCII_SHARE = 0.75;

/** What kind of text `sample` is; undefined when it is none. */
export function textFormat(sample: Sample): TextFormat | undefined {
  const { head, tail, size } = sample;
  if (size === 0) return undefined;
  const utf16 = (head[0] === 0xff && head[1] === 0xfe) || (head[0] === 0xfe && head[1] === 0xff);
  if (utf16) return size % 2 === 0 && isUtf16(head) ? PLAIN : undefined;
  if (!isEightBitText(head) || !isEightBitText(tail)) return undefined;
  const start = head.toString('utf8').replace(/^\ufeff?\s*/, '');
  if (/^<\?xml\s/.test(start)) return XML;
  if (/^(\{\s*["}]|\[\s*[[{"\]])/.test(start)) return JSON_TEXT;
  return PLAIN;
}

function isEightBitText(bytes: Buffer): boolean {
  let ascii = 0;
  for (const b of bytes) {
    if ((b < 0x20 || b === 0x7f) && !TEXT_CONTROLS.has(b)) return false;
    if (b < 0x80) ascii++;
  }
  // Text of other scripts is mostly bytes above 7F, but then it is UTF-8: the sample may cut a character at either end.
  return ascii >= bytes.length * ASCII_SHARE || isCutUtf8(bytes);
}

function isCutUtf8(bytes: Buffer): boolean {
  let start = 0;
  while (start < 4 && ((bytes[start] ?? 0) & 0xc0) === 0x80) start++;
  return !bytes
    .toString('utf8', start, Math.max(start, bytes.length - 3))
    .slice(0, -1)
    .includes('\ufffd');
}

function isUtf16(head: Buffer): boolean {
  const text = new TextDecoder(head[0] === 0xff ? 'utf-16le' : 'utf-16be').decode(head.subarray(0, head.length & ~1));
  return Array.from(text).every((c) => c >= ' ' || TEXT_CONTROLS.has(c.charCodeAt(0)));
}
