/** The bytes of a stream as a ByteSource, by its runs; and sources that runs point to. */
import { Fault, FaultKind } from '../kernel/index.ts';
import { type ByteSource, checkWindow, pushRun, type Range, type Run, UnpackedChunks } from '../media/index.ts';
import { type DataStream, MOST_RUNS } from './filesystems.ts';

const stayOpen = (): Promise<void> => Promise.resolve();

/**
 * Opens a stream for reading at any place; nothing to close but what the runs stand on.
 * @throws Fault as `stream.runs()`; its reads throw 'filesystem/absent' where the structures give no bytes.
 */
export async function contentOf(stream: Pick<DataStream, 'size' | 'runs'>): Promise<ByteSource> {
  const { size } = stream;
  const runs = await stream.runs();
  const [only] = runs;
  // Most files lie in one piece: nothing is between them and the volume.
  if (runs.length === 1 && only?.kind === 'stored') return onePiece(only, size);
  const chunks = new UnpackedChunks();
  return {
    size,
    async read(offset, length) {
      checkWindow(size, offset, length, 'the file');
      const window = { offset, length };
      const inside = clipped(runs, window);
      const absent = inside.find(({ kind }) => kind === 'absent');
      if (absent !== undefined) throw absentFault(absent);
      return chunks.read(inside, window);
    },
    [Symbol.asyncDispose]: stayOpen,
  };
}

function onePiece({ source, at }: Extract<Run, { kind: 'stored' }>, size: number): ByteSource {
  return {
    size,
    read(offset, length) {
      try {
        checkWindow(size, offset, length, 'the file');
      } catch (error) {
        return Promise.reject(error);
      }
      return source.read(at + offset, length);
    },
    [Symbol.asyncDispose]: stayOpen,
  };
}

function absentFault({ offset, length }: Range): Fault {
  const message = `bytes ${offset} to ${offset + length - 1} of the file can't be found on the disk: its structures are damaged, or the image does not have them`;
  return new Fault(FaultKind.Corrupt, 'filesystem/absent', message, { fileOffset: offset, fileLength: length });
}

/** The runs of a window, cut to it. */
export function clipped(runs: readonly Run[], { offset, length }: Range): Run[] {
  const end = offset + length;
  const found: Run[] = [];
  for (let index = firstAt(runs, offset); index < runs.length; index++) {
    const run = runs[index];
    if (run === undefined || run.offset >= end) break;
    const skip = Math.max(0, offset - run.offset);
    const taken = Math.min(run.offset + run.length, end) - run.offset - skip;
    if (taken > 0) found.push(part(run, skip, taken));
  }
  return found;
}

/** Index of the run that holds byte `offset`. */
function firstAt(runs: readonly Run[], offset: number): number {
  let low = 0;
  for (let high = runs.length; low < high; ) {
    const middle = (low + high) >> 1;
    const run = runs[middle];
    if (run !== undefined && run.offset + run.length <= offset) low = middle + 1;
    else high = middle;
  }
  return low;
}

function part(run: Run, skip: number, length: number): Run {
  const cut = { ...run, offset: run.offset + skip, length };
  if (cut.kind === 'stored') return { ...cut, at: cut.at + skip };
  if (cut.kind === 'packed') return { ...cut, skip: cut.skip + skip };
  if (cut.kind === 'filled') return { ...cut, phase: (cut.phase + skip) % cut.pattern.length };
  return cut;
}

/** Builds the runs of a stream in order; what passes its size is cut, what is missing is absent. */
export class RunList {
  readonly #runs: Run[] = [];
  #end = 0;

  /** @param volumeSize what lies past it is absent: the image is cut. */
  constructor(
    private readonly volume: ByteSource,
    private readonly size: number,
  ) {}

  /** Bytes so far. */
  get end(): number {
    return this.#end;
  }

  get isFull(): boolean {
    return this.#end >= this.size;
  }

  /** `length` bytes that lie at byte `at` of the volume. */
  stored(at: number, length: number): void {
    const inside = Math.max(0, Math.min(length, this.volume.size - at));
    if (inside > 0) this.#add({ kind: 'stored', source: this.volume, at, offset: this.#end, length: inside });
    if (inside < length) this.#add({ kind: 'absent', offset: this.#end, length: length - inside });
  }

  zero(length: number): void {
    this.#add({ kind: 'zero', offset: this.#end, length });
  }

  absent(length: number): void {
    this.#add({ kind: 'absent', offset: this.#end, length });
  }

  /** Any other run; its offset is set here. */
  add(run: Run): void {
    this.#add({ ...run, offset: this.#end });
  }

  /** The list; what its size promises beyond is absent. */
  done(): readonly Run[] {
    if (!this.isFull) this.absent(this.size - this.#end);
    return this.#runs;
  }

  #add(run: Run): void {
    const length = Math.min(run.length, this.size - this.#end);
    if (length <= 0) return;
    if (this.#runs.length >= MOST_RUNS) {
      const message = `a file lies in more than ${MOST_RUNS} pieces; real ones do not`;
      throw new Fault(FaultKind.Refused, 'filesystem/too-many-runs', message, { limit: MOST_RUNS });
    }
    pushRun(this.#runs, length === run.length ? run : part(run, 0, length));
    this.#end += length;
  }
}

/** Bytes that are at hand already: a small file inside its record. `at` tells where they lie on the volume, if they do so in one piece. */
export interface HeldSource extends ByteSource {
  readonly heldAt: number | undefined;
}

export function heldBytes(bytes: Buffer, at?: number): HeldSource {
  return {
    size: bytes.length,
    heldAt: at,
    read(offset, length) {
      checkWindow(bytes.length, offset, length, 'the file in its record');
      return Promise.resolve(bytes.subarray(offset, offset + length));
    },
    [Symbol.asyncDispose]: stayOpen,
  };
}

/** The same, of bytes that are fetched when they are read. @param load bytes of them, inside `size`. */
export function heldLater(
  size: number,
  heldAt: number | undefined,
  load: (offset: number, length: number) => Promise<Buffer>,
): HeldSource {
  return {
    size,
    heldAt,
    async read(offset, length) {
      checkWindow(size, offset, length, 'the file in its record');
      return load(offset, length);
    },
    [Symbol.asyncDispose]: stayOpen,
  };
}

/** A stream of bytes that are at hand. */
export function heldRuns(bytes: Buffer, at?: number): readonly Run[] {
  return bytes.length === 0 ? [] : [{ kind: 'stored', source: heldBytes(bytes, at), at: 0, offset: 0, length: bytes.length }];
}

/** Pieces of the volume end to end, for a compressed unit that does not lie in one piece. */
export interface PiecesSource extends ByteSource {
  readonly pieces: readonly Range[];
}

/** @param pieces inside the volume, checked by the caller. */
export function piecesOf(volume: ByteSource, pieces: readonly Range[]): PiecesSource {
  const size = pieces.reduce((sum, { length }) => sum + length, 0);
  let end = 0;
  const runs = pieces.map(({ offset, length }): Run => {
    const run = { kind: 'stored', source: volume, at: offset, offset: end, length } as const;
    end += length;
    return run;
  });
  const chunks = new UnpackedChunks();
  return {
    size,
    pieces,
    read(offset, length) {
      checkWindow(size, offset, length, 'the packed part of the file');
      return chunks.read(clipped(runs, { offset, length }), { offset, length });
    },
    [Symbol.asyncDispose]: stayOpen,
  };
}
