/** What a stored package must hold, by the chain anchor → tag manifest → manifests; the catalogue speaks where a link is broken. */
import { digestFile } from '../digest/index.ts';
import { byteOrder, Fault, FaultKind } from '../kernel/index.ts';
import type { Storage } from '../storage/index.ts';
import { manifestLines } from './manifest-lines.ts';
import { MANIFEST_PATH, packageKey, TAG_MANIFEST_PATH } from './package.ts';
import { altered, type FixityFinding, missing, unreadable } from './finding.ts';

export interface ExpectedFile {
  readonly path: string;
  readonly sha256: string;
}

export interface Expected {
  /** In byte order of the paths; the manifests that were checked on the way are not in it. */
  readonly files: readonly ExpectedFile[];
  /** What is wrong with the manifests themselves. */
  readonly findings: readonly FixityFinding[];
  /** Bytes of manifests read on the way. */
  readonly checkedBytes: number;
}

/**
 * @param anchor SHA-256 of the tag manifest, as the journal or the catalogue keeps it.
 * @param catalogue the sealed inventory as the catalogue keeps it: only asked when a manifest is damaged.
 */
export async function expectedFiles(
  storage: Storage,
  id: string,
  anchor: string,
  catalogue: () => AsyncIterable<ExpectedFile>,
): Promise<Expected> {
  const findings: FixityFinding[] = [];
  let checkedBytes = 0;

  /** True when the manifest is as sealed; else a finding says why not. */
  async function isSealed(path: string, sha256: string): Promise<boolean> {
    const found = await storage.stat(`${packageKey(id)}/${path}`);
    if (found === undefined) {
      findings.push(missing(path));
      return false;
    }
    checkedBytes += found.size;
    try {
      for (let look = 1; look <= 2; look += 1) {
        if ((await digestOf(storage, id, path)) === sha256) return true;
      }
    } catch (error) {
      if (!(error instanceof Fault) || error.kind !== FaultKind.Unreadable) throw error;
      findings.push(unreadable(path, [{ offset: 0, length: found.size }], error.message));
      return false;
    }
    findings.push(altered(path, [{ offset: 0, length: found.size }]));
    return false;
  }

  const fromCatalogue = async (wanted: (path: string) => boolean): Promise<ExpectedFile[]> => {
    const files: ExpectedFile[] = [];
    for await (const file of catalogue()) if (wanted(file.path)) files.push({ path: file.path, sha256: file.sha256 });
    return files;
  };

  const isPayload = (path: string): boolean => path.startsWith('data/');
  const tags = (await isSealed(TAG_MANIFEST_PATH, anchor))
    ? await linesOf(storage, id, TAG_MANIFEST_PATH)
    : await fromCatalogue((path) => !isPayload(path) && path !== TAG_MANIFEST_PATH);
  const manifest = tags.find(({ path }) => path === MANIFEST_PATH);
  const payload =
    manifest !== undefined && (await isSealed(MANIFEST_PATH, manifest.sha256))
      ? await linesOf(storage, id, MANIFEST_PATH)
      : await fromCatalogue(isPayload);
  const files = [...tags.filter(({ path }) => path !== MANIFEST_PATH), ...payload];
  files.sort((a, b) => byteOrder(a.path, b.path));
  return { files, findings, checkedBytes };
}

async function linesOf(storage: Storage, id: string, path: string): Promise<ExpectedFile[]> {
  const files: ExpectedFile[] = [];
  await using object = await storage.open(`${packageKey(id)}/${path}`);
  for await (const line of manifestLines(object.stream(), path)) files.push({ path: line.path, sha256: line.digest });
  return files;
}

async function digestOf(storage: Storage, id: string, path: string): Promise<string> {
  const { digests } = await digestFile(storage.localPath(`${packageKey(id)}/${path}`) ?? '', ['sha256']);
  return digests.sha256 ?? '';
}
