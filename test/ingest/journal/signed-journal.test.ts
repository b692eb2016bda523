/** The journal as a signed log: what was signed can't be changed, cut or put in another order without being noticed, and named. */
import { createHash, createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal, parseVerifierKey, publicKeyOf, type Signing, verifierKey, verifyJournal } from '#ingest/journal';
import { Fault } from '#ingest/kernel';
import { readCheckpoint, signedCheckpoint } from '#built/ingest/journal/checkpoint';
import { tilePath } from '#built/ingest/journal/tiles';
import { lineOf } from '#built/ingest/journal/line';

const signing: Signing = signer('archive.example.org/journal');
const keys = [publicKeyOf(signing.signer)];
let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'signed-journal-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

function signer(origin: string): Signing {
  return { origin, signer: { name: origin, key: generateKeyPairSync('ed25519').privateKey } };
}

const SEGMENT = '000000000000.log';
const lines = (): string[] => readFileSync(join(folder, SEGMENT), 'utf8').split('\n').slice(0, -1);
const writeLines = (all: readonly string[]): void =>
  writeFileSync(join(folder, SEGMENT), all.map((line) => `${line}\n`).join(''));
const entry = (number: number): string => JSON.stringify({ number });

async function signed(...counts: number[]): Promise<void> {
  await using journal = await openJournal(folder, signing);
  for (const count of counts) {
    await journal.append(Array.from({ length: count }, (_, index) => ({ number: journal.size + index })));
    await journal.sign();
  }
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  const error: unknown = await work.then(
    () => 'nothing',
    (reason: unknown) => reason,
  );
  return error instanceof Fault ? error.code : String(error);
}

