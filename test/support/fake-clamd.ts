/** A stand-in for clamd, as far as clamd(8) describes its protocol: it finds the EICAR test file anywhere in a stream. For tests. */
import { createServer, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { tmpFolder } from './tmp.ts';

/** What makes a scanner speak; in two parts, so that none takes this file for it. */
export const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'].join('');
export const SAID = 'ClamAV 1.4.6/27829/Mon Nov 23 08:24:00 2026';

export interface FakeClamd {
  /** As the setting has it. */
  readonly address: string;
  /** Of each file that came to its end. */
  readonly sizes: number[];
  /** Of the files by which a scanner is put to the test. */
  readonly proofs: number[];
  /** Most streams that were open at the same time. */
  mostAtOnce: number;
  atOnce: number;
  close(): Promise<void>;
}

export interface Ways {
  readonly tcp?: boolean;
  /** At a path of one's own: to come back where it was. */
  readonly path?: string;
  /** Streams longer than this are refused, as StreamMaxLength does. */
  readonly streamMax?: number;
  /** Streams longer than this are called clean without a look, as MaxFileSize does. */
  readonly fileMax?: number;
  /** What VERSION answers. */
  readonly said?: string;
  /** The answer to a stream, in place of the true one; undefined to say nothing, ever. Proofs of the scanner are answered truly. */
  readonly answer?: (size: number) => string | undefined | Promise<string>;
  /** Closes the connection when a stream has this many bytes. */
  readonly closeAt?: number;
}

/** Gone when the test is. */
export async function fakeClamd(ways: Ways = {}): Promise<FakeClamd> {
  const open = new Set<Socket>();
  const server: Server = createServer((socket) => {
    open.add(socket);
    socket.on('close', () => open.delete(socket)).on('error', () => socket.destroy());
    serve(socket, ways, fake);
  });
  const path = ways.path ?? join(await tmpFolder(), 'clamd.ctl');
  if (ways.tcp === true) server.listen(0, '127.0.0.1');
  else server.listen(path);
  await once(server, 'listening');
  const at = server.address();
  const close = async (): Promise<void> => {
    if (!server.listening) return;
    for (const socket of open) socket.destroy();
    await new Promise((resolve) => server.close(resolve));
  };
  const address = typeof at === 'object' && at !== null ? `tcp:127.0.0.1:${at.port}` : `unix:${path}`;
  const fake: FakeClamd = { address, sizes: [], proofs: [], atOnce: 0, mostAtOnce: 0, close };
  onTestFinished(close);
  return fake;
}

function serve(socket: Socket, ways: Ways, fake: FakeClamd): void {
  let waiting = Buffer.alloc(0);
  let stream: Stream | undefined;
  const end = (text: string): void => void socket.end(`${text}\0`);
  socket.on('data', (bytes) => {
    waiting = Buffer.concat([waiting, bytes]);
    if (stream === undefined) {
      const nul = waiting.indexOf(0);
      if (nul < 0) return;
      const command = waiting.toString('latin1', 0, nul);
      waiting = waiting.subarray(nul + 1);
      if (command === 'zPING') return end('PONG');
      if (command === 'zVERSION') return end(ways.said ?? SAID);
      if (command !== 'zINSTREAM') return end('UNKNOWN COMMAND');
      stream = new Stream(ways, fake);
      socket.once('close', () => stream?.ended());
    }
    while (waiting.length >= 4) {
      const length = waiting.readUInt32BE();
      if (length === 0) return void stream.verdict().then((text) => text !== undefined && end(text));
      if (waiting.length < 4 + length) return;
      const over = stream.add(waiting.subarray(4, 4 + length));
      waiting = waiting.subarray(4 + length);
      if (over === 'close') return void socket.destroy();
      if (over !== undefined) return end(over);
    }
  });
}

class Stream {
  #size = 0;
  #tail = '';
  #hasTest = false;
  #isProof = false;

  constructor(
    private readonly ways: Ways,
    private readonly fake: FakeClamd,
  ) {
    fake.atOnce += 1;
    fake.mostAtOnce = Math.max(fake.mostAtOnce, fake.atOnce);
  }

  ended(): void {
    this.fake.atOnce -= 1;
  }

  add(bytes: Buffer): string | undefined {
    if (this.#size === 0) this.#isProof = bytes.includes('ustar\x0000');
    this.#size += bytes.length;
    const text = this.#tail + bytes.toString('latin1');
    this.#hasTest ||= text.includes(EICAR);
    this.#tail = text.slice(-EICAR.length);
    if (this.#size > (this.ways.streamMax ?? Infinity)) return 'INSTREAM size limit exceeded. ERROR';
    return !this.#isProof && this.#size >= (this.ways.closeAt ?? Infinity) ? 'close' : undefined;
  }

  async verdict(): Promise<string | undefined> {
    (this.#isProof ? this.fake.proofs : this.fake.sizes).push(this.#size);
    if (this.ways.answer !== undefined && !this.#isProof) return this.ways.answer(this.#size);
    const looks = this.#size <= (this.ways.fileMax ?? Infinity);
    return this.#hasTest && looks ? 'stream: Eicar-Test-Signature FOUND' : 'stream: OK';
  }
}
