/**
 * Text in XML, so that every JavaScript string comes back as it was.
 *
 * White space and control characters that XML 1.0 can hold are written as character references (`&#xD;`), so no parser
 * and no editor normalises them. Characters that XML 1.0 can't hold at all (most control characters, U+FFFE, U+FFFF, lone
 * surrogates) are written `\u{1}`: backslash, u, hex in braces, upper case, no leading zero. Only a backslash that stands
 * directly before `u{` is itself written `\u{5C}`; all others stay as they are, so that `C:\DOS` is legible anywhere.
 */

/** Longest text that is written, in UTF-16 units: with every character escaped it stays below libxml2's 10 MB. */
const MAX_TEXT = 1 << 20;

// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const NEEDS_WORK = /[\u0000-\u001f&<>\u007f-\u009f\u2028\ud800-\udfff\ufffe\uffff]|\\u\{/;
// oxlint-disable-next-line no-control-regex -- the same
const TO_WRITE = /[\u0000-\u001f&<>\u007f-\u009f\u2028\p{Cs}\ufffe\uffff]|\\(?=u\{)/gu;
const ESCAPE = /\\u\{(0|[1-9A-F][0-9A-F]{0,3})\}/g;

function holdsInXml(code: number): boolean {
  if (code < 0x20) return code === 0x9 || code === 0xa || code === 0xd;
  return !(code >= 0xd800 && code <= 0xdfff) && code !== 0xfffe && code !== 0xffff;
}

function written(character: string): string {
  if (character === '&') return '&amp;';
  if (character === '<') return '&lt;';
  if (character === '>') return '&gt;';
  const code = character.charCodeAt(0);
  const hex = code.toString(16).toUpperCase();
  return character === '\\' || !holdsInXml(code) ? `\\u{${hex}}` : `&#x${hex};`;
}

/**
 * A string as the content of an element.
 * @throws RangeError when it is longer than 1,048,576 UTF-16 units.
 */
export function xmlText(text: string): string {
  if (text.length > MAX_TEXT)
    throw new RangeError(`a text of ${text.length} characters is too long for an XML record; the limit is ${MAX_TEXT}`);
  return NEEDS_WORK.test(text) ? text.replace(TO_WRITE, written) : text;
}

/** What xmlText() was given, from what the XML parser returns. Escapes that xmlText() never writes are left alone. */
export function plainText(parsed: string): string {
  if (!parsed.includes('\\u{')) return parsed;
  return parsed.replace(ESCAPE, (whole, hex: string) => {
    const code = Number.parseInt(hex, 16);
    return code === 0x5c || !holdsInXml(code) ? String.fromCharCode(code) : whole;
  });
}
