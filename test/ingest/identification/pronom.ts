/** PRONOM's own signature files, where the developer has them: they are not ours to keep. */
import { existsSync, readFileSync } from 'node:fs';
import { pronomSignatures, type SignatureSet } from '#ingest/identification';

export const PRONOM_FOLDER = new URL('../../../../shared/data/pronom/', import.meta.url);
const SIGNATURES = new URL('DROID_SignatureFile-v116.xml', PRONOM_FOLDER);
const CONTAINERS = new URL('container-signature-20231127.xml', PRONOM_FOLDER);

/** Undefined where they are absent: then there is nothing to compare with. */
export function pronomSet(): SignatureSet | undefined {
  if (!existsSync(SIGNATURES) || !existsSync(CONTAINERS)) return undefined;
  return pronomSignatures(readFileSync(SIGNATURES, 'utf8'), readFileSync(CONTAINERS, 'utf8'));
}
