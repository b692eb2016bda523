/** The survey of a stored package while it is made: a list that grows in staging, and a note of how far it is, so that a kill costs little. */
import { type FileHandle, open, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { durableFolder, durableWrite, isSystemError } from '../kernel/index.ts';
import { dfxmlPath, packageKey, unstageUpdate } from '../package/index.ts';
import type { Storage } from '../storage/index.ts';
import type { DfxmlMark } from '../survey/index.ts';

const PREFIX = 'survey-';
const NOTE = 'work.json';
/** Holds the files of the update under their paths in the package. */
const UPDATE = 'update';

/** How far the list is. What one program lists another may list in another order: then the list is begun anew. */
export interface SurveyNote {
  /** Program, version and signatures that it is made with. */
  readonly maker: string;
  /** Name of the image, which names the list. */
  readonly image: string;
  readonly startedAt: string;
  /** Where the survey goes on; undefined while nothing is kept. */
  readonly mark: DfxmlMark | undefined;
  readonly doneBytes: number;
  /** Bytes of the list that belong to it. */
  readonly size: number;
  readonly isWhole: boolean;
}

export function surveyStage(packageId: string): string {
  return `${PREFIX}${packageId}`;
}

/** A name in staging that is no ingest under way, but a survey that may go on. */
export function isSurveyStage(name: string): boolean {
  return name.startsWith(PREFIX);
}

/** Folder whose files are put into the package. @param stage as the storage gives it. */
export function updateFolder(stage: string): string {
  return join(stage, UPDATE);
}

/** The list and its note, open for going on. The caller disposes. */
export class SurveyWork implements AsyncDisposable {
  readonly list: string;
  note: SurveyNote;
  readonly #stage: string;
  readonly #handle: FileHandle;
  #size: number;

  private constructor(stage: string, list: string, note: SurveyNote, handle: FileHandle) {
    this.#stage = stage;
    this.list = list;
    this.note = note;
    this.#handle = handle;
    this.#size = note.size;
  }

  /** As it was left, when the same maker left it; else from the beginning. */
  static async open(stage: string, maker: string, image: string, now: Date): Promise<SurveyWork> {
    const list = join(updateFolder(stage), dfxmlPath(image));
    const left = await noteIn(stage);
    const goesOn = left?.maker === maker && left.image === image && ((await sizeOf(list)) ?? -1) >= left.size;
    const fresh = { maker, image, startedAt: now.toISOString(), mark: undefined, doneBytes: 0, size: 0, isWhole: false };
    await durableFolder(join(list, '..'));
    const handle = await open(list, goesOn ? 'r+' : 'w+');
    const work = new SurveyWork(stage, list, goesOn ? left : fresh, handle);
    await handle.truncate(work.note.size);
    return work;
  }

  async append(text: string): Promise<void> {
    const bytes = Buffer.from(text);
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await this.#handle.write(bytes, done, bytes.length - done, this.#size);
      done += bytesWritten;
      this.#size += bytesWritten;
    }
  }

  /** All that was appended is kept, and what `facts` say of it: a kill costs what comes after. */
  async keep(facts: Pick<SurveyNote, 'mark' | 'doneBytes' | 'isWhole'>): Promise<void> {
    await this.#handle.sync();
    this.note = { ...this.note, ...facts, size: this.#size };
    await durableWrite(join(this.#stage, NOTE), JSON.stringify(this.note));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#handle.close();
  }
}

/**
 * What a crash left of surveys: an update that the journal does not know is taken back, work that can't go on is dropped.
 * Call at start, under the home's lock, when updates that the journal knows are in place.
 * @returns ids of packages whose survey can go on.
 */
export async function recoverSurveys(storage: Storage): Promise<string[]> {
  const left: string[] = [];
  for (const name of (await storage.staged()).filter(isSurveyStage)) {
    const id = name.slice(PREFIX.length);
    const stage = await storage.stageAgain(name);
    await unstageUpdate(updateFolder(stage));
    const note = await noteIn(stage);
    const list = note === undefined ? undefined : await sizeOf(join(updateFolder(stage), dfxmlPath(note.image)));
    const isKnown = (await storage.stat(`${packageKey(id)}/bagit.txt`)) !== undefined;
    if (isKnown && note !== undefined && list !== undefined && list >= note.size) left.push(id);
    else await storage.dropStage(name);
  }
  return left;
}

async function noteIn(stage: string): Promise<SurveyNote | undefined> {
  try {
    const note = JSON.parse(await readFile(join(stage, NOTE), 'utf8')) as SurveyNote;
    return Number.isSafeInteger(note.size) && typeof note.maker === 'string' && typeof note.image === 'string' ? note : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (isSystemError(error) && error.code === 'ENOENT')) return undefined;
    throw error;
  }
}

async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
