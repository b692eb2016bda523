/** What was done to a fixture, as small as it gets: the form in which the corpus keeps an input. */

export interface Patch {
  /** The fixture's name. */
  readonly of: string;
  /** What came of it when it was found, for who reads the corpus. */
  readonly found: string;
  /** In bytes, where the fixture was cut. */
  readonly cut?: number;
  /** Hex digits to lay over it, by offset. */
  readonly changes: Readonly<Record<string, string>>;
}

interface Change {
  readonly at: number;
  readonly bytes: Buffer;
}

/** Equal bytes between two changes that are kept as one. */
const NEAR = 4;

export function applied(whole: Buffer, { cut, changes }: Patch): Buffer {
  return laidOver(
    whole,
    cut,
    Object.entries(changes).map(([at, hex]) => ({ at: Number(at), bytes: Buffer.from(hex, 'hex') })),
  );
}

/** @param damaged no longer than `whole`. */
function changesOf(whole: Buffer, damaged: Buffer): Change[] {
  const found: { at: number; end: number }[] = [];
  for (let at = 0; at < damaged.length; at += 1) {
    if (damaged[at] === whole[at]) continue;
    const last = found.at(-1);
    if (last !== undefined && at - last.end < NEAR) last.end = at + 1;
    else found.push({ at, end: at + 1 });
  }
  return found.map(({ at, end }) => ({ at, bytes: Buffer.from(damaged.subarray(at, end)) }));
}

/** The fewest changes that still do harm, as far as leaving out and halving finds them before `isTime` is over. */
export async function minimised(
  of: string,
  whole: Buffer,
  damaged: Buffer,
  harms: (bytes: Buffer) => Promise<string | undefined>,
  isTime: () => boolean,
): Promise<Patch> {
  let found = (await harms(damaged)) ?? 'not again';
  let changes = changesOf(whole, damaged);
  let cut = damaged.length < whole.length ? damaged.length : undefined;
  const tries = async (trial: readonly Change[], cutAt: number | undefined): Promise<boolean> => {
    const harm = isTime() ? await harms(laidOver(whole, cutAt, trial)) : undefined;
    if (harm === undefined) return false;
    found = harm;
    changes = [...trial];
    cut = cutAt;
    return true;
  };
  if (cut !== undefined) await tries(changes, undefined);
  for (let index = changes.length - 1; index >= 0; index -= 1) {
    const one = changes[index];
    const others = changes.filter((_, each) => each !== index);
    if (one === undefined || (await tries(others, cut))) continue;
    for (let rest = one; rest.bytes.length > 1; ) {
      const half = rest.bytes.length >>> 1;
      const left = { at: rest.at, bytes: rest.bytes.subarray(0, half) };
      const right = { at: rest.at + half, bytes: rest.bytes.subarray(half) };
      if (await tries(others.toSpliced(index, 0, left), cut)) rest = left;
      else if (await tries(others.toSpliced(index, 0, right), cut)) rest = right;
      else break;
    }
  }
  return {
    of,
    found,
    ...(cut === undefined ? {} : { cut }),
    changes: Object.fromEntries(changes.map(({ at, bytes }) => [String(at), bytes.toString('hex')])),
  };
}

function laidOver(whole: Buffer, cut: number | undefined, changes: readonly Change[]): Buffer {
  const out = Buffer.from(whole.subarray(0, cut));
  for (const { at, bytes } of changes) bytes.copy(out, at);
  return out;
}
