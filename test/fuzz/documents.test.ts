/**
 * Our own documents, and PRONOM's, against hostile changes: parts left out, doubled, moved and forged. Whatever comes, the answer is what
 * the document says or a Fault, soon. STRONGROOM_FUZZ_SECONDS makes the search longer; the corpus keeps what once did harm.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { BlockList } from '#ingest/digest';
import { Identifier, identificationBy, pronomSignatures } from '#ingest/identification';
import { readJournal } from '#ingest/journal';
import { Fault } from '#ingest/kernel';
import { openMedia } from '#ingest/media';
import { readDfxml, surveyOf, writeDfxml } from '#ingest/survey';
import { leafHash, lineOf } from '#built/ingest/journal/line';
import { MerkleRoot } from '#built/ingest/digest/merkle';
import { footerText, headerText } from '#built/ingest/digest/block-list-format';
import { casesOf } from '../conformance/filesystem-cases.ts';
import { bufferSource } from '../ingest/media/buffer-source.ts';

const SECONDS = Number(process.env['STRONGROOM_FUZZ_SECONDS'] ?? 2);
const PATIENCE_MS = 5000;
const corpus = new URL('corpus/documents/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'documents-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Kind {
  readonly id: string;
  readonly document: string;
  /** Where a document of this kind can be cut into parts. */
  readonly parts: RegExp;
  readonly read: (document: Buffer) => Promise<void>;
}

async function surveyText(): Promise<string> {
  const { observer, signatures } = await identificationBy('');
  const volume = casesOf('ntfs').toSorted((a, b) => a.volume.length - b.volume.length)[0]?.volume ?? Buffer.alloc(512);
  await using media = await openMedia(bufferSource(volume));
  const items = surveyOf(media, { algorithms: ['sha256'], observer, unread: [{ offset: 20_000, length: 3000 }] });
  let text = '';
  await writeDfxml(items, { image: 'a.img', program: 'p', version: '1', startedAt: new Date(0), signatures }, (piece) => {
    text += piece;
    return Promise.resolve();
  });
  const files = text.split('<fileobject');
  return [...files.slice(0, 25), ...files.slice(-2)].join('<fileobject');
}

function signatureText(): string {
  const sequences = [
    `4D5A??{2-4}[30:39]'ab c'(41|42 43|[!44])*5045`,
    `[&amp;01][!'a':'z'] {10} 00`,
    `{0-*}'%PDF-1.'[30:37]`,
    `(00|01)(02|03)(04|05)`,
  ];
  const subs = sequences.map(
    (text, at) =>
      `<SubSequence Position="${at + 1}" SubSeqMinOffset="0" SubSeqMaxOffset="${at * 100}"><Sequence>${text}</Sequence>` +
      '<LeftFragment MaxOffset="8" MinOffset="2" Position="1">4142</LeftFragment>' +
      '<RightFragment MaxOffset="80" MinOffset="0" Position="1">43[44:45]</RightFragment></SubSequence>',
  );
  const references = ['BOFoffset', 'EOFoffset', 'Variable'];
  const signatures = references.map(
    (reference, at) =>
      `<InternalSignature ID="${at + 1}" Specificity="Specific"><ByteSequence Reference="${reference}">${subs.join('')}</ByteSequence></InternalSignature>`,
  );
  const formats = references.map(
    (_, at) =>
      `<FileFormat ID="${at + 1}" Name="F" PUID="fmt/${at + 1}" Version="1" MIMEType="a/b"><InternalSignatureID>${at + 1}</InternalSignatureID><Extension>x</Extension><HasPriorityOverFileFormatID>${at}</HasPriorityOverFileFormatID></FileFormat>`,
  );
  return `<FFSignatureFile Version="1"><InternalSignatureCollection>${signatures.join('')}</InternalSignatureCollection><FileFormatCollection>${formats.join('')}</FileFormatCollection></FFSignatureFile>`;
}

function listText(): string {
  const tree = new MerkleRoot();
  const digests = Array.from({ length: 5 }, (_, at) => Buffer.alloc(32, at + 1));
  for (const digest of digests) tree.add(digest);
  const lines = digests.map((digest) => `${digest.toString('hex')}\n`).join('');
  return `${headerText('data/a.img', 5 * 2 ** 20 - 1)}${lines}${footerText(tree.root())}`;
}

async function* once(bytes: Buffer): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += 5000) yield await Promise.resolve(bytes.subarray(at, at + 5000));
}

const SAMPLE = Buffer.from('MZ  12 3ab cA--PE%PDF-1.4 \0\x02\x04abc', 'latin1');

