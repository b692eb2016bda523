/** The parent of a differencing VHD, by the UUID in its footer; what the child remembers of its name is a hint for the archivist. */
import { Fault, FaultKind, ascii, layout, u32be } from '../../kernel/index.ts';
import type { ByteSource, Companions } from '../media.ts';
import { type Parent, lastPart, openParent } from '../parent.ts';
import { findFooter, hasFooter } from './footer.ts';
import type { SparseHeader } from './sparse.ts';

const LONGEST_PATH = 64 * 1024;

/** "Parent Locator Entry" of the VHD specification 1.0. */
const locator = layout('VHD parent locator', 24, {
  code: [0, ascii(4)],
  length: [8, u32be],
  high: [16, u32be], // platform data offset, in two halves: garbage there must not hinder
  low: [20, u32be],
});

/** @param names from `parentNames`. @throws Fault 'vhd/parent-missing'; what opening the parent throws. */
export function parentOf(header: SparseHeader, names: readonly string[], companions: Companions): Promise<Parent> {
  const { parentUuid, parentTime } = header;
  return openParent(companions, {
    format: 'vhd',
    names,
    async match(source) {
      const footer = await identityOf(source);
      if (footer?.uuid !== parentUuid) return undefined;
      return parentTime === 0 || footer.time === parentTime ? 'same' : 'changed';
    },
    changed: (name) =>
      `the parent "${name}" has another time than the VHD image noted of it; it may have been written to since, and what is read through it may not be what it was`,
    missing() {
      const called = names.length === 0 ? '' : `, once called ${names.map((name) => `"${name}"`).join(' or ')}`;
      const message = `the VHD image holds only the differences to its parent, the image with the UUID ${parentUuid}${called}; deposit both together`;
      return new Fault(FaultKind.Missing, 'vhd/parent-missing', message, { parentUuid, names });
    },
  });
}

/** Any file may be asked: one that is damaged is nobody's parent. */
async function identityOf(source: ByteSource): Promise<{ uuid: string; time: number } | undefined> {
  if (!(await hasFooter(source))) return undefined;
  try {
    return (await findFooter(source)).footer;
  } catch (error) {
    if (error instanceof Fault && error.kind === FaultKind.Corrupt) return undefined;
    throw error;
  }
}

/** The last parts of the names and paths that the child has for its parent, printable, each once; what can't be read is left out. */
export async function parentNames(container: ByteSource, header: SparseHeader): Promise<string[]> {
  const names = [lastPart(fromUtf16(header.parentName, 'big'))];
  for (let at = 0; at < header.locators.length; at += locator.size) {
    const { code, length, high, low } = locator.decode(header.locators.subarray(at, at + locator.size));
    const offset = high * 0x1_0000_0000 + low;
    if (!['W2ku', 'W2ru', 'MacX'].includes(code) || length > LONGEST_PATH || offset + length > container.size) continue;
    const path = await container.read(offset, length);
    names.push(lastPart(code === 'MacX' ? path.toString('utf8') : fromUtf16(path, 'little')));
  }
  return [...new Set(names)].filter((name) => name !== '');
}

function fromUtf16(bytes: Buffer, order: 'big' | 'little'): string {
  const whole = Buffer.from(bytes.subarray(0, bytes.length & ~1));
  return (order === 'big' ? whole.swap16() : whole).toString('utf16le');
}
