/** Answers with a whole content or the one range that was asked for (RFC 9110 §14). */
import type { Readable } from 'node:stream';
import { HttpStatus, StreamableFile } from '@nestjs/common';
import type { FastifyReply } from 'fastify';

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

/** Sets status and headers, and streams. `read` is only called for what is sent. */
export async function sendRange(
  reply: FastifyReply,
  { size, name }: { size: number; name: string },
  header: string | undefined,
  read: (part: Part) => Promise<Readable>,
): Promise<StreamableFile | undefined> {
  const part = partOf(header, size);
  if (part === 'unsatisfiable') {
    void reply.code(HttpStatus.REQUESTED_RANGE_NOT_SATISFIABLE).header('content-range', `bytes */${size}`);
    return undefined;
  }
  const { offset, length } = part ?? { offset: 0, length: size };
  if (part !== undefined) {
    void reply.code(HttpStatus.PARTIAL_CONTENT).header('content-range', `bytes ${offset}-${offset + length - 1}/${size}`);
  }
  return new StreamableFile(await read({ offset, length }), {
    type: 'application/octet-stream',
    length,
    disposition: `attachment; filename*=UTF-8''${encodeURIComponent(name.split('/').at(-1) ?? name)}`,
  });
}
