/** The home: one folder that holds an archive. home.json says that it is one, and of which version. */
import { mkdir, open, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { durableWrite, Fault, FaultKind, isSystemError, wordsOfSystemError } from '#ingest/kernel';

const HOME_VERSION = 1;
const MARKER = 'home.json';
/** What a crash between making the folder and writing home.json, or the file system itself, may have left. */
const NOTHING_YET = new Set([`${MARKER}.tmp`, 'lock.sqlite', 'lock.json', 'lock.json.tmp', 'lost+found']);
const Marker = z.object({ strongroomHome: z.number().int().min(1) });

/**
 * Makes sure that `home` is a home of this version that can be written to.
 * @param create whether a missing or empty folder becomes a new home.
 * @throws Fault 'home/not-writable', 'home/newer-version', 'home/not-a-home', 'home/missing'.
 */
export async function openHome(home: string, { create = true } = {}): Promise<void> {
  try {
    const marker = await readMarker(home);
    if (marker === undefined) {
      await refuseForeign(home, create);
      await mkdir(home, { recursive: true });
      await durableWrite(join(home, MARKER), `${JSON.stringify({ strongroomHome: HOME_VERSION })}\n`);
    } else {
      judge(home, marker);
    }
    await tryWriting(home);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const message = `the home ${home} can't be written to: ${wordsOfSystemError(error)}`;
    throw new Fault(FaultKind.Refused, 'home/not-writable', message, { home }, { cause: error });
  }
}

async function readMarker(home: string): Promise<string | undefined> {
  try {
    return await readFile(join(home, MARKER), 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    if (isSystemError(error) && error.code === 'ENOTDIR') throw notAHome(home, 'it is a file');
    throw error;
  }
}

function judge(home: string, text: string): void {
  const marker = Marker.safeParse(jsonOf(text));
  if (!marker.success) throw notAHome(home, `its ${MARKER} is not ours`);
  const version = marker.data.strongroomHome;
  if (version <= HOME_VERSION) return;
  throw new Fault(
    FaultKind.Unsupported,
    'home/newer-version',
    `the home ${home} has version ${version}; this version of Strongroom knows homes up to version ${HOME_VERSION}: install the newer one`,
    { home, version, known: HOME_VERSION },
  );
}

async function refuseForeign(home: string, create: boolean): Promise<void> {
  const entries = await readdir(home).catch((error: unknown) => {
    if (isSystemError(error) && error.code === 'ENOENT') return [];
    throw error;
  });
  const foreign = entries.find((entry) => !NOTHING_YET.has(entry));
  if (foreign !== undefined) throw notAHome(home, `it holds other things ("${foreign}") and no ${MARKER}`);
  if (create) return;
  const message = `there is no archive at ${home}; ingest something first, or name its home with --home or STRONGROOM_HOME`;
  throw new Fault(FaultKind.Missing, 'home/missing', message, { home });
}

async function tryWriting(home: string): Promise<void> {
  const probe = join(home, `${MARKER}.tmp`);
  await (await open(probe, 'w')).close();
  await rm(probe, { force: true });
}

function notAHome(home: string, why: string): Fault {
  const message = `${home} is not a home of Strongroom: ${why}; choose an empty folder or a new one`;
  return new Fault(FaultKind.Refused, 'home/not-a-home', message, { home });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
