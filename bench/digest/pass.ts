/** The pass against the same work as bare processes side by side, and what further algorithms cost. */
import { join } from 'node:path';
import { type Algorithm, copyAndDigest, digestFile } from '#ingest/digest';
import { type BenchCase, LARGE, randomFile, remove, seconds, shell } from '../case.ts';

function copyCase(name: string, target: number, algorithms: readonly Algorithm[], slotSize?: number): BenchCase {
  let folder = '';
  const at = (file: string): string => join(folder, file);
  return {
    name,
    target,
    async prepare(dir) {
      folder = dir;
      randomFile(at('source'), LARGE);
    },
    async ours() {
      remove(at('copy'), at('blocks'));
      shell('sync');
      const files = [{ source: at('source'), target: at('copy'), blocks: { target: at('blocks'), path: 'data/image/source' } }];
      return seconds(() => copyAndDigest(files, { algorithms, ...(slotSize !== undefined && { slotSize }) }));
    },
    async floor() {
      remove(at('copy'));
      shell('sync');
      const hashes = [...algorithms, 'sha256'].map((algorithm) => `openssl dgst -${algorithm} ${at('source')} &`);
      return seconds(() => shell(`cp ${at('source')} ${at('copy')} & ${hashes.join(' ')} wait; sync`));
    },
    async dispose() {
      remove(at('source'), at('copy'), at('blocks'));
    },
  };
}

/** Two algorithms on two cores against the slower one alone. */
function extraCase(): BenchCase {
  let source = '';
  return {
    name: 'digest/extra: sha256 and md5 of one file, against md5 alone',
    target: 0.9,
    async prepare(dir) {
      source = join(dir, 'source');
      randomFile(source, LARGE);
    },
    ours: () => seconds(() => digestFile(source, ['sha256', 'md5'])),
    floor: () => seconds(() => shell(`openssl dgst -md5 ${source}`)),
    async dispose() {
      remove(source);
    },
  };
}

export const cases: readonly BenchCase[] = [
  copyCase('digest/pass: copy, sha256, block digests, fsync; against cp & openssl & openssl; sync', 0.9, ['sha256']),
  copyCase('digest/pass: the same with slots of 4 MiB', 0.6, ['sha256'], 4 << 20),
  copyCase('digest/pass: sha512 besides', 0.9, ['sha256', 'sha512']),
  extraCase(),
];
