/** Damage that hurts parsers, drawn from one number: the same for the same seed. */

/** Numbers that break arithmetic, in four bytes. */
const EVIL = [0, 1, 2, 0x7f, 0x80, 0xff, 0x7fff, 0xffff, 0x0001_0000, 0x7fff_ffff, 0x8000_0000, 0xffff_fffe, 0xffff_ffff];

/** A small generator of its own, so that a failure is told by one number. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** Looks for a place that is not zero: a volume is mostly empty, and damage there does nothing. */
const LOOKS = 8;

/** Structures lie at the start and the end, and where there is anything at all: that is where most changes go. */
export function damaged(bytes: Buffer, next: (below: number) => number): Buffer {
  const out = Buffer.from(bytes);
  const place = (): number => {
    const near = Math.min(out.length, [512, 4096, 70_000, out.length][next(4)] ?? 512);
    const at = next(near);
    let found = next(3) === 0 ? out.length - 1 - at : at;
    for (let look = next(2) * LOOKS; look > 0 && out[found] === 0; look -= 1) found = next(near);
    return found;
  };
  for (let changes = 1 + next(6); changes > 0; changes -= 1) {
    const at = Math.min(place(), Math.max(0, out.length - 4));
    const kind = next(5);
    if (kind === 0) out[at] = next(256);
    else if (kind === 1 && out.length >= 4) out.writeUInt32LE(EVIL[next(EVIL.length)] ?? 0, at);
    else if (kind === 2 && out.length >= 4) out.writeUInt32BE(EVIL[next(EVIL.length)] ?? 0, at);
    else if (kind === 3) out.copy(out, at, place(), place());
    else out.fill(next(2) === 0 ? 0 : 0xff, at, Math.min(out.length, at + next(64)));
  }
  return next(6) === 0 ? out.subarray(0, next(out.length)) : out;
}
