/** The key of the journal: made once, kept to its owner, replaced when lost without losing the journal. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openJournal, verifyJournal } from '#ingest/journal';
import { journalKeys, journalSigning } from '#built/src/engine/journal-key';

let home: string;
let folder: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'journal-key-'));
  folder = join(home, 'journal');
});
afterEach(() => rmSync(home, { recursive: true, force: true }));

async function sign(number: number): Promise<string> {
  const signing = await journalSigning(home, folder);
  await using journal = await openJournal(folder, signing);
  await journal.append([{ number }]);
  await journal.sign();
  return signing.origin;
}

const published = (): string[] => readFileSync(join(folder, 'keys.txt'), 'utf8').trimEnd().split('\n');

describe('the key of the journal', () => {
  it('is made once, and is for its owner alone', async () => {
    const origin = await sign(1);
    expect(await sign(2)).toBe(origin);
    expect(published()).toHaveLength(1);
    expect(statSync(join(home, 'keys/journal.json')).mode & 0o077).toBe(0);
    expect(await verifyJournal(folder, await journalKeys(home, folder))).toMatchObject({ entries: 2, checkpoint: { size: 2 } });
  });

  it('is replaced when it is lost: the journal goes on, and both keys are told', async () => {
    const origin = await sign(1);
    rmSync(join(home, 'keys'), { recursive: true });
    expect(await verifyJournal(folder, await journalKeys(home, folder))).toMatchObject({ checkpoint: { size: 1 } });
    expect(await sign(2)).toBe(origin);
    expect(published()).toHaveLength(2);
    expect(await verifyJournal(folder, await journalKeys(home, folder))).toMatchObject({ checkpoint: { size: 2 } });
  });

  it('is not believed when the file is damaged', async () => {
    await sign(1);
    writeFileSync(join(home, 'keys/journal.json'), '{}');
    await expect(journalSigning(home, folder)).rejects.toMatchObject({ code: 'engine/journal-key' });
  });
});
