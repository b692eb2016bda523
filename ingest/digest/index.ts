/**
 * digest: many digests, block digests and a sparse copy from one read; and verification of every byte against what is recorded.
 * May import: kernel, Node's own modules. Imported by: package, export, src.
 * Entry: copyAndDigest (a pass over an image), verifyBlocks and verifyFiles (an audit), digestFile, DigestTap, selfTest.
 */
export { Algorithm, algorithms, digestLength, isAlgorithm } from './algorithms.ts';
export { BlockList } from './block-list.ts';
export type { BlockListSummary } from './block-list-format.ts';
export { copyAndDigest, digestFile, digestMedium } from './copy.ts';
export { type Answer, type Handle, ManyDigests, type Observer } from './many.ts';
export type { Digests, PassedFile, PassFile, PassOptions, PassResult } from './pass.ts';
export { selfTest, type SelfTestResult } from './self-test.ts';
export { StreamDigests } from './stream.ts';
export { DigestTap } from './tap.ts';
export { Budget } from './budget.ts';
export { type BlocksRequest, type BlocksResult, type Range, verifyBlocks } from './verify-blocks.ts';
export { type FileResult, type FilesRequest, type FilesSummary, type RecordedFile, verifyFiles } from './verify-files.ts';
export type { VerifyOptions } from './verify-job.ts';
export { VerifyPool } from './verify-pool.ts';
export { isZero } from './zeros.ts';
