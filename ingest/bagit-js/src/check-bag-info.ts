/** bag-info.txt (package-info.txt before 0.96): its form, the reserved labels, and Payload-Oxum. */
import { type BagInfo, parseBagInfo, valuesOf } from './bag-info.ts';
import { type Check, isStrict, readSmallText } from './check.ts';
import { atLeast, type Version } from './declaration.ts';
import type { Findings } from './report.ts';

/** Reserved labels that should appear once (RFC 8493 §2.2.2, and the drafts' names for them). */
const ONCE = ['Bagging-Date', 'Bag-Size', 'Bag-Group-Identifier', 'Bag-Count', 'Packing-Date', 'Package-Size'];

/** Files with bag metadata; some 0.93 bags have a bag-info.txt already. */
export function bagInfoFiles(version: Version): string[] {
  return atLeast(version, 0, 96) ? ['bag-info.txt'] : ['package-info.txt', 'bag-info.txt'];
}

/** The metadata in order, and every fault of it. */
export async function readBagInfo(check: Check): Promise<BagInfo> {
  const all: BagInfo = [];
  for (const file of bagInfoFiles(check.version)) {
    if (check.inventory.find(file) === undefined) continue;
    const text = await readSmallText(check, file);
    if (text === undefined) continue;
    const { pairs, faults } = parseBagInfo(text, isStrict(check));
    for (const { code, message } of faults) {
      if (code === 'bag-info-whitespace') check.findings.warn(code, file, message);
      else check.findings.error(code, file, message);
    }
    checkLabels(check, file, pairs);
    all.push(...pairs);
  }
  return all;
}

function checkLabels(check: Check, file: string, pairs: BagInfo): void {
  const { findings } = check;
  for (const label of ONCE) {
    const count = valuesOf(pairs, label).length;
    if (count > 1) findings.warn('repeated-label', file, `${label} appears ${count} times, it should once`);
  }
  for (const date of valuesOf(pairs, 'Bagging-Date')) {
    if (!isDate(date)) findings.warn('bad-bagging-date', file, `Bagging-Date is ${JSON.stringify(date)}, expected YYYY-MM-DD`);
  }
  const oxums = valuesOf(pairs, 'Payload-Oxum');
  if (oxums.length > 1)
    findings.either(isStrict(check), 'repeated-payload-oxum', file, `Payload-Oxum appears ${oxums.length} times`);
}

function isDate(text: string): boolean {
  return /^[0-9]{4}-[0-9]{2}-[0-9]{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
}

/**
 * Compares every Payload-Oxum with the payload. `size` is undefined when the size of some file could not be had; then
 * only the count is compared.
 */
export function checkOxum(findings: Findings, pairs: BagInfo, payload: { files: number; size: number | undefined }): void {
  for (const text of valuesOf(pairs, 'Payload-Oxum')) {
    const match = /^([0-9]+)\.([0-9]+)$/.exec(text.trim());
    if (match === null) {
      findings.error('bad-payload-oxum', 'bag-info.txt', `Payload-Oxum is ${JSON.stringify(text)}, expected "octets.files"`);
      continue;
    }
    const size = BigInt(match[1] ?? 0);
    const files = BigInt(match[2] ?? 0);
    const found = `${payload.size ?? 'unknown'}.${payload.files}`;
    if (files !== BigInt(payload.files) || (payload.size !== undefined && size !== BigInt(payload.size))) {
      findings.error(
        'payload-oxum-mismatch',
        'bag-info.txt',
        `Payload-Oxum says ${size}.${files} (octets.files), the payload has ${found}`,
      );
    }
  }
}
