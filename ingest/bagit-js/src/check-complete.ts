/** Whether everything that is listed is there, everything that is there is listed, and all names are good. Reads no file. */
import { type Check, isStrict } from './check.ts';
import type { Manifest } from './check-manifest.ts';
import { atLeast } from './declaration.ts';
import { isSystemFile, notPortable } from './paths.ts';

export interface Manifests {
  readonly payload: readonly Manifest[];
  readonly tag: readonly Manifest[];
}

export function checkComplete(check: Check, manifests: Manifests): void {
  const { findings, inventory } = check;
  const tagDirectories = atLeast(check.version, 0, 97);
  for (let id = 0; id < inventory.names.length; id++) {
    const name = inventory.name(id);
    if (inventory.isPayload(id)) checkPayloadFile(check, id, manifests.payload);
    else {
      checkTagFile(check, id, manifests.tag);
      if (!tagDirectories && inventory.isPresent(id) && name.includes('/')) {
        findings.warn('tag-directory', name, `version ${check.version.text} knows no directory but data/`);
      }
    }
    checkName(check, name);
  }
  checkCollisions(check);
  checkTagManifests(check, manifests);
  if (inventory.find('data/bagit.txt') !== undefined) {
    findings.warn('nested-bag', 'data/bagit.txt', 'the payload itself looks like a bag; was a bag put into a bag by mistake?');
  }
}

function checkPayloadFile(check: Check, id: number, manifests: readonly Manifest[]): void {
  const { findings, inventory } = check;
  const listing = manifests.filter(({ column }) => column.lists(id));
  const name = inventory.name(id);
  const strict = isStrict(check);
  if (inventory.isFetch(id)) {
    for (const { file, column } of manifests) {
      if (column.lists(id) || (!strict && listing.length > 0)) continue;
      findings.error('fetch-not-in-manifest', name, 'fetch.txt lists this file, the manifest does not', file);
    }
    if (!inventory.isPresent(id)) findings.error('not-fetched', name, 'listed in fetch.txt and not downloaded yet', 'fetch.txt');
    return;
  }
  if (!inventory.isPresent(id)) for (const { file } of listing) reportMissing(check, name, file);
  else if (listing.length === 0 && manifests.length > 0)
    findings.error('unlisted-file', name, 'this payload file is in no manifest');
  if (!strict || listing.length === 0 || listing.length === manifests.length) return;
  for (const { file, column } of manifests) {
    if (!column.lists(id)) findings.error('not-in-every-manifest', name, `listed in ${listing[0]?.file}, not in ${file}`, file);
  }
}

function reportMissing({ findings, inventory }: Check, name: string, manifest: string): void {
  if (inventory.unlistable.some((directory) => name.startsWith(directory))) {
    findings.error('unreadable', name, 'its directory could not be listed: it may be there, try again', manifest, true);
  } else findings.error('missing-file', name, 'listed in the manifest and not in the bag', manifest);
}

function checkTagFile(check: Check, id: number, manifests: readonly Manifest[]): void {
  const { findings, inventory } = check;
  const name = inventory.name(id);
  const listing = manifests.filter(({ column }) => column.lists(id));
  if (!inventory.isPresent(id)) for (const { file } of listing) reportMissing(check, name, file);
  else if (manifests.length > 0 && listing.length === 0 && !manifests.some(({ file }) => file === name)) {
    findings.warn('tag-file-unlisted', name, 'in no tag manifest: a change of this file would not be noticed');
  }
}

function checkName({ findings, inventory }: Check, name: string): void {
  if (isSystemFile(name)) findings.warn('system-file', name, 'left behind by an operating system, probably not meant to be kept');
  if (name.includes('\\') && inventory.find(name) !== undefined) {
    findings.warn('backslash-in-name', name, 'a backslash is a separator on Windows: this name can only live elsewhere');
  }
  const why = notPortable(name);
  if (why !== undefined) findings.warn('not-portable', name, `Windows can't hold this name: ${why}`);
}

/** The same bag in every serialization: who unpacks it where case or form is lost was warned. */
function checkCollisions({ findings, inventory }: Check): void {
  for (const group of inventory.collisions()) {
    const [first = 0, ...others] = group;
    const name = inventory.name(first);
    for (const id of others) {
      const other = inventory.name(id);
      const sameForm = name.normalize('NFC') === other.normalize('NFC');
      const message = `${sameForm ? 'equal after Unicode normalisation' : 'differs only by case or Unicode form'}: ${JSON.stringify(name)}`;
      findings.warn(sameForm ? 'nfc-collision' : 'case-collision', other, message);
    }
  }
}

function checkTagManifests(check: Check, { payload, tag }: Manifests): void {
  const { findings, inventory } = check;
  if (tag.length === 0) {
    findings.warn('no-tag-manifest', '', 'no tag manifest: changes of bag-info.txt and of the manifests themselves go unnoticed');
    return;
  }
  for (const { file, column } of tag) {
    for (const manifest of payload) {
      const id = inventory.find(manifest.file);
      if (id !== undefined && !column.lists(id)) {
        findings.either(
          isStrict(check),
          'tag-manifest-omits-manifest',
          manifest.file,
          `${file} does not list this manifest`,
          file,
        );
      }
    }
  }
  const algorithms = (list: readonly Manifest[]): string =>
    list
      .map(({ column }) => column.name)
      .sort()
      .join(', ');
  if (algorithms(tag) !== algorithms(payload) && payload.length > 0) {
    const message = `tag manifests use ${algorithms(tag)}, payload manifests ${algorithms(payload)}; they should be the same`;
    findings.warn('tag-manifest-algorithms', '', message);
  }
  const [first, ...rest] = tag;
  for (const other of rest) {
    const differs = inventory.names.findIndex(
      (_, id) => !inventory.isPayload(id) && first?.column.lists(id) !== other.column.lists(id),
    );
    if (differs < 0) continue;
    findings.warn(
      'tag-manifests-differ',
      inventory.name(differs),
      `only one of ${first?.file} and ${other.file} lists this file`,
      other.file,
    );
  }
}
