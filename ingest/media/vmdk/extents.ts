/** The extents that a descriptor names, each mapped by its type. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { ByteSource, Companions } from '../media.ts';
import { openCowd } from './cowd.ts';
import { type Descriptor, type ExtentLine, MOST_SECTORS } from './descriptor.ts';
import { type DiskExtent, flatExtent, uniformExtent } from './disk-extent.ts';
import { openSeSparse } from './se-sparse.ts';
import { type SparseExtent, openSparse } from './sparse.ts';

const DEVICES = /^(fullDevice|partitionedDevice|vmfsRaw|vmfsRDMP?|vmfs(Raw|Passthrough(Raw)?)DeviceMap)$/i;
const DEVICE_EXTENTS = new Set(['VMFSRDM', 'VMFSRAW']);
const FILES = new Set(['FLAT', 'VMFS', 'SPARSE', 'VMFSSPARSE', 'SESPARSE']);
const SHOWN = 20;

export interface OpenedExtents {
  readonly extents: readonly DiskExtent[];
  /** The first hosted sparse one, for what its header tells. */
  readonly sparse?: SparseExtent;
  /** Names of the files, in order; without the container itself. */
  readonly parts: readonly string[];
}

/**
 * Opens what the lines name, among the companions only.
 * @param own the container, when it is a sparse extent itself.
 * @throws Fault 'vmdk/device', 'vmdk/extent-path', 'vmdk/extent-missing', …
 */
export async function openExtents(
  { createType, extents: lines }: Descriptor,
  companions: Companions,
  own?: ByteSource,
): Promise<OpenedExtents> {
  refuseDevices(createType, lines);
  checkLines(lines);
  const files = await filesOf(lines, companions, own);
  const extents: DiskExtent[] = [];
  let sparse: SparseExtent | undefined;
  let start = 0;
  for (const [i, line] of lines.entries()) {
    const opened = await openOne(line, start, files.get(i), own !== undefined && lines.length === 1);
    if ('header' in opened) sparse ??= opened as SparseExtent;
    extents.push(opened);
    start += opened.size;
  }
  const parts = new Set([...files.values()].flatMap(({ source, name }) => (source === own ? [] : [name])));
  return { extents, parts: [...parts], ...(sparse === undefined ? {} : { sparse }) };
}

interface NamedSource {
  readonly source: ByteSource;
  readonly name: string;
}

async function openOne(line: ExtentLine, start: number, file: NamedSource | undefined, isAlone: boolean): Promise<DiskExtent> {
  const size = line.sectorCount * 512;
  if (file === undefined) return uniformExtent(start, size, line.type === 'ZERO' ? 'zero' : 'absent');
  const { source, name } = file;
  if (line.type === 'FLAT' || line.type === 'VMFS')
    return flatExtent(start, size, source, line.offset, shortness(source, line, name));
  if (line.type === 'VMFSSPARSE') return openCowd(source, start, size, name);
  if (line.type === 'SESPARSE') return openSeSparse(source, start, size, name);
  const opened = await openSparse(source, isAlone ? { start, name } : { start, size, name });
  if (!isAlone || opened.size === size) return opened;
  const message = `the header of "${escaped(name)}" says ${opened.size / 512} sectors, its descriptor ${line.sectorCount}; the header is believed`;
  const facts = { capacity: opened.size / 512, described: line.sectorCount };
  const fault = new Fault(FaultKind.Corrupt, 'vmdk/capacity', message, facts);
  return { ...opened, warnings: [...opened.warnings, fault] };
}

function refuseDevices(createType: string, lines: readonly ExtentLine[]): void {
  const device = lines.find(({ type }) => DEVICE_EXTENTS.has(type));
  if (device === undefined && !DEVICES.test(createType)) return;
  const what = escaped((device?.type ?? createType).slice(0, 40));
  const message = `the VMDK descriptor stands for a device of the computer that it was made on (${what}), not for files; image that device and deposit the image`;
  throw new Fault(FaultKind.Unsupported, 'vmdk/device', message, { type: what });
}

