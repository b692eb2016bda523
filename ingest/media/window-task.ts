/** What a thread that unpacks is told, and what it answers: plain data. */

/** Numbers of one piece of a window, in this order, in WindowTask.pieces. */
export const Field = { Fd: 0, At: 1, PackedLength: 2, Start: 3, Size: 4, Kind: 5, Mark: 6 } as const;
export const FIELD_COUNT = 7;
/** What lies there: bytes as they are; or a Recipe's kind. */
export const PieceKind = { stored: 0, zlib: 1, deflate: 2, adler32: 3 } as const;
/** Instead of a mark. */
export const NO_MARK = -1;

export interface WindowTask {
  readonly id: number;
  /** Of the window, in bytes. */
  readonly length: number;
  /** Sorted by file and place in it. */
  readonly pieces: Float64Array;
  /** For the window; without it, new memory is taken. */
  readonly memory: ArrayBuffer | undefined;
}

export interface WindowAnswer {
  readonly id: number;
  readonly length: number;
  /** `length` bytes or more. What lies in no piece, and in those that failed, can be anything. */
  readonly bytes: ArrayBuffer;
  /** Numbers of the pieces that could not be read, unpacked or checked, for whatever reason. */
  readonly failed: readonly number[];
}
