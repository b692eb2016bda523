/** Durable writes: whole or not at all. */
import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { durableRename, durableWrite, syncTree } from '#ingest/kernel';
import { tmpFolder } from '../../support/tmp.ts';

describe('durableWrite', () => {
  it('replaces a file and leaves nothing beside it', async () => {
    const folder = await tmpFolder();
    const path = join(folder, 'home.json');
    await writeFile(path, 'old');
    await durableWrite(path, 'new');
    expect(await readFile(path, 'utf8')).toBe('new');
    expect(await readdir(folder)).toEqual(['home.json']);
  });
  it('keeps the old file and leaves nothing beside it when it fails', async () => {
    const folder = await tmpFolder();
    const path = join(folder, 'taken');
    await mkdir(join(path, 'by a folder'), { recursive: true });
    await expect(durableWrite(path, 'new')).rejects.toThrow(/EISDIR|ENOTEMPTY|directory/);
    expect(await readdir(folder)).toEqual(['taken']);
  });
});

describe('durableRename and syncTree', () => {
  it('move a tree as it is', async () => {
    const folder = await tmpFolder();
    await mkdir(join(folder, 'a/b/c'), { recursive: true });
    await writeFile(join(folder, 'a/b/c/file'), 'bytes');
    await syncTree(join(folder, 'a'));
    await durableRename(join(folder, 'a'), join(folder, 'z'));
    expect(execFileSync('find', ['.', '-type', 'f'], { cwd: folder, encoding: 'utf8' })).toBe('./z/b/c/file\n');
  });
});
