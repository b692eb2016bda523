/** Resumable uploads (tus 1.0): pieces of any size, in any number of tries; a finished one can be deposited. */
import { link, mkdir, rm, stat } from 'node:fs/promises';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { dirname, join } from 'node:path';
import { Inject, Injectable, type OnModuleInit } from '@nestjs/common';
import { FileStore } from '@tus/file-store';
import { pathFault } from 'bagit-js';
import { Fault, FaultKind } from '#ingest/kernel';
import { newId } from '../common/ids.ts';
import { SETTINGS, type Settings } from '../config/settings.ts';
import { ENGINE, type Engine } from '../engine/engine.ts';
import { TusServer } from './tus-server.ts';

export const UPLOADS_PATH = '/api/v1/uploads';

@Injectable()
export class UploadsService implements OnModuleInit {
  private folder = '';
  private server: TusServer | undefined;
  private store: FileStore | undefined;

  constructor(
    @Inject(ENGINE) private readonly engine: Engine,
    @Inject(SETTINGS) private readonly settings: Settings,
  ) {}

  async onModuleInit(): Promise<void> {
    this.folder = await this.engine.workFolder('uploads');
    this.store = new FileStore({ directory: this.folder });
    this.server = new TusServer(UPLOADS_PATH, this.store, this.settings.uploadMaxBytes);
  }

  /** Answers one request of the tus protocol. */
  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    await this.server?.handle(request, response);
  }

  /**
   * Puts finished uploads together as one deposit, under the names that the browser gave them.
   * @returns the path to ingest. The uploads stay until discard(), so that a refused deposit can be tried again.
   * @throws Fault 'upload/unknown', 'upload/unfinished', 'upload/bad-name', 'upload/same-name'.
   */
  async gather(ids: readonly string[]): Promise<string> {
    const folder = join(this.folder, `deposit-${newId()}`);
    await mkdir(folder);
    try {
      const names = new Set<string>();
      for (const id of ids) {
        const name = await this.finishedName(id);
        if (names.has(name)) {
          throw new Fault(FaultKind.Refused, 'upload/same-name', `two of the uploads are named "${name}"; deposit them apart`, {
            name,
          });
        }
        names.add(name);
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await link(join(this.folder, id), join(folder, name));
      }
      const [only] = names;
      return names.size === 1 && only !== undefined ? join(folder, only) : folder;
    } catch (error) {
      await rm(folder, { recursive: true, force: true });
      throw error;
    }
  }

  /** Removes uploads that are in the archive now, and what gather() made of them. */
  async discard(ids: readonly string[], path: string): Promise<void> {
    const [first = ''] = path.slice(this.folder.length + 1).split('/');
    if (path.startsWith(`${this.folder}/deposit-`)) await rm(join(this.folder, first), { recursive: true, force: true });
    for (const id of ids) {
      await rm(join(this.folder, id), { force: true });
      await rm(join(this.folder, `${id}.json`), { force: true });
    }
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
