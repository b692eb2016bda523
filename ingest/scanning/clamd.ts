/**
 * ClamAV's daemon, over its socket: one connection for each question.
 * Source: clamd(8), "COMMANDS"; docs.clamav.net, "ClamD Protocol". What it says was compared with clamd 1.4.6.
 */
import { connect, type Socket } from 'node:net';
import { escaped, Fault, FaultKind, wordsOfSystemError } from '../kernel/index.ts';
import { clamdAddress, type ClamdAddress } from './clamd-address.ts';
import { proof } from './known-answers.ts';
import { notScanned, type Scanner, type ScannerVersion, type Verdict, WhyNot } from './scanner.ts';

export interface ScannerOptions {
  /** The largest file that is sent, in bytes: clamd calls files above its MaxFileSize clean, without a look. */
  readonly maxBytes: number;
  /** A connection that isn't made in this time is given up. */
  readonly connectMs?: number;
  /** A conversation in which nobody says anything for so long is given up: longer than clamd may take for one file (MaxScanTime, 120 s). */
  readonly idleMs?: number;
}

const CONNECT_MS = 5_000;
const IDLE_MS = 300_000;
/** No answer of clamd is longer. */
const LONGEST_ANSWER = 4096;
/** A piece of a stream, in bytes: below every StreamMaxLength. */
const PIECE = 1 << 18;
/** The first proof is of this size, each further one twice as large. */
const FIRST_PROOF = 1 << 20;

/** @throws Fault 'scanning/address' for an address that is none. Opens no connection. */
export function openScanner(address: string, options: ScannerOptions): Scanner {
  const where = clamdAddress(address);
  if (where === undefined) {
    const message = `"${address}" is no address of a clamd; write unix:/run/clamav/clamd.ctl, or tcp:127.0.0.1:3310`;
    throw new Fault(FaultKind.Refused, 'scanning/address', message, { address });
  }
  return new Clamd(address, where, options);
}

class Clamd implements Scanner {
  /** Up to this size clamd has found the test file. */
  #proven = 0;
  /** From this size on it has not; undefined as long as it always has. */
  #disproven: number | undefined;
  #proving: Promise<Verdict | undefined> = Promise.resolve(undefined);

  constructor(
    readonly address: string,
    private readonly where: ClamdAddress,
    private readonly options: ScannerOptions,
  ) {}

  async version(): Promise<ScannerVersion> {
    const pong = await this.command('PING');
    const said = pong === 'PONG' ? await this.command('VERSION') : pong;
    const [, name, version, signatures, signaturesFrom] = /^(\S+) ([^/\s]+)(?:\/([^/]+)(?:\/(.+))?)?$/.exec(said) ?? [];
    if (pong === 'PONG' && name !== undefined && version !== undefined) return { name, version, signatures, signaturesFrom };
    const message = `what listens at ${this.address} is no clamd: it answered "${shown(said)}"; set STRONGROOM_CLAMD to where clamd listens`;
    throw new Fault(FaultKind.Refused, 'scanning/no-scanner', message, { address: this.address });
  }

  async check(signal?: AbortSignal): Promise<string | undefined> {
    const alone = await this.#judge(proof(0), signal);
    if (alone.outcome === 'clean') return 'clamd does not find the EICAR test file: has it its signatures?';
    const doubt = alone.outcome === 'infected' ? await this.#prove(this.options.maxBytes, signal) : alone;
    return doubt?.outcome === 'not-scanned' ? doubt.because : undefined;
  }

  async scan(bytes: AsyncIterable<Uint8Array>, size: number, signal?: AbortSignal): Promise<Verdict> {
    signal?.throwIfAborted();
    const { maxBytes } = this.options;
    if (size > maxBytes)
      return notScanned(WhyNot.TooLarge, `larger than ${maxBytes} bytes, which is the most that is given to clamd`);
    if (size > this.#proven || this.#proven === 0) {
      this.#proving = this.#proving.then(
        () => this.#prove(size, signal),
        () => this.#prove(size, signal),
      );
      const doubt = await this.#proving;
      if (doubt !== undefined) return doubt;
    }
    return this.#judge(bytes, signal);
  }

  /** A clamd that does not find what every scanner finds in a file as large calls nothing of that size clean. @returns why not. */
  async #prove(size: number, signal: AbortSignal | undefined): Promise<Verdict | undefined> {
    let next = FIRST_PROOF;
    while (next < size) next *= 2;
    const tested = Math.min(next, Math.max(FIRST_PROOF, this.options.maxBytes));
    if (this.#proven >= tested) return undefined;
    if (tested < (this.#disproven ?? Infinity)) {
      const verdict = await this.#judge(proof(tested), signal);
      if (verdict.outcome === 'infected') {
        this.#proven = tested;
        return undefined;
      }
      if (verdict.outcome === 'not-scanned' && verdict.why !== WhyNot.TooLarge) return verdict;
      this.#disproven = tested;
    }
    const because =
      this.#disproven === FIRST_PROOF
        ? 'clamd does not even find the EICAR test file: has it its signatures?'
        : `clamd does not look into files this large: in one of ${tested} bytes it did not find the EICAR test file (its MaxFileSize, MaxScanSize)`;
    return notScanned(WhyNot.TooLarge, because);
  }

  async #judge(bytes: AsyncIterable<Uint8Array>, signal: AbortSignal | undefined): Promise<Verdict> {
    const talk = await this.talk(signal);
    if (!(talk instanceof Conversation)) return notScanned(WhyNot.Unreachable, this.unreachable(talk).message);
    try {
      talk.send(Buffer.from('zINSTREAM\0'));
      for await (const piece of bytes) {
        for (let at = 0; at < piece.length && !talk.isOver; at += PIECE) await talk.sendPiece(piece.subarray(at, at + PIECE));
        if (talk.isOver) break;
      }
      const isWhole = !talk.isOver;
      if (isWhole) talk.send(Buffer.alloc(4));
      const end = await talk.answer;
      signal?.throwIfAborted();
      return verdictOf(end, isWhole);
    } finally {
      talk.end();
    }
  }

  /** @throws Fault 'scanning/unreachable' without an answer. */
  private async command(name: string): Promise<string> {
    const talk = await this.talk();
    if (!(talk instanceof Conversation)) throw this.unreachable(talk);
    try {
      talk.send(Buffer.from(`z${name}\0`));
      const { text, why } = await talk.answer;
      if (text !== '') return text;
      throw this.unreachable(new Error(why ?? 'it ended the conversation without an answer'));
    } finally {
      talk.end();
    }
  }

  private talk(signal?: AbortSignal): Promise<Conversation | Error> {
    const { connectMs = CONNECT_MS, idleMs = IDLE_MS } = this.options;
    return new Promise((resolve) => {
      const socket = connect(this.where);
      socket.setTimeout(connectMs, () => socket.destroy(new Error(`no connection within ${connectMs / 1000} s`)));
      socket.once('error', resolve);
      socket.once('connect', () => {
        socket.removeListener('error', resolve);
        resolve(new Conversation(socket, idleMs, signal));
      });
    });
  }

  private unreachable(error: Error): Fault {
    const message = `clamd at ${this.address} can't be reached: ${wordsOfSystemError(error)}. Is it running, and may we use its socket?`;
    return new Fault(FaultKind.Unreadable, 'scanning/unreachable', message, { address: this.address }, { cause: error });
  }
}

