/** Names in messages: what they keep, and what they never let through to a terminal. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escaped } from '#ingest/kernel';

describe('escaped', () => {
  it('keeps the letters of every script', () => {
    expect(escaped('Ødegård/Ильзе/日本語/ملف 🗄 a%b')).toBe('Ødegård/Ильзе/日本語/ملف 🗄 a%b');
  });
  it('shows control characters, escape sequences and marks that turn text around', () => {
    expect(escaped('a\nb\r\u001b[2J\u007f\u009b1m\u202egnp.exe')).toBe('a\\x0ab\\x0d\\x1b[2J\\x7f\\x9b1m\\u{202e}gnp.exe');
  });
  it('shows each byte of a name that is not UTF-8', () => {
    expect(escaped(Buffer.from([0x61, 0xe9, 0x2e, 0x69]))).toBe('a\\xe9.i');
  });
  it('lets nothing through that a terminal obeys', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ unit: 'binary' }),
          fc.uint8Array().map((bytes) => Buffer.from(bytes)),
        ),
        (name) => {
          expect(escaped(name)).not.toMatch(/[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u);
        },
      ),
    );
  });
});
