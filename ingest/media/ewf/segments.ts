/** The segment files of one set: found among the companions by their family of names, put in order by the number in their headers. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions } from '../media.ts';

export interface Segment {
  /** Bare name; '' when the container came without one. */
  readonly name: string;
  readonly source: ByteSource;
  /** From its header; 1 is the first. */
  readonly number: number;
}

/** What a version of the format says of its segment files. */
export interface SegmentKind {
  readonly headerSize: number;
  /** The number in a header; undefined when it is no header of this format. */
  numberOf(header: Buffer): number | undefined;
  /** Ending without its dot: 1 or 2 characters of fixed letters, then two digits or letters. */
  readonly ending: RegExp;
}

/** Letters a name can count up to: .EZZ is followed by .FAA, .ExZZ by .EyAA. */
const PER_LETTER = 26 * 26;
const AT_ONCE = 32;

/** Name of segment `number` of the set whose segment 1 has the ending of `own`; undefined where names end or none was given. */
export function segmentName(own: string, ending: RegExp, number: number): string | undefined {
  const dot = own.lastIndexOf('.');
  const word = own.slice(dot + 1);
  if (dot < 0 || !ending.test(word)) return undefined;
  const fixed = word.slice(0, -2);
  if (number <= 99) return `${own.slice(0, dot + 1)}${fixed}${String(number).padStart(2, '0')}`;
  const step = number - 100;
  const last = fixed.charCodeAt(fixed.length - 1) + Math.floor(step / PER_LETTER);
  const isLower = word === word.toLowerCase();
  if (last > (fixed.slice(-1) === fixed.slice(-1).toLowerCase() ? 0x7a : 0x5a)) return undefined;
  const letters = [Math.floor((step % PER_LETTER) / 26), step % 26].map((n) => String.fromCharCode((isLower ? 0x61 : 0x41) + n));
  return `${own.slice(0, dot + 1)}${fixed.slice(0, -1)}${String.fromCharCode(last)}${letters.join('')}`;
}

/** Same stem, an ending of the kind, and for numbers the same letters before them. */
function isOfFamily(own: string, other: string, ending: RegExp): boolean {
  const dot = own.lastIndexOf('.');
  if (dot < 0 || other.lastIndexOf('.') !== dot || own.slice(0, dot).toLowerCase() !== other.slice(0, dot).toLowerCase())
    return false;
  const mine = own.slice(dot + 1).toLowerCase();
  const its = other.slice(dot + 1).toLowerCase();
  if (!ending.test(mine) || !ending.test(its) || mine.length !== its.length) return false;
  return /\d\d$/.test(its) ? its.slice(0, -2) === mine.slice(0, -2) : its.slice(0, -2) >= mine.slice(0, -2);
}

export class SegmentSet {
  /** More than one file may claim a number. */
  readonly #byNumber: ReadonlyMap<number, readonly Segment[]>;

  private constructor(
    private readonly kind: SegmentKind,
    readonly first: Segment,
    others: readonly Segment[],
  ) {
    const byNumber = new Map<number, Segment[]>();
    for (const segment of [first, ...others]) byNumber.set(segment.number, [...(byNumber.get(segment.number) ?? []), segment]);
    this.#byNumber = byNumber;
  }

  /** @throws Fault 'ewf/no-header'; 'ewf/not-first' when `container` is another segment than the first. */
  static async of(container: ByteSource, companions: Companions, kind: SegmentKind): Promise<SegmentSet> {
    const number = await numberOf(container, kind);
    const own = companions.own;
    if (number === undefined)
      throw new Fault(
        FaultKind.Corrupt,
        'ewf/no-header',
        'the header of the segment file is cut or damaged; ask for another copy',
      );
    if (number !== 1) {
      const first = segmentName(own.replace(/[^.]{2}$/, '01'), kind.ending, 1);
      const named = first === undefined ? 'segment 1' : `segment 1, "${escaped(first)}" by its name`;
      const message = `the file is segment ${number} of a set; open ${named}`;
      throw new Fault(FaultKind.Refused, 'ewf/not-first', message, { number });
    }
    const names = companions.names.filter((name) => isOfFamily(own, name, kind.ending));
    const others: Segment[] = [];
    for (let at = 0; at < names.length; at += AT_ONCE) {
      const found = await Promise.all(names.slice(at, at + AT_ONCE).map((name) => segmentOf(name, companions, kind)));
      others.push(...found.filter((segment) => segment !== undefined));
    }
    return new SegmentSet(kind, { name: own, source: container, number }, others);
  }

  has(number: number): boolean {
    return this.#byNumber.has(number);
  }

  /** @throws Fault 'ewf/segment-missing', 'ewf/segment-duplicate'. */
  get(number: number): Segment {
    const found = this.#byNumber.get(number) ?? [];
    const [segment] = found;
    if (segment !== undefined && found.length === 1) return segment;
    if (segment !== undefined) {
      const names = found.map(({ name }) => escaped(name));
      const message = `${names.map((name) => `"${name}"`).join(' and ')} both say they are segment ${number}; deposit the files of one set only`;
      throw new Fault(FaultKind.Corrupt, 'ewf/segment-duplicate', message, { number, names });
    }
    const name = segmentName(this.first.name, this.kind.ending, number);
    const named = name === undefined ? '' : ` ("${escaped(name)}" by its name)`;
    const message = `segment ${number} of the set${named} is not there; deposit all segments together`;
    throw new Fault(FaultKind.Missing, 'ewf/segment-missing', message, {
      number,
      ...(name === undefined ? {} : { name: escaped(name) }),
    });
  }

  /** Those that come after the last, and are not read. */
  after(last: number): readonly Segment[] {
    return [...this.#byNumber.values()].flat().filter(({ number }) => number > last);
  }
}

async function numberOf(source: ByteSource, kind: SegmentKind): Promise<number | undefined> {
  if (source.size < kind.headerSize) return undefined;
  return kind.numberOf(await source.read(0, kind.headerSize));
}

/** A file that only looks like a segment by its name (disk.E01 and disk.EXE) is none. */
async function segmentOf(name: string, companions: Companions, kind: SegmentKind): Promise<Segment | undefined> {
  const source = await companions.find(name);
  const number = source === undefined ? undefined : await numberOf(source, kind);
  return source === undefined || number === undefined ? undefined : { name, source, number };
}