interface End {
  /** Without its terminator; '' when there was none. */
  readonly text: string;
  /** Why there was none. */
  readonly why?: string;
}

/** One question and its answer on a socket of their own. Ends by itself when the other side does, or says nothing for too long. */
class Conversation {
  /** Never rejects. */
  readonly answer: Promise<End>;
  isOver = false;
  #end: (end: End) => void = () => undefined;
  #said = Buffer.alloc(0);

  constructor(
    private readonly socket: Socket,
    idleMs: number,
    signal: AbortSignal | undefined,
  ) {
    this.answer = new Promise((resolve) => {
      this.#end = (end) => {
        this.isOver = true;
        resolve(end);
      };
    });
    const stop = (): void => this.#end({ text: '', why: 'it was stopped' });
    signal?.addEventListener('abort', stop, { once: true });
    void this.answer.then(() => signal?.removeEventListener('abort', stop));
    socket.removeAllListeners('timeout');
    socket.setTimeout(idleMs, () => this.#end({ text: '', why: `nothing was said for ${idleMs / 1000} s` }));
    socket.on('data', (bytes: Buffer) => this.#heard(bytes));
    socket.on('error', (error) => this.#close(wordsOfSystemError(error)));
    socket.on('close', () => this.#close('clamd ended the conversation without a verdict'));
  }

  send(bytes: Uint8Array): boolean {
    return this.socket.write(bytes);
  }

  /** Returns when there is room for more, or the conversation is over. */
  async sendPiece(piece: Uint8Array): Promise<void> {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(piece.length);
    this.socket.write(length);
    if (this.send(piece)) return;
    let drained: () => void = () => undefined;
    await Promise.race([
      this.answer,
      new Promise<void>((resolve) => {
        drained = resolve;
        this.socket.once('drain', drained);
      }),
    ]);
    this.socket.removeListener('drain', drained);
  }

  end(): void {
    this.#end({ text: '' });
    this.socket.destroy();
  }

  #heard(bytes: Buffer): void {
    this.#said = Buffer.concat([this.#said, bytes.subarray(0, LONGEST_ANSWER)]);
    const end = this.#said.indexOf(0);
    if (end >= 0) this.#end({ text: this.#said.toString('utf8', 0, end) });
    else if (this.#said.length >= LONGEST_ANSWER) this.#end({ text: this.#said.toString('utf8') });
  }

  /** What it had said by then is an answer that was cut off: no verdict. */
  #close(why: string): void {
    this.#end({ text: '', why });
  }
}

/** @param isWhole the file had been sent whole when the answer came. */
function verdictOf({ text, why }: End, isWhole: boolean): Verdict {
  const found = /^stream: (.+) FOUND$/.exec(text)?.[1];
  if (found?.startsWith('Heuristics.Limits.Exceeded') === true)
    return notScanned(WhyNot.TooLarge, `it goes beyond a limit of clamd (${shown(found)})`);
  if (found !== undefined) return { outcome: 'infected', found: shown(found) };
  if (text === 'stream: OK' && isWhole) return { outcome: 'clean' };
  if (text.includes('size limit exceeded')) return notScanned(WhyNot.TooLarge, 'larger than clamd takes (its StreamMaxLength)');
  if (text === '') return notScanned(WhyNot.NoVerdict, `no verdict: ${why ?? 'clamd said nothing'}`);
  return notScanned(WhyNot.NoVerdict, `no verdict: clamd answered "${shown(text)}"`);
}

/** What another program says, short and printable. */
function shown(text: string): string {
  return escaped(text.length > 200 ? `${text.slice(0, 200)}…` : text);
}
