/** A thread of a verification: answers one task after the other until it is told to end. */
import { parentPort } from 'node:worker_threads';
import { type BlocksTask, checkBlocks } from './check-blocks.ts';
import { checkFiles, type FilesTask } from './check-files.ts';

const port = parentPort;
port?.on('message', ({ id, task }: { id: number; task: BlocksTask | FilesTask }) => {
  const answer = task.kind === 'blocks' ? checkBlocks(task) : checkFiles(task);
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread's port has no origin
  port.postMessage({ id, answer });
});
