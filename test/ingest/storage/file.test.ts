/** What is special about a directory as a location: links, devices, and folders that refuse. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, mkdirSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openStorage, type Storage, type StoredEntry } from '#ingest/storage';

let root: string;
let storage: Storage;
beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'file-storage-'));
  storage = await openStorage(pathToFileURL(root));
  mkdirSync(join(root, 'packages/one'), { recursive: true });
  writeFileSync(join(root, 'packages/one/file'), 'twelve bytes');
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('a directory as a location', () => {
  it('follows no link, and lists it as nothing of its own', async () => {
    symlinkSync('file', join(root, 'packages/one/link'));
    symlinkSync('/', join(root, 'packages/one/root'));
    execFileSync('mkfifo', [join(root, 'packages/one/pipe')]);
    await expect(storage.open('packages/one/link')).rejects.toMatchObject({ code: 'storage/not-a-file' });
    await expect(storage.open('packages/one/pipe')).rejects.toMatchObject({ code: 'storage/not-a-file' });
    expect(await storage.stat('packages/one/link')).toBeUndefined();
    const entries: StoredEntry[] = [];
    for await (const entry of storage.list('packages/one')) entries.push(entry);
    expect(entries.map(({ key, kind }) => `${key} ${kind}`).toSorted()).toEqual([
      'packages/one/file file',
      'packages/one/link other',
      'packages/one/pipe other',
      'packages/one/root other',
    ]);
  });

  it('says that a file became shorter, and makes up no bytes', async () => {
    await using object = await storage.open('packages/one/file');
    truncateSync(join(root, 'packages/one/file'), 3);
    await expect(object.read(0, 12)).rejects.toMatchObject({ code: 'storage/truncated', kind: 'truncated' });
  });

  it('is refused, in words, where a file lies', async () => {
    writeFileSync(join(root, 'in the way'), '');
    await expect(openStorage(pathToFileURL(join(root, 'in the way')))).rejects.toMatchObject({ code: 'storage/not-writable' });
  });

  it('builds packages on its own file system, so that adopting one copies nothing', async () => {
    const stage = await storage.stage('two');
    expect(stage.startsWith(root)).toBe(true);
  });
});
