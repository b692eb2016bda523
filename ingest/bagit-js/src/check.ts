/** What the single checks share: the bag they look at, and reading its tag files with every fault reported. */
import { ArchiveFault, isZlib } from './archive.ts';
import { BagItError, reason } from './bagit-error.ts';
import { atLeast, type Version } from './declaration.ts';
import type { Encoding } from './encoding.ts';
import type { Inventory } from './inventory.ts';
import type { Limits } from './limits.ts';
import { isText, type LineBatch, lineBatches } from './lines.ts';
import type { Findings } from './report.ts';
import type { BagSource } from './source.ts';

export interface Check {
  readonly source: BagSource;
  readonly inventory: Inventory;
  readonly findings: Findings;
  readonly limits: Limits;
  readonly version: Version;
  readonly encoding: Encoding;
}

/** The rules that came with 1.0. */
export function isStrict(check: { version: Version }): boolean {
  return atLeast(check.version, 1, 0);
}

/** A failure while a tag file was read: of the storage, or of the archive around it. */
function reportReadFailure(findings: Findings, name: string, error: unknown): void {
  if (error instanceof BagItError && error.code === 'aborted') throw error;
  if (error instanceof ArchiveFault || isZlib(error))
    findings.error('archive-damaged', name, `can't be unpacked: ${reason(error)}`);
  else findings.error('unreadable', name, `can't be read: ${reason(error)}; what it says was not checked`, undefined, true);
}

/** The whole of a small tag file; undefined when it can't be had, which is then reported. */
export async function readSmall(check: Pick<Check, 'source' | 'findings' | 'limits'>, name: string): Promise<Buffer | undefined> {
  const parts: Uint8Array[] = [];
  let size = 0;
  try {
    for await (const bytes of check.source.read(name)) {
      size += bytes.length;
      if (size > check.limits.tagFileSize) {
        check.findings.error('tag-file-too-large', name, `larger than ${check.limits.tagFileSize} bytes; it was not read`);
        return undefined;
      }
      parts.push(Uint8Array.from(bytes));
    }
  } catch (error) {
    reportReadFailure(check.findings, name, error);
    return undefined;
  }
  return Buffer.concat(parts);
}

/** The text of a small tag file in the bag's encoding. */
export async function readSmallText(check: Check, name: string): Promise<string | undefined> {
  const bytes = await readSmall(check, name);
  if (bytes === undefined) return undefined;
  const decode = (fatal: boolean): string => {
    const decoder = check.encoding.decoder(fatal);
    return decoder.write(bytes) + decoder.end();
  };
  if (startsWithMark(bytes) && isUtf8(check.encoding)) reportMark(check.findings, name);
  try {
    return decode(true);
  } catch {
    reportUndecodable(check, name);
    return decode(false);
  }
}

function startsWithMark(bytes: Uint8Array): boolean {
  return bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
}

function isUtf8(encoding: Encoding): boolean {
  return /^utf-?8$/i.test(encoding.name);
}

function reportMark(findings: Findings, name: string): void {
  findings.warn('bom-in-tag-file', name, 'starts with the byte order mark EF BB BF; it is not part of the text');
}

function reportUndecodable(check: Check, name: string): void {
  check.findings.error('undecodable-tag-file', name, `holds bytes that are not ${check.encoding.name}; they were read as U+FFFD`);
}

/** The lines of a manifest or fetch.txt, with their numbers. Blank lines are reported and left out. */
export async function* readLines(check: Check, name: string): AsyncGenerator<LineBatch> {
  const { findings } = check;
  const tooLong = new Set<number>();
  let replaced = false;
  const faults = {
    tooLong(line: number) {
      tooLong.add(line);
      findings.error('line-too-long', name, `line ${line} has more than ${check.limits.lineLength} characters; it was skipped`);
    },
    replaced() {
      replaced = true;
    },
    byteOrderMark: () => reportMark(findings, name),
  };
  try {
    for await (const batch of lineBatches(check.source.read(name), check.encoding, check.limits.lineLength, faults)) {
      for (const [i, line] of batch.lines.entries()) {
        if (line === '' && !tooLong.has(batch.first + i))
          findings.warn('blank-line', name, `line ${batch.first + i} is blank; it was skipped`);
      }
      yield batch;
    }
    if (replaced && !(await isText(check.source.read(name), check.encoding))) reportUndecodable(check, name);
  } catch (error) {
    reportReadFailure(findings, name, error);
  }
}
