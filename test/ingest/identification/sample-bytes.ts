/** Files that a signature matches, made from the signature itself: the first of each choice, the least of each distance. */
import type { Signature } from '#ingest/identification';

type Sequence = Signature['sequences'][number];
type Step = Sequence['elements'][number]['choices'][number]['steps'][number];

/** What stands anywhere comes after what stands at the beginning; what is counted from the end comes last. */
export function bytesFor({ sequences }: Signature): Buffer {
  const head = Buffer.alloc(1 << 16);
  let used = 64;
  let end: number[] = [];
  for (const [index, sequence] of sequences.entries()) {
    const bytes = laidOut(sequence);
    if (sequence.anchor === 'end') {
      end = bytes.map((byte) => byte ?? 0).toReversed();
      continue;
    }
    const [first] = sequence.elements;
    const start = index > 0 && first !== undefined && first.offset.max >= 1000 ? used : 0;
    for (const [at, byte] of bytes.entries()) if (byte !== undefined) head[start + at] = byte;
    used = Math.max(used, start + bytes.length + 2);
  }
  return Buffer.concat([head.subarray(0, used), Buffer.from(end)]);
}

function laidOut({ elements }: Sequence): (number | undefined)[] {
  return elements.flatMap(({ offset, choices: [choice] }) => {
    if (choice === undefined) throw new RangeError('an element without choices');
    const gap = Array.from<undefined>({ length: offset.min + choice.before.min });
    return [...gap, ...choice.steps.flatMap(bytesOf)];
  });
}

function bytesOf(step: Step): number[] {
  if (typeof step === 'number') return [step];
  if (step instanceof Uint8Array) return [step.indexOf(1)];
  return [...(step.isNegated ? step.low.map((byte) => byte ^ 0x55) : step.low)];
}
