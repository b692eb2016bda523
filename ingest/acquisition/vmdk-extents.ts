/** The extents that a VMDK descriptor names must lie beside it. Only names are compared; none is opened. */
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import { fileSource } from '../media/index.ts';
import { type DepositFile, listed, shown } from './folder.ts';

const DESCRIPTOR_LIMIT = 64 * 1024; // bytes; real ones have a few hundred
const EXTENT = /^[ \t]*(?:RW|RDONLY|NOACCESS)[ \t]+\d+[ \t]+[A-Z]+[ \t]+"([^"\r\n]*)"/gim;

/**
 * @param members names in the descriptor's folder that the set has.
 * @throws Fault 'acquisition/split-gap' naming the extents that are not there, 'acquisition/extent-outside' for a path.
 */
export async function checkExtents(descriptor: DepositFile, members: readonly string[]): Promise<void> {
  await using source = await fileSource(descriptor.path);
  const text = (await source.read(0, Math.min(source.size, DESCRIPTOR_LIMIT))).toString('utf8');
  if (!/^\ufeff?\s*# *disk descriptorfile/i.test(text)) return;
  const named = Array.from(text.matchAll(EXTENT), (match) => match[1] ?? '');
  const outside = named.filter((name) => /[\\/:]/.test(name) || name === '..');
  if (outside.length > 0) {
    const message = `"${escaped(descriptor.name)}" names extents outside its folder: ${shown(outside)}; they are not followed: deposit a copy that holds its extents`;
    throw new Fault(FaultKind.Refused, 'acquisition/extent-outside', message, { extents: listed(outside) });
  }
  const missing = named.filter((name) => !members.includes(name));
  if (missing.length === 0) return;
  const message = `the image "${escaped(descriptor.name)}" is not complete: its descriptor names ${shown(missing)}; put it beside the descriptor`;
  throw new Fault(FaultKind.Missing, 'acquisition/split-gap', message, { missing: listed(missing) });
}