function checkLines(lines: readonly ExtentLine[]): void {
  let sectorCount = 0;
  for (const line of lines) {
    sectorCount += line.sectorCount;
    const type = escaped(line.type.slice(0, 40));
    if (!FILES.has(line.type) && line.type !== 'ZERO') {
      const message = `the VMDK descriptor has an extent of type ${type}, which is not read by this version`;
      throw new Fault(FaultKind.Unsupported, 'vmdk/extent-type', message, { type });
    }
    if (needsFile(line)) refusePath(line.name);
  }
  if (lines.length === 0)
    throw new Fault(FaultKind.Corrupt, 'vmdk/no-extent', 'the VMDK descriptor names no extent; it is cut or damaged');
  if (sectorCount > MOST_SECTORS) {
    const message = `the extents of the VMDK descriptor have ${sectorCount} sectors together; no disk has as many`;
    throw new Fault(FaultKind.Corrupt, 'vmdk/capacity-absurd', message, { sectorCount });
  }
}

function needsFile({ access, type }: ExtentLine): boolean {
  return type !== 'ZERO' && access !== 'NOACCESS';
}

/** @throws Fault 'vmdk/extent-path' for any name that could lead out of the deposit. */
function refusePath(name: string): void {
  if (name !== '' && name !== '.' && name !== '..' && !/[/\\:\0]/.test(name)) return;
  const shown = escaped(name.slice(0, 200));
  const message = `the VMDK descriptor names the extent "${shown}", which is no bare file name; paths, drives and devices are never followed; deposit the extents beside the descriptor and let it name them by bare name`;
  throw new Fault(FaultKind.Refused, 'vmdk/extent-path', message, { name: shown });
}

async function filesOf(
  lines: readonly ExtentLine[],
  companions: Companions,
  own: ByteSource | undefined,
): Promise<Map<number, NamedSource>> {
  const found = new Map<number, NamedSource>();
  const missing: string[] = [];
  const sparseNames = new Set<string>();
  for (const [i, line] of lines.entries()) {
    if (!needsFile(line)) continue;
    const { name } = line;
    if (line.type !== 'FLAT' && line.type !== 'VMFS') {
      if (sparseNames.has(name.toLowerCase())) {
        const message = `the VMDK descriptor names the sparse extent "${escaped(name.slice(0, 200))}" twice; it is damaged or forged`;
        throw new Fault(FaultKind.Corrupt, 'vmdk/extent-twice', message);
      }
      sparseNames.add(name.toLowerCase());
    }
    // A disk in one file names itself, perhaps by a name that it had once.
    const isOwn = own !== undefined && (lines.length === 1 || name.toLowerCase() === companions.own.toLowerCase());
    const source = isOwn ? own : await companions.find(name);
    if (source === undefined) missing.push(escaped(name.slice(0, 200)));
    else found.set(i, { source, name: isOwn ? companions.own : name });
  }
  if (missing.length === 0) return found;
  const some = missing.slice(0, SHOWN);
  const more = missing.length > SHOWN ? ` and ${missing.length - SHOWN} more` : '';
  const message = `the VMDK disk consists of ${lines.length} extents, and these are not there: ${some.join(', ')}${more}; deposit them too`;
  throw new Fault(FaultKind.Missing, 'vmdk/extent-missing', message, { missing: some, count: missing.length });
}

function shortness(source: ByteSource, line: ExtentLine, name: string): Fault[] {
  const end = line.offset + line.sectorCount * 512;
  if (end <= source.size) return [];
  const message = `"${escaped(name)}" has ${source.size} bytes and the descriptor says ${end}; it is cut, and what is missing can't be read`;
  return [new Fault(FaultKind.Truncated, 'vmdk/extent-short', message, { name, size: source.size, expected: end })];
}
