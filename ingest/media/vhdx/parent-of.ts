/** The parent of a differencing VHDX, by the GUID that every change of its data renews; paths are hints for the archivist. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { Companions } from '../media.ts';
import { type Parent, lastPart, openParent } from '../parent.ts';
import { type Header, currentHeader, isVhdx } from './header.ts';

const LINKAGES = ['parent_linkage', 'parent_linkage2'];
const PATHS = ['relative_path', 'volume_path', 'absolute_win32_path'];

/** The data-write GUIDs that the parent may have. */
export function linkagesOf(locator: ReadonlyMap<string, string>): string[] {
  const found = LINKAGES.map((key) => locator.get(key)?.replaceAll(/[{}]/g, '').toLowerCase());
  return found.filter((guid) => guid !== undefined && /^[\da-f-]{36}$/.test(guid)) as string[];
}

/** The last parts of the paths that it has for its parent, printable, each once. */
export function parentNames(locator: ReadonlyMap<string, string>): string[] {
  const names = PATHS.map((key) => lastPart(locator.get(key) ?? ''));
  return [...new Set(names)].filter((name) => name !== '');
}

/** @throws Fault 'vhdx/parent-missing', 'vhdx/parent-is-itself', 'vhdx/parent-unnamed'; what opening the parent throws. */
export async function parentOf(own: Header, locator: ReadonlyMap<string, string>, companions: Companions): Promise<Parent> {
  const [guid, ...others] = linkagesOf(locator);
  if (guid === undefined) {
    const message = 'the VHDX image has a parent and does not say which; its metadata is damaged, ask for another copy';
    throw new Fault(FaultKind.Corrupt, 'vhdx/parent-unnamed', message, { keys: [...locator.keys()] });
  }
  const guids = [guid, ...others];
  if (guids.includes(own.dataGuid)) {
    const message = `the VHDX image names itself (${own.dataGuid}) as its parent; it is damaged or forged`;
    throw new Fault(FaultKind.Corrupt, 'vhdx/parent-is-itself', message, { parentGuids: guids });
  }
  const names = parentNames(locator);
  return openParent(companions, {
    format: 'vhdx',
    names,
    async match(source) {
      if (!(await isVhdx(source))) return undefined;
      try {
        return guids.includes((await currentHeader(source)).header.dataGuid) ? 'same' : undefined;
      } catch (error) {
        // A damaged file is nobody's parent.
        if (error instanceof Fault && error.kind !== FaultKind.Unreadable) return undefined;
        throw error;
      }
    },
    missing() {
      const called = names.length === 0 ? '' : `, once called ${names.map((name) => `"${name}"`).join(' or ')}`;
      const message = `the VHDX image holds only the differences to its parent, the image with the data GUID ${guid}${called}; deposit both together, and the parent as it was`;
      return new Fault(FaultKind.Missing, 'vhdx/parent-missing', message, { parentGuids: guids, names });
    },
  });
}
