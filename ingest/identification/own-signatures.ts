import type { SignatureSet } from './signature-set.ts';
export const OWN_NAME = 'Strongroom';
export const OWN_VERSION = '1';
export function ownSignatures(): SignatureSet {
  return { name: OWN_NAME, version: OWN_VERSION, formats: new Map(), signatures: [], containers: [], triggers: new Map(), notUnderstood: [] };
}
