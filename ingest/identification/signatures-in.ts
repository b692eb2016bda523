/** Which signatures a survey uses: those of a folder that holds PRONOM's files, or our own table. */
import { open, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Fault, FaultKind } from '../kernel/index.ts';
import { OWN_NAME, OWN_VERSION } from './own-signatures.ts';

/** Ours to give to the digests: the module that looks at each file, and what is to be recorded of the signatures. */
export interface Identification {
  readonly observer: URL;
  /** Such as `PRONOM` and `116, containers 36`. */
  readonly signatures: { readonly name: string; readonly version: string };
}

const SIGNATURES = /^DROID_SignatureFile[-_ ]?V?(\d+)?.*\.xml$/i;
const CONTAINERS = /^container-signature[-_ ]?(\d+)?.*\.xml$/i;
/** PRONOM's is 4 MB. */
export const MOST_SIGNATURE_BYTES = 64 << 20;

/** @param folder with DROID_SignatureFile*.xml, and container-signature*.xml if it has one; '' for our own table. @throws Fault 'identification/…'. */
export async function identificationBy(folder: string): Promise<Identification> {
  const observer = new URL(import.meta.url.endsWith('.ts') ? './observer.ts' : './observer.js', import.meta.url);
  if (folder === '') return { observer, signatures: { name: OWN_NAME, version: OWN_VERSION } };
  const names = await namesIn(folder);
  const signatures = newest(names, SIGNATURES);
  if (signatures === undefined) {
    const message = `the folder of PRONOM signatures, ${folder}, holds no DROID_SignatureFile*.xml; put PRONOM's file there, or leave the setting empty`;
    throw new Fault(FaultKind.Refused, 'identification/no-signatures', message, { folder });
  }
  const containers = newest(names, CONTAINERS);
  observer.searchParams.set('signatures', pathToFileURL(join(folder, signatures)).href);
  if (containers !== undefined) observer.searchParams.set('containers', pathToFileURL(join(folder, containers)).href);
  const version = await attributeOf(join(folder, signatures), /<FFSignatureFile\b[^>]*\sVersion="([^"]{1,40})"/);
  const inside =
    containers &&
    (await attributeOf(join(folder, containers), /<ContainerSignatureMapping\b[^>]*\ssignatureVersion="([^"]{1,40})"/));
  return {
    observer,
    signatures: { name: 'PRONOM', version: inside === undefined ? version : `${version}, containers ${inside}` },
  };
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    const message = `the folder of PRONOM signatures, ${folder}, can't be read: ${error instanceof Error ? error.message : String(error)}`;
    throw new Fault(FaultKind.Refused, 'identification/no-signatures', message, { folder });
  }
}

/** By the number in the name: 116, 20231127. */
function newest(names: readonly string[], pattern: RegExp): string | undefined {
  const numbered = names.flatMap((name) => {
    const match = pattern.exec(name);
    return match === null ? [] : [{ name, number: Number(match[1] ?? 0) }];
  });
  return numbered.toSorted((a, b) => b.number - a.number || a.name.localeCompare(b.name))[0]?.name;
}

/** Of the root element; so a file that is none is found out before a survey begins. */
async function attributeOf(path: string, pattern: RegExp): Promise<string> {
  const { size } = await stat(path);
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
  const found = pattern.exec(buffer.toString('utf8', 0, bytesRead))?.[1];
  if (found !== undefined && size <= MOST_SIGNATURE_BYTES) return found;
  const message = `${path} is no signature file of PRONOM's: its beginning has no version, or it has ${size} bytes; take the file as PRONOM publishes it`;
  throw new Fault(FaultKind.Refused, 'identification/not-readable', message, { path, size });
}
