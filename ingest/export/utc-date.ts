/** Dates for zip files. */

/** In seconds: what the UTC field beside the DOS date can say. */
const LATEST = 0x7fffffff;

/** The options of yazl that give an entry its date. */
export function zipDate(at: Date): { mtime: Date; forceDosTimestamp: boolean } {
  const mtime = UtcDate.of(at);
  return { mtime, forceDosTimestamp: mtime.getTime() > LATEST * 1000 };
}

/**
 * A date whose local parts are the UTC ones, because yazl reads DOS dates off the machine's clock. A Date made for its local
 * parts would not do: where the clock is put forward in spring, an hour's worth of them does not exist.
 */
class UtcDate extends Date {
  /** The nearest that a DOS date can say. yazl has its own limits, in local time: the outermost days are cut to theirs. */
  static of(at: Date): UtcDate {
    const [second, secondLast] = [Date.UTC(1980, 0, 2), Date.UTC(2107, 11, 31)];
    if (at.getTime() < second) return new UtcDate(Date.UTC(1980, 0, 1));
    if (at.getTime() >= secondLast) return new UtcDate(Date.UTC(2107, 11, 31, 23, 59, 58));
    return new UtcDate(at);
  }

  override getFullYear(): number {
    return this.getUTCFullYear();
  }
  override getMonth(): number {
    return this.getUTCMonth();
  }
  override getDate(): number {
    return this.getUTCDate();
  }
  override getHours(): number {
    return this.getUTCHours();
  }
  override getMinutes(): number {
    return this.getUTCMinutes();
  }
  override getSeconds(): number {
    return this.getUTCSeconds();
  }
}
