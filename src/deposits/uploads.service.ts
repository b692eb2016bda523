/** Resumable uploads (tus 1.0): pieces of any size, in any number of tries; a finished one can be deposited. */
import { link, mkdir, readdir, rm, stat, utimes } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { pathFault } from 'bagit-js';
import { Fault, FaultKind } from '#ingest/kernel';
import { newId } from '../common/ids.ts';
import { HOME_ACCESS, type HomeAccess } from '../config/home-access.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { TusServer } from './tus-server.ts';
import { UploadStore } from './upload-store.ts';

export const UPLOADS_PATH = '/api/v1/uploads';
/** How the name of a folder begins in which uploads are put together. */
const GATHERED = 'deposit-';
const DAY_MS = 86_400_000;

@Injectable()
export class UploadsService implements OnModuleInit {
  private folder = '';
  private server: TusServer | undefined;
  private store: UploadStore | undefined;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(SETTINGS) private readonly settings: Settings,
    @Inject(HOME_ACCESS) private readonly access: HomeAccess,
  ) {}

  async onModuleInit(): Promise<void> {
    this.folder = await this.engine.workFolder('uploads');
    // No job runs yet: these are what a kill left.
    const left = this.access === 'write' ? (await readdir(this.folder)).filter((name) => name.startsWith(GATHERED)) : [];
    for (const name of left) await rm(join(this.folder, name), { recursive: true, force: true });
    this.store = new UploadStore(this.folder, this.settings.uploadDays * DAY_MS);
    this.server = new TusServer(UPLOADS_PATH, this.store, this.settings.uploadMaxBytes);
  }

  /** Answers one request of the tus protocol. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.server?.handle(request, response);
  }

  /**
   * The finished uploads by the names that the browser gave them.
   * @throws Fault 'upload/unknown', 'upload/unfinished', 'upload/bad-name', 'upload/same-name'.
   */
  async named(ids: readonly string[]): Promise<ReadonlyMap<string, string>> {
    const named = new Map<string, string>();
    for (const id of ids) {
      const name = await this.finishedName(id);
      if (named.has(name)) throw sameName(name);
      named.set(name, id);
    }
    for (const name of named.keys()) {
      const steps = name.split('/');
      const folder = steps.map((_, at) => steps.slice(0, at).join('/')).find((each) => named.has(each));
      if (folder !== undefined) throw sameName(folder);
    }
    return named;
  }

  /**
   * Puts uploads together as one deposit for as long as `use` takes; afterwards they are what they were, unless it succeeded:
   * then they are in the archive, and removed. So a refused deposit can be tried again. @throws as named() does.
   */
  async together<T>(ids: readonly string[], use: (path: string) => Promise<T>): Promise<T> {
    const named = await this.named(ids);
    const folder = join(this.folder, `${GATHERED}${newId()}`);
    try {
      for (const [name, id] of named) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await link(join(this.folder, id), join(folder, name));
      }
      const [only = ''] = named.keys();
      const result = await use(named.size === 1 ? join(folder, only) : folder);
      for (const id of ids) {
        await rm(join(this.folder, id), { force: true });
        await rm(join(this.folder, `${id}.json`), { force: true });
      }
      return result;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  /** To be deposited now: counts as used, as if their last byte had just come. */
  async renew(ids: readonly string[], now: Date): Promise<void> {
    for (const id of ids) await utimes(join(this.folder, id), now, now);
  }

  /** Those to which nothing was added for so many days as the settings say; answers their ids. */
  async removeAbandoned(now: Date, inUse: ReadonlySet<string>): Promise<string[]> {
    return (await this.store?.removeAbandoned(now, inUse)) ?? [];
  }

  private async finishedName(id: string): Promise<string> {
    const upload = await this.store?.getUpload(id).catch(() => undefined);
    if (upload === undefined)
      throw new Fault(FaultKind.Missing, 'upload/unknown', `there is no upload ${id}; upload the file first`, { id });
    const found = await stat(join(this.folder, id));
    if (upload.size === undefined || found.size !== upload.size) {
      const message = `upload ${id} has ${found.size} of ${upload.size ?? 'an unknown number of'} bytes; finish it first`;
      throw new Fault(FaultKind.Refused, 'upload/unfinished', message, { id, bytes: found.size });
    }
    const name = upload.metadata?.['relativePath'] ?? upload.metadata?.['filename'] ?? id;
    if (pathFault(name) === undefined) return name;
    throw new Fault(FaultKind.Refused, 'upload/bad-name', `"${name}" can't be the name of a deposited file`, { id, name });
  }
}

function sameName(name: string): Fault {
  const message = `two of the uploads are named "${name}", or one is the folder of the other; deposit them apart`;
  return new Fault(FaultKind.Refused, 'upload/same-name', message, { name });
}
