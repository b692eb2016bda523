/** Files and signatures made to be slow, or to lead astray: bounded work, never a crash. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { deflateRawSync } from 'node:zlib';
import { Identifier, ownSignatures, pronomSignatures } from '#ingest/identification';
import { Fault } from '#ingest/kernel';
import { zip } from '../media/zip-builder.ts';
import { ole2 } from './ole2-builder.ts';

const ours = new Identifier(ownSignatures());

function signatureFile(parts: string): string {
  return `<FFSignatureFile Version="1"><InternalSignatureCollection><InternalSignature ID="1">${parts}</InternalSignature></InternalSignatureCollection>
    <FileFormatCollection><FileFormat ID="1" Name="Slow" PUID="fmt/1"><InternalSignatureID>1</InternalSignatureID></FileFormat></FileFormatCollection></FFSignatureFile>`;
}

function secondsFor(identifier: Identifier, bytes: Buffer): number {
  const { user } = process.cpuUsage();
  identifier.identify({ size: bytes.length, head: bytes, tail: bytes });
  return process.cpuUsage({ user, system: 0 }).user / 1e6;
}

describe('a signature with many distances', () => {
  const fragments = Array.from(
    { length: 30 },
    (_, at) => `<RightFragment MaxOffset="65000" MinOffset="0" Position="${at + 1}">${at === 29 ? '42' : '4141'}</RightFragment>`,
  );
  const part = `<SubSequence Position="1" SubSeqMinOffset="0"><Sequence>4141</Sequence>${fragments.join('')}</SubSequence>`;

  it('does not go back and forth over a file that nearly matches', () => {
    const identifier = new Identifier(
      pronomSignatures(signatureFile(`<ByteSequence Reference="BOFoffset">${part}</ByteSequence>`), undefined),
    );
    expect(secondsFor(identifier, Buffer.alloc(65_536, 'A'))).toBeLessThan(2);
  });

  it('finds what stands at the last of all places', () => {
    const identifier = new Identifier(
      pronomSignatures(signatureFile(`<ByteSequence Reference="BOFoffset">${part}</ByteSequence>`), undefined),
    );
    const bytes = Buffer.concat([Buffer.alloc(900, 'A'), Buffer.from('B')]);
    expect(identifier.identify({ size: bytes.length, head: bytes, tail: bytes })?.puid).toBe('fmt/1');
  });
});

describe('a signature that is not understood', () => {
  it.each(['4', '[', '[41', '(41', '41)', 'xyz', '{1}', '[41:4243]', '(41|{2}42)'])(
    'such as %s is left out, and said',
    (text) => {
      const part = `<SubSequence Position="1" SubSeqMinOffset="0" SubSeqMaxOffset="0"><Sequence>${text}</Sequence></SubSequence>`;
      const set = pronomSignatures(signatureFile(`<ByteSequence Reference="BOFoffset">${part}</ByteSequence>`), undefined);
      expect(set.notUnderstood).toEqual(['1']);
      expect(set.signatures).toEqual([]);
    },
  );

  it.each(['', '<a/>', '<FFSignatureFile>', '<!DOCTYPE a []><FFSignatureFile/>', '<a>'.repeat(100)])(
    'in a file such as %s is a Fault',
    (text) => {
      expect(() => pronomSignatures(text, undefined)).toThrow(Fault);
    },
  );
});

describe('a hostile file', () => {
  it('of any bytes is told or not, in bounded time', () => {
    const starts = [
      'PK\u0003\u0004',
      '\u00d0\u00cf\u0011\u00e0\u00a1\u00b1\u001a\u00e1',
      'MZ',
      '%PDF-1.4',
      '{\\rtf1\\ansi',
      '<html',
      'ID3',
      '',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...starts), fc.uint8Array({ maxLength: 3000 }), (start, rest) => {
        const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
        ours.identify({ size: bytes.length, head: bytes, tail: bytes }, 'x.doc');
      }),
    );
  });

  it('whose compound directory goes round in circles is a compound file and no more', () => {
    const bytes = ole2({ WordDocument: Buffer.alloc(100), B: Buffer.alloc(100) });
    fc.assert(
      fc.property(fc.integer({ min: 44, max: bytes.length - 4 }), fc.integer({ min: 0, max: 9 }), (at, value) => {
        const changed = Buffer.from(bytes);
        changed.writeUInt32LE(value, at);
        expect(ours.identify({ size: changed.length, head: changed, tail: changed })?.puid).toMatch(/^fmt\//);
      }),
      { numRuns: 500 },
    );
  });

  it('that unpacks to far more than it is stays packed', () => {
    const bomb = deflateRawSync(Buffer.alloc(64 << 20));
    const bytes = zip([{ name: '[Content_Types].xml', method: 8, bytes: bomb, size: 64 << 20 }]);
    expect(ours.identify({ size: bytes.length, head: bytes, tail: bytes })?.puid).toBe('x-fmt/263');
  });
});
