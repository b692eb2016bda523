/** Files given to clamd: what it says is told in three words, and whatever is no plain answer is "not scanned". */
import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openScanner, type ScannerOptions, type Verdict } from '#ingest/scanning';
import { EICAR, fakeClamd } from '../../support/fake-clamd.ts';
import { tmpFolder } from '../../support/tmp.ts';

const MIB = 1 << 20;

async function* pieces(bytes: Buffer, length = 65_536): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += length) yield await Promise.resolve(bytes.subarray(at, at + length));
}

function scan(address: string, bytes: Buffer, options: Partial<ScannerOptions> = {}): Promise<Verdict> {
  return openScanner(address, { maxBytes: 4 * MIB, ...options }).scan(pieces(bytes), bytes.length);
}

const test = Buffer.from(EICAR);
const harmless = Buffer.from('A letter to the editor, never sent.');

describe('a file given to clamd', () => {
  it.each([true, false])('is clean or infected, as clamd says (over TCP: %s)', async (tcp) => {
    const { address } = await fakeClamd({ tcp });
    expect(await scan(address, harmless)).toEqual({ outcome: 'clean' });
    expect(await scan(address, Buffer.alloc(0))).toEqual({ outcome: 'clean' });
    expect(await scan(address, test)).toEqual({ outcome: 'infected', found: 'Eicar-Test-Signature' });
    expect(await scan(address, Buffer.concat([Buffer.alloc(3 * MIB), test]))).toMatchObject({ outcome: 'infected' });
  });

  it('arrives whole, in pieces of any length, several files at once', async () => {
    const clamd = await fakeClamd();
    const scanner = openScanner(clamd.address, { maxBytes: 4 * MIB });
    const sizes = [1, 4095, 65_537, MIB, 2 * MIB + 3];
    const verdicts = await Promise.all(sizes.map((size) => scanner.scan(pieces(Buffer.alloc(size), 300_001), size)));
    expect(verdicts).toEqual(sizes.map(() => ({ outcome: 'clean' })));
    expect(clamd.sizes.toSorted((a, b) => a - b)).toEqual(sizes.toSorted((a, b) => a - b));
    expect(clamd.proofs.at(-1)).toBe(4 * MIB);
    expect(clamd.mostAtOnce).toBeGreaterThan(1);
  });

  it('is not scanned when nobody listens', async () => {
    const path = join(await tmpFolder(), 'none.ctl');
    const verdict = await scan(`unix:${path}`, harmless);
    expect(verdict).toMatchObject({ outcome: 'not-scanned', why: 'unreachable' });
    expect(verdict).toHaveProperty('because', expect.stringMatching(/can't be reached: does not exist|ENOENT/));
    const gone = await fakeClamd({ tcp: true });
    await gone.close();
    expect(await scan(gone.address, harmless)).toMatchObject({ outcome: 'not-scanned', why: 'unreachable' });
  });

  it('is not scanned when it is larger than is given to clamd, or than clamd takes', async () => {
    const clamd = await fakeClamd({ streamMax: 3 * MIB });
    expect(await scan(clamd.address, Buffer.alloc(5 * MIB))).toMatchObject({ outcome: 'not-scanned', why: 'too-large' });
    expect(clamd.sizes).toEqual([]);
    expect(await scan(clamd.address, Buffer.alloc(3 * MIB + 1))).toMatchObject({ outcome: 'not-scanned', why: 'too-large' });
  });

  it('is not called clean by a clamd that calls all large files clean without a look', async () => {
    const clamd = await fakeClamd({ fileMax: 2 * MIB });
    const scanner = openScanner(clamd.address, { maxBytes: 8 * MIB });
    const verdictOf = (size: number): Promise<Verdict> => scanner.scan(pieces(Buffer.alloc(size)), size);
    expect(await verdictOf(2 * MIB)).toEqual({ outcome: 'clean' });
    const large = await verdictOf(2 * MIB + 1);
    expect(large).toMatchObject({ outcome: 'not-scanned', why: 'too-large', because: expect.stringContaining('MaxFileSize') });
    expect(await verdictOf(7 * MIB)).toMatchObject({ outcome: 'not-scanned' });
    expect(await verdictOf(1)).toEqual({ outcome: 'clean' });
    const blind = await fakeClamd({ fileMax: 0 });
    expect(await scan(blind.address, harmless)).toMatchObject({ because: expect.stringContaining('its signatures') });
  });

  it.each([
    ['nothing, and closes the connection', () => Promise.resolve('')],
    ['that it was too slow', () => 'COMMAND READ TIMED OUT'],
    ['that it failed', () => "stream: Can't allocate memory ERROR"],
    ['something else', () => 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['OK of something else', () => 'stream: OK indeed'],
    ['more than an answer', () => 'stream: '.padEnd(20_000, 'x')],
  ])('is not scanned when clamd says %s', async (_, answer) => {
    const { address } = await fakeClamd({ answer });
    const verdict = await scan(address, harmless);
    expect(verdict).toMatchObject({ outcome: 'not-scanned', why: 'no-verdict' });
    expect(JSON.stringify(verdict).length).toBeLessThan(500);
  });

  it('is not scanned when it goes beyond a limit that clamd tells of', async () => {
    const { address } = await fakeClamd({ answer: () => 'stream: Heuristics.Limits.Exceeded.MaxScanTime FOUND' });
    expect(await scan(address, harmless)).toMatchObject({ outcome: 'not-scanned', why: 'too-large' });
  });

  it('is not scanned when clamd says nothing for too long', async () => {
    const { address } = await fakeClamd({ answer: () => undefined });
    const verdict = await scan(address, harmless, { idleMs: 200 });
    expect(verdict).toEqual({ outcome: 'not-scanned', why: 'no-verdict', because: 'no verdict: nothing was said for 0.2 s' });
  });

  it('is not scanned when clamd goes away in the middle', async () => {
    const { address } = await fakeClamd({ closeAt: MIB });
    expect(await scan(address, Buffer.alloc(3 * MIB))).toMatchObject({ outcome: 'not-scanned', why: 'no-verdict' });
  });

  it('waits for a slow clamd, and takes no more of the file than it sends', async () => {
    let release: (text: string) => void = () => undefined;
    const slow = new Promise<string>((resolve) => {
      release = resolve;
    });
    const { address } = await fakeClamd({ answer: () => slow });
    const scanner = openScanner(address, { maxBytes: 4 * MIB });
    let isRead = false;
    const source = (async function* () {
      yield* pieces(Buffer.alloc(MIB));
      isRead = true;
    })();
    const verdict = scanner.scan(source, MIB);
    await expect.poll(() => isRead).toBe(true);
    release('stream: Slow.Worm FOUND');
    expect(await verdict).toEqual({ outcome: 'infected', found: 'Slow.Worm' });
  });

  it('stops when it is told to, and passes on what reading the file throws', async () => {
    const { address } = await fakeClamd({ answer: () => undefined });
    const stop = new AbortController();
    const scanner = openScanner(address, { maxBytes: 4 * MIB });
    const waiting = scanner.scan(pieces(harmless), harmless.length, stop.signal);
    stop.abort(new Error('enough'));
    await expect(waiting).rejects.toThrow('enough');
    const broken = (async function* () {
      yield await Promise.resolve(harmless);
      throw new Error('the device reports an error');
    })();
    await expect(scanner.scan(broken, 100)).rejects.toThrow('the device reports an error');
  });
});

describe('the version', () => {
  it('has engine, signatures and their date, as far as clamd has them', async () => {
    const { address } = await fakeClamd();
    expect(await openScanner(address, { maxBytes: MIB }).version()).toEqual({
      name: 'ClamAV',
      version: '1.4.6',
      signatures: '27829',
      signaturesFrom: 'Mon Nov 23 08:24:00 2026',
    });
    const bare = await fakeClamd({ said: 'ClamAV 1.4.6' });
    expect(await openScanner(bare.address, { maxBytes: MIB }).version()).toMatchObject({
      version: '1.4.6',
      signatures: undefined,
    });
  });

  it('is refused from what is no clamd, and from nobody', async () => {
    const { address } = await fakeClamd({ said: 'HTTP/1.1 400 Bad Request' });
    await expect(openScanner(address, { maxBytes: MIB }).version()).rejects.toMatchObject({ code: 'scanning/no-scanner' });
    const none = openScanner('tcp:127.0.0.1:1', { maxBytes: MIB });
    await expect(none.version()).rejects.toMatchObject({ code: 'scanning/unreachable', kind: 'unreadable' });
  });
});

describe('the address of clamd', () => {
  it.each([
    '',
    'unix:clamd.ctl',
    'tcp:localhost',
    'tcp:localhost:0',
    'tcp:a b:1',
    'tcp:host:99999',
    '/run/clamd.ctl',
    'http://localhost:3310',
  ])('is refused when it is none: "%s"', (address) =>
    expect(() => openScanner(address, { maxBytes: MIB })).toThrow(/is no address of a clamd/),
  );
});

it('a file is read no faster than clamd takes it', async () => {
  const path = join(await tmpFolder(), 's');
  const held: Socket[] = [];
  // Takes what a proof needs, then nothing of the file.
  const server = createServer((socket) => {
    held.push(socket);
    if (held.length > 1) socket.pause();
    else
      socket.on(
        'data',
        (bytes) => bytes.subarray(-4).equals(Buffer.alloc(4)) && bytes.length < 65_536 && socket.end('stream: E FOUND\0'),
      );
  });
  server.listen(path);
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  let taken = 0;
  const source = (async function* () {
    for (; taken < 512; taken += 1) yield await Promise.resolve(Buffer.alloc(65_536));
  })();
  const verdict = await openScanner(`unix:${path}`, { maxBytes: MIB, idleMs: 500 }).scan(source, 1000);
  for (const socket of held) socket.destroy();
  expect(verdict).toMatchObject({ outcome: 'not-scanned', why: 'no-verdict' });
  expect(taken).toBeLessThan(64);
});