const KINDS: readonly Kind[] = [
  {
    id: 'dfxml',
    document: await surveyText(),
    parts: /(<[^<>]*>|"[^"]*"|\d+)/,
    async read(document) {
      for await (const item of readDfxml(once(document)))
        if (item.kind === 'files')
          for (const { path, facts, times } of item.files) {
            expect(path).not.toMatch(/\0/);
            expect(Object.prototype.toString.call(facts ?? {})).toBe('[object Object]');
            expect(Object.getPrototypeOf(times)).toBe(Object.prototype);
            for (const stamp of Object.values(times)) expect(stamp?.resolutionSeconds).toBeGreaterThan(0);
          }
    },
  },
  {
    id: 'pronom',
    document: signatureText(),
    parts: /(<[^<>]*>|"[^"]*"|\d+|[()[\]{}|*!&:'?-])/,
    read(document) {
      const set = pronomSignatures(document.toString('utf8'), undefined);
      new Identifier(set).identify({ size: SAMPLE.length, head: SAMPLE, tail: SAMPLE });
      return Promise.resolve();
    },
  },
  {
    id: 'journal',
    document: [lineOf('{"n":1}'), lineOf('{"text":"ü"}'), lineOf('{}')].join(''),
    parts: /(\n| |[{}":]|[0-9a-f]{8})/,
    async read(document) {
      writeFileSync(join(folder, '000000000000.log'), document);
      for await (const { value } of readJournal(folder)) expect(Object.prototype.toString.call(value)).toBe('[object Object]');
    },
  },
  {
    id: 'blocks',
    document: listText(),
    parts: /(\n| |[0-9a-f]{8}|\d+)/,
    async read(document) {
      const path = join(folder, 'list');
      writeFileSync(path, document);
      await using list = await BlockList.open(path);
      await list.digests(0, Math.min(list.count, 4096));
      await list.verifyRoot();
    },
  },
];

const FORGED = [
  '',
  '0',
  '-1',
  '1e9',
  '9007199254740993',
  '99999999999999999999',
  '0x10',
  'NaN',
  '__proto__',
  '\0',
  '"',
  '<',
  '&#0;',
  '[]',
  'null',
  '../../x',
  '%',
  '\ud800',
  ' '.repeat(40),
]; // prettier-ignore

/** Parts of the document, each kept or changed by one of the steps. */
function changed({ document, parts }: Kind, steps: readonly (readonly [number, number, number, string])[]): Buffer {
  const pieces = document.split(parts);
  for (const [what, at, to, text] of steps) {
    const index = at % pieces.length;
    const piece = pieces[index] ?? '';
    if (what === 0) pieces.splice(index, 1);
    else if (what === 1) pieces.splice(to % pieces.length, 0, piece);
    else if (what === 2) pieces[index] = piece.startsWith('"') ? `"${text}"` : text;
    else if (what === 3) pieces.splice(index, 1 + (to % 9));
    else pieces[index] = pieces[to % pieces.length] ?? '';
  }
  const joined = pieces.join('');
  // Half of the journals vouch for what was forged: only then is more than the hash looked at.
  const isSigned = steps.length % 2 === 1 && document.startsWith(leafHash('{"n":1}'));
  return Buffer.from(isSigned ? joined.split('\n').map(signed).join('\n') : joined);
}

function signed(line: string): string {
  const json = line.slice(65);
  return line.length > 65 ? lineOf(json).slice(0, -1) : line;
}

async function answers({ read }: Kind, document: Buffer): Promise<string> {
  const took = process.cpuUsage();
  try {
    await read(document);
  } catch (error) {
    if (!(error instanceof Fault)) return String(error instanceof Error ? error.stack : error);
  }
  const { user } = process.cpuUsage(took);
  return user / 1000 > PATIENCE_MS ? 'slow' : 'right';
}

describe.each(KINDS)('a document: $id', (kind) => {
  it('is read as it was written', async () => {
    await kind.read(Buffer.from(kind.document));
  });

  it('of the corpus is answered', async () => {
    const kept = new URL(`${kind.id}/`, corpus);
    for (const file of existsSync(kept) ? readdirSync(kept) : [])
      expect(`${file}: ${await answers(kind, readFileSync(new URL(file, kept)))}`).toBe(`${file}: right`);
  });

  it(`changed in any way is answered, for ${SECONDS} s`, { timeout: (SECONDS + 120) * 1000 }, async () => {
    const step = fc.tuple(
      fc.nat(4),
      fc.nat(1_000_000),
      fc.nat(1_000_000),
      fc.oneof(fc.constantFrom(...FORGED), fc.string({ maxLength: 8 })),
    );
    const steps = fc.array(step, { minLength: 1, maxLength: 6 });
    const result = await fc.check(
      fc.asyncProperty(steps, async (each) => {
        expect(await answers(kind, changed(kind, each))).toBe('right');
      }),
      { numRuns: 1_000_000, interruptAfterTimeLimit: SECONDS * 1000, endOnFailure: false },
    );
    const [counterexample] = result.counterexample ?? [];
    if (result.failed && counterexample !== undefined) {
      mkdirSync(new URL(`${kind.id}/`, corpus), { recursive: true });
      writeFileSync(new URL(`${kind.id}/found-${result.seed}`, corpus), changed(kind, counterexample));
    }
    expect(result.failed && counterexample !== undefined ? String(result.errorInstance) : 'right').toBe('right');
  });
});
