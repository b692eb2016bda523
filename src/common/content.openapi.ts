/** Describes the answers of sendRange(). */
import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiResponse } from '@nestjs/swagger';

const content = { 'application/octet-stream': { schema: { type: 'string', format: 'binary' } } };
const text = { type: 'string' } as const;
const ETag = { description: 'The SHA-256 of the whole content, in quotes.', schema: text };
const Disposition = { description: 'The name of the file.', schema: text };
const headers = {
  ETag,
  'Accept-Ranges': { description: '`bytes`', schema: text },
  'Content-Disposition': Disposition,
};
const ContentRange = { description: 'Which bytes these are, or how many there are.', schema: text };

export function ApiContent(): MethodDecorator {
  return applyDecorators(
    ApiHeader({ name: 'Range', required: false, description: 'One range of bytes: `bytes=0-99`, `bytes=100-`, `bytes=-10`.' }),
    ApiHeader({ name: 'If-Range', required: false, description: 'The range only if this is still the ETag, else the whole.' }),
    ApiHeader({ name: 'If-None-Match', required: false, description: 'ETags that one has.' }),
    ApiResponse({ status: 200, description: 'The whole content.', headers, content }),
    ApiResponse({
      status: 206,
      description: 'The range that was asked for.',
      headers: { ...headers, 'Content-Range': ContentRange },
      content,
    }),
    ApiResponse({ status: 304, description: 'The content is the one that the asker has.', headers: { ETag } }),
    ApiResponse({
      status: 416,
      description: 'The range lies behind the end.',
      headers: { 'Content-Range': ContentRange },
      content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
    }),
  );
}