describe('a signed journal', () => {
  it('says what it holds in a checkpoint that another program can verify', async () => {
    await signed(3, 700, 1);
    const note = readFileSync(join(folder, 'checkpoint'), 'utf8');
    expect(note).toMatch(
      /^archive\.example\.org\/journal\n704\n[A-Za-z0-9+/]{43}=\n\n\u2014 archive\.example\.org\/journal [A-Za-z0-9+/=]+\n$/,
    );
    const signature = Buffer.from(note.trim().split(' ').at(-1) ?? '', 'base64').subarray(4);
    const text = Buffer.from(note.slice(0, note.indexOf('\n\n') + 1));
    expect(verify(null, text, createPublicKey(signing.signer.key), signature)).toBe(true);
    expect(await verifyJournal(folder, keys)).toMatchObject({ entries: 704, checkpoint: { size: 704 } });
  });

  it('keeps the hashes in tiles of 256, full ones as they were, partial ones only of the last checkpoint', async () => {
    await signed(255, 1, 400, 44);
    const full = readFileSync(join(folder, tilePath(0, 0)));
    expect(full.length).toBe(256 * 32);
    const [first = ''] = lines();
    expect(full.toString('hex', 0, 32)).toBe(first.slice(0, 64));
    expect(readdirSync(join(folder, 'tile/0'))).toEqual(['000', '001', '002.p']);
    expect(readdirSync(join(folder, 'tile/0/002.p'))).toEqual(['188']);
    expect(readdirSync(join(folder, 'tile/1/000.p'))).toEqual(['2']);
    const leaf = createHash('sha256').update('\0').update(entry(0)).digest('hex');
    expect(first).toBe(`${leaf} ${entry(0)}`);
  });

  it('names tiles as C2SP tlog-tiles does', () => {
    expect(tilePath(0, 1_234_067)).toBe('tile/0/x001/x234/067');
    expect(tilePath(3, 7, 112)).toBe('tile/3/007.p/112');
  });

  it('goes on signing where it stood, and signs what a crash had left unsigned', async () => {
    await signed(10);
    {
      await using journal = await openJournal(folder, signing);
      await journal.append([{ number: 10 }]);
    }
    expect(await verifyJournal(folder, keys)).toMatchObject({ entries: 11, checkpoint: { size: 10 } });
    await signed(1);
    expect(await verifyJournal(folder, keys)).toMatchObject({ entries: 12, checkpoint: { size: 12 } });
  });

  it('removes what a crash left beside its tiles, and nothing else', async () => {
    await signed(256, 300);
    const left = ['tile/0/002.p/45', 'tile/0/002.p/60.tmp', 'tile/0/001.p/7', 'tile/1/000.p/3.tmp'].map((path) =>
      join(folder, path),
    );
    for (const path of left) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, 'half');
    }
    await signed();
    expect(left.filter((path) => existsSync(path))).toEqual([]);
    expect(readdirSync(join(folder, 'tile/0')).toSorted()).toEqual(['000', '001', '002.p']);
    expect(readdirSync(join(folder, 'tile/1/000.p'))).toEqual(['2']);
    await signed(1);
  });

  it('goes over the end of a segment', async () => {
    await signed(65_530, 10, 3);
    expect(await verifyJournal(folder, keys)).toMatchObject({ entries: 65_543, checkpoint: { size: 65_543 } });
    await signed(2);
    expect(await verifyJournal(folder, keys)).toMatchObject({ checkpoint: { size: 65_545 } });
  });

  it('names the entry that was rewritten with its hash, and signs no more', async () => {
    await signed(300, 20);
    const all = lines();
    for (const index of [0, 255, 256, 319]) {
      writeLines(all.map((line, at) => (at === index ? lineOf(entry(999)).trim() : line)));
      expect(await codeOf(verifyJournal(folder, keys))).toBe('journal/rewritten');
      await expect(verifyJournal(folder, keys)).rejects.toMatchObject({ facts: { index } });
      expect(await codeOf(openJournal(folder, signing))).toBe('journal/rewritten');
    }
  });

  it('notices a rewritten entry whose tile was rewritten too', async () => {
    await signed(300);
    const all = lines();
    const forged = lineOf(entry(999)).trim();
    writeLines([forged, ...all.slice(1)]);
    const path = join(folder, tilePath(0, 0));
    const tile = readFileSync(path);
    Buffer.from(forged.slice(0, 64), 'hex').copy(tile);
    writeFileSync(path, tile);
    expect(await codeOf(verifyJournal(folder, keys))).toBe('journal/rewritten');
  });

  it('notices entries that changed places, were left out, or were cut away', async () => {
    await signed(8);
    const all = lines();
    const [first = '', second = '', ...others] = all;
    writeLines([second, first, ...others]);
    await expect(verifyJournal(folder, keys)).rejects.toMatchObject({ code: 'journal/rewritten', facts: { index: 0 } });
    writeLines([first, ...others]);
    await expect(verifyJournal(folder, keys)).rejects.toMatchObject({ code: 'journal/rewritten', facts: { index: 1 } });
    writeLines(all.slice(0, 5));
    expect(await codeOf(verifyJournal(folder, keys))).toBe('journal/cut');
    expect(await codeOf(openJournal(folder, signing))).toBe('journal/cut');
  });

  it('believes no checkpoint that another key signed, or that was changed', async () => {
    await signed(5);
    const stranger = signer(signing.origin);
    const path = join(folder, 'checkpoint');
    const note = readFileSync(path, 'utf8');
    const { size, root } = readCheckpoint(note, keys);
    writeFileSync(path, signedCheckpoint({ origin: signing.origin, size, root }, stranger.signer));
    expect(await codeOf(verifyJournal(folder, keys))).toBe('journal/unsigned');
    expect(await codeOf(openJournal(folder, signing))).toBe('journal/unsigned');
    for (const [from, to, code] of [
      ['\n5\n', '\n4\n', 'journal/unsigned'],
      ['\n5\n', '\n05\n', 'journal/checkpoint'],
      ['\n\n', '\n', 'journal/checkpoint'],
    ] as const) {
      writeFileSync(path, note.replace(from, to));
      expect(await codeOf(verifyJournal(folder, keys))).toBe(code);
    }
  });

  it('passes over signatures of keys that it does not know', async () => {
    await signed(5);
    const path = join(folder, 'checkpoint');
    const note = readFileSync(path, 'utf8');
    const witness = signer('witness.example.org');
    const other = signedCheckpoint(readCheckpoint(note, keys), witness.signer).trimEnd().split('\n').at(-1) ?? '';
    writeFileSync(path, `${note}${other}\n`);
    expect(await verifyJournal(folder, keys)).toMatchObject({ checkpoint: { size: 5 } });
    expect(await verifyJournal(folder, [publicKeyOf(witness.signer)])).toMatchObject({ checkpoint: { size: 5 } });
  });

  it('is another archive\u2019s when its origin is another', async () => {
    await signed(2);
    expect(await codeOf(openJournal(folder, { ...signing, origin: 'elsewhere', trusted: keys }))).toBe('journal/other-origin');
  });

  it('makes lost tiles anew from the lines, and has the checkpoint judge them', async () => {
    await signed(600);
    rmSync(join(folder, 'tile'), { recursive: true });
    await signed(3);
    expect(await verifyJournal(folder, keys)).toMatchObject({ checkpoint: { size: 603 } });
    rmSync(join(folder, 'tile'), { recursive: true });
    writeLines([lineOf(entry(999)).trim(), ...lines().slice(1)]);
    expect(await codeOf(openJournal(folder, signing))).toBe('journal/tree-differs');
    expect(existsSync(join(folder, 'checkpoint'))).toBe(true);
  });

  it('refuses tiles that do not give the root', async () => {
    await signed(600);
    const path = join(folder, tilePath(1, 0, 2));
    writeFileSync(path, Buffer.alloc(64));
    expect(await codeOf(openJournal(folder, signing))).toBe('journal/tree-differs');
  });

  it('passes its keys on as text', () => {
    const [key] = keys;
    expect(key && parseVerifierKey(verifierKey(key))).toEqual(key);
    expect(() => parseVerifierKey('archive+00000000+AAAA')).toThrow(/no key that checkpoints/);
  });
});
