/** Answers with a whole content or the one range that was asked for (RFC 9110 §14). */
import { Readable } from 'node:stream';
import { HttpException, HttpStatus, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';
import { hasTag } from './etag.ts';

export interface Part {
  readonly offset: number;
  readonly length: number;
}

/**
 * @param header the Range header; several ranges, or other units, are answered with the whole (RFC 9110 allows it).
 * @returns undefined for the whole, 'unsatisfiable' for a range past the end.
 */
export function partOf(header: string | undefined, size: number): Part | 'unsatisfiable' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.trim() ?? '');
  const [, from = '', to = ''] = match ?? [];
  if (match === null || (from === '' && to === '')) return undefined;
  if (from === '') {
    const length = Math.min(Number(to), size);
    return length === 0 ? 'unsatisfiable' : { offset: size - length, length };
  }
  const offset = Number(from);
  const end = to === '' ? size - 1 : Math.min(Number(to), size - 1);
  if (to !== '' && Number(to) < offset) return undefined;
  return offset >= size ? 'unsatisfiable' : { offset, length: end - offset + 1 };
}

export interface Whole {
  readonly size: number;
  readonly name: string;
  /** Lower-case hex; becomes the ETag. */
  readonly sha256: string;
}

/** Sets status and headers, and streams. `read` is only called for what is sent: not for HEAD, nor for what the asker has. */
export async function sendRange(
  reply: FastifyReply,
  { size, name, sha256 }: Whole,
  read: (part: Part) => Promise<Readable>,
): Promise<StreamableFile | undefined> {
  const { method, headers } = reply.request;
  const tag = `"${sha256}"`;
  void reply.header('etag', tag).header('accept-ranges', 'bytes').header('cache-control', 'private, no-cache');
  if (hasTag(headers['if-none-match'], tag)) {
    void reply.code(HttpStatus.NOT_MODIFIED);
    return undefined;
  }
  const isSame = headers['if-range'] === undefined || headers['if-range'] === tag;
  const part = method === 'GET' && isSame ? partOf(headers.range, size) : undefined;
  if (part === 'unsatisfiable') {
    const message = `the content has ${size} bytes; "${headers.range}" asks for what lies behind them`;
    void reply.header('content-range', `bytes */${size}`);
    throw new HttpException(message, HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE);
  }
  const { offset, length } = part ?? { offset: 0, length: size };
  if (part !== undefined) {
    void reply.code(HttpStatus.PARTIAL_CONTENT).header('content-range', `bytes ${offset}-${offset + length - 1}/${size}`);
  }
  return new StreamableFile(method === 'HEAD' || length === 0 ? Readable.from([]) : await read({ offset, length }), {
    type: 'application/octet-stream',
    length,
    disposition: `attachment; filename*=UTF-8''${extended(name.split('/').at(-1) ?? name)}`,
  });
}

/** As RFC 8187 has it: what encodeURIComponent leaves, less the quotes, brackets and stars that end the value for some. */
function extended(name: string): string {
  return encodeURIComponent(name).replace(/['()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}
