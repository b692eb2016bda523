/** The backing file of a QCOW image: found among the files deposited with it, by the last part of the name it gives, never by a path. */
import { Fault, FaultKind, escaped } from '../../kernel/index.ts';
import type { Companions, Media } from '../media.ts';

/** QEMU's names of formats, and ours. */
const FORMATS: Readonly<Record<string, string>> = {
  raw: 'raw',
  file: 'raw', // what old versions wrote for it
  host_device: 'raw',
  qcow: 'qcow',
  qcow2: 'qcow2',
  qed: 'qed',
  vdi: 'vdi',
  vhdx: 'vhdx',
  vmdk: 'vmdk',
  vpc: 'vhd',
  dmg: 'dmg',
  parallels: 'parallels',
};

export interface Backing {
  /** Bare name among the companions. */
  readonly name: string;
  /** The caller closes it. */
  readonly media: Media;
  readonly warnings: readonly Fault[];
}

/**
 * @param format of the image that is backed. @param recorded its name for the backing file.
 * @param says what it says of the backing file's format; '' when nothing.
 * @throws Fault '…/backing-name', '…/backing-missing', '…/backing-format', and what opening it throws.
 */
export async function openBacking(format: string, recorded: string, says: string, companions: Companions): Promise<Backing> {
  const wish = bareName(format, recorded);
  const facts = { backingFile: escaped(recorded), ...(says === '' ? {} : { backingFormat: escaped(says) }) };
  const as = says === '' ? undefined : FORMATS[says.toLowerCase()];
  if (says !== '' && as === undefined) {
    const message = `the backing file "${escaped(recorded)}" is said to be of the format "${escaped(says)}", which is not known; merge the images with qemu-img convert`;
    throw new Fault(FaultKind.Unsupported, `${format}/backing-format`, message, facts);
  }
  const media = await companions.media(wish, as);
  if (media === undefined) {
    const message = `the image holds only the differences to its backing file "${escaped(wish)}" (recorded as "${escaped(recorded)}"); deposit both together`;
    throw new Fault(FaultKind.Missing, `${format}/backing-missing`, message, { ...facts, name: escaped(wish) });
  }
  if (as !== undefined && media.format !== as) {
    await media[Symbol.asyncDispose]();
    const message = `the backing file "${escaped(wish)}" is said to be ${as}, and is ${media.format}`;
    throw new Fault(FaultKind.Corrupt, `${format}/backing-format`, message, facts);
  }
  const warnings = [...media.warnings];
  if (as === undefined) {
    const message = `the image does not say of what format its backing file "${escaped(wish)}" is; by its content it was taken for ${media.format}`;
    warnings.push(new Fault(FaultKind.Unsupported, `${format}/backing-guessed`, message, { ...facts, taken: media.format }));
  }
  return { name: depositedName(wish, companions), media, warnings };
}

/** How a companion that was found is spelled. */
export function depositedName(wish: string, { names }: Companions): string {
  if (names.includes(wish)) return wish;
  return names.find((name) => name.toLowerCase() === wish.toLowerCase()) ?? wish;
}

/** The last part of a path. @throws Fault for what names no file: a server, a device description, a folder. */
function bareName(format: string, recorded: string): string {
  const path = recorded.replace(/^file:|^[a-z]:(?=[\\/])/i, '');
  const name = path.split(/[\\/]/).at(-1) ?? '';
  if (!/^[^\\/]*:/.test(path) && !['', '.', '..'].includes(name)) return name;
  const message = `the image names as its backing file "${escaped(recorded)}", which is no file that can be deposited; merge the images with qemu-img convert`;
  throw new Fault(FaultKind.Refused, `${format}/backing-name`, message, { backingFile: escaped(recorded) });
}
