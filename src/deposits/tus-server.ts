/** The tus server as the rest of the API speaks: what it refuses is problem+json; other web sites get nothing. */
import { HttpException, Logger } from '@nestjs/common';
import { Server } from '@tus/server';
import { problemOf } from '../common/problem.filter.ts';
import type { UploadStore } from './upload-store.ts';

export class TusServer extends Server {
  readonly #logger = new Logger('uploads');

  constructor(path: string, datastore: UploadStore, maxSize: number) {
    // The Location is given without a host, since only the browser knows under which name it came here.
    super({ path, datastore, maxSize, relativeLocation: true, respectForwardedHeaders: false, allowedOrigins: [] });
  }

  override async write(...[context, headers, status, body]: Parameters<Server['write']>): ReturnType<Server['write']> {
    if (status < 400) return super.write(context, headers, status, body);
    const words = (body ?? '').trim();
    if (status >= 500) this.#logger.error(words);
    headers.set('Content-Type', 'application/problem+json; charset=utf-8');
    const problem = problemOf(status >= 500 ? new Error(words) : new HttpException(words, status));
    return super.write(context, headers, status, JSON.stringify({ ...problem, status }));
  }
}
