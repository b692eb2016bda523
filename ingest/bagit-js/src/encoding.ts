/** Character sets of tag files. Latin-1 is Latin-1 here, not windows-1252 as in browsers. */

export interface TextStream {
  /** `bytes` as text, as far as it is decided; the rest comes with the next call. */
  write(bytes: Uint8Array): string;
  end(): string;
}

export interface Encoding {
  /** As bagit.txt spells it. */
  readonly name: string;
  /** A byte order mark is dropped. `fatal`: throws TypeError at bytes that are not text; else they become U+FFFD. */
  decoder(fatal: boolean): TextStream;
}

const LATIN1 = new Set(['iso-8859-1', 'iso8859-1', 'iso_8859-1', 'latin1', 'l1', 'iso-ir-100', 'cp819', 'ibm819']);
const ASCII = new Set(['us-ascii', 'ascii', 'ansi_x3.4-1968', 'iso646-us', 'iso-ir-6', 'ibm367', 'cp367', 'us']);
const UTF16 = new Set(['utf-16', 'utf16', 'iso-10646-ucs-2', 'ucs-2', 'csunicode', 'unicode']);
/** WHATWG labels that mean something else than IANA says, or nothing. */
const MISLEADING = new Set(['x-user-defined', 'replacement', 'unicodefffe', 'unicodefeff', 'x-cp1252']);

/** The encoding of that IANA name, or undefined: then nothing may be guessed (RFC 8493 §2.1.1). */
export function findEncoding(name: string): Encoding | undefined {
  const label = name.toLowerCase();
  if (LATIN1.has(label)) return { name, decoder: latin1 };
  if (ASCII.has(label)) return { name, decoder: (fatal) => whatwg('utf-8', fatal) };
  if (UTF16.has(label)) return { name, decoder: utf16 };
  if (MISLEADING.has(label)) return undefined;
  try {
    whatwg(label, true);
  } catch {
    return undefined;
  }
  return { name, decoder: (fatal) => whatwg(label, fatal) };
}

function whatwg(label: string, fatal: boolean): TextStream {
  const decoder = new TextDecoder(label, { fatal });
  return { write: (bytes) => decoder.decode(bytes, { stream: true }), end: () => decoder.decode() };
}

function latin1(): TextStream {
  return { write: (bytes) => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('latin1'), end: () => '' };
}

/** The mark decides; without one, big endian (RFC 2781 §4.3). */
function utf16(fatal: boolean): TextStream {
  let inner: TextStream | undefined;
  let held: Uint8Array = new Uint8Array();
  const start = (bytes: Uint8Array): string => {
    inner = whatwg(bytes[0] === 0xff && bytes[1] === 0xfe ? 'utf-16le' : 'utf-16be', fatal);
    return inner.write(bytes);
  };
  return {
    write(bytes) {
      if (inner !== undefined) return inner.write(bytes);
      held = Buffer.concat([held, bytes]);
      return held.length < 2 ? '' : start(held);
    },
    end() {
      const text = inner === undefined ? start(held) : '';
      return text + (inner?.end() ?? '');
    },
  };
}
