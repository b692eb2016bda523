/** copyAndDigest(): what an ingest does with an image. digestFile(), digestMedium(): the same pass without a copy. */
import type { Progress } from '../kernel/index.ts';
import type { Algorithm } from './algorithms.ts';
import { type Digests, type PassFile, type PassOptions, type PassResult, runPass } from './pass.ts';

/**
 * Copies one image (one file, or its segments in order) and digests it, reading each source byte once. Copies are new files,
 * sparse where the image has runs of zeros, with the source's time of modification; they and their block lists are fsynced
 * (the folders are the caller's to fsync). On any failure or abort everything created is removed.
 * @throws Fault 'digest/source-…', 'digest/target-…', 'digest/worker-lost'; `signal.reason` when aborted.
 */
export function copyAndDigest(
  files: readonly (PassFile & { readonly target: string })[],
  options: PassOptions,
): Promise<PassResult> {
  return runPass(files, options);
}

/** Size and digests of one file, read once. @throws Fault 'digest/source-…'; `signal.reason` when aborted. */
export async function digestFile(
  path: string,
  algorithms: readonly Algorithm[],
  options: { readonly signal?: AbortSignal; readonly onProgress?: Progress } = {},
): Promise<{ size: number; digests: Digests }> {
  const { files } = await runPass([{ source: path }], { ...options, algorithms });
  const [file] = files;
  if (file === undefined) throw new RangeError('the pass gave no result');
  return { size: file.size, digests: file.digests };
}

/** Digests of several files end to end: a split image as one medium, read once, not copied. @throws as digestFile. */
export async function digestMedium(
  paths: readonly string[],
  algorithms: readonly Algorithm[],
  options: { readonly signal?: AbortSignal; readonly onProgress?: Progress } = {},
): Promise<{ size: number; digests: Digests }> {
  const files = paths.map((source) => ({ source }));
  return (await runPass(files, { ...options, algorithms: [], mediumAlgorithms: algorithms })).medium;
}
