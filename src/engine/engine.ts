/** The engine of one home: its location, its journal, the schema that guards what is written. Built here and nowhere else. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { selfTest } from '#ingest/digest';
import { type Journal, openJournal, type SignerKey } from '#ingest/journal';
import { Fault, FaultKind } from '#ingest/kernel';
import { openPremisGuard, type PremisGuard } from '#ingest/premis';
import { openStorage, type Storage } from '#ingest/storage';
import { journalKeys, journalSigning } from './journal-key.ts';

/** For Nest: `@Inject(ENGINE) engine: Engine`. */
export const ENGINE = Symbol('engine');

/** The one location of this version. */
const LOCATION = 'main';

export interface Engine {
  /** Name of the location, as rows and events call it. */
  readonly location: string;
  readonly storage: Storage;
  /** The folder that readJournal() reads. */
  readonly journalFolder: string;
  /** Of those who may have signed the journal. */
  readonly journalKeys: readonly SignerKey[];
  /** @throws Fault 'engine/read-only' in a process that does not hold the home's lock. */
  readonly journal: Journal;
  readonly guard: PremisGuard;
  /** Folder for uploads, finished exports, and known digests while they are sorted; inside the home. */
  readonly workFolder: (name: 'uploads' | 'exports' | 'known') => Promise<string>;
  close(): Promise<void>;
}

/**
 * @param writes true only while this process holds the home's lock. The caller closes.
 * @throws Fault 'engine/digests-differ' when this machine can't be trusted with a digest.
 */
export async function openEngine(home: string, writes: boolean): Promise<Engine> {
  if (writes) await digestsMustAgree();
  const root = join(home, 'locations', LOCATION);
  const storage = await openStorage(pathToFileURL(root));
  const journalFolder = join(root, 'journal');
  const journal = writes ? await openJournal(journalFolder, await journalSigning(home, journalFolder)) : undefined;
  const guard = await openPremisGuard();
  return {
    location: LOCATION,
    storage,
    journalFolder,
    journalKeys: await journalKeys(home, journalFolder),
    guard,
    get journal() {
      if (journal !== undefined) return journal;
      throw new Fault(FaultKind.Refused, 'engine/read-only', 'this process only reads the archive: another one has its lock');
    },
    async workFolder(name) {
      const folder = join(home, name);
      await mkdir(folder, { recursive: true });
      return folder;
    },
    async close() {
      await journal?.[Symbol.asyncDispose]();
      guard[Symbol.dispose]();
    },
  };
}

async function digestsMustAgree(): Promise<void> {
  const wrong = (await selfTest()).filter(({ ok }) => !ok).map(({ algorithm, detail }) => `${algorithm}: ${detail}`);
  if (wrong.length === 0) return;
  const message = `this installation of Node computes wrong digests (${wrong.join('; ')}); nothing was read or written. Install another one`;
  throw new Fault(FaultKind.Unreadable, 'engine/digests-differ', message, { wrong });
}
