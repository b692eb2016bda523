/** The tus endpoint as the API description shows it; the protocol itself: https://tus.io/protocols/resumable-upload */
import type { OpenAPIObject } from '@nestjs/swagger';

type Paths = OpenAPIObject['paths'];
type Operation = NonNullable<Paths[string]['post']>;

const text = { type: 'string' } as const;
const count = { type: 'integer', minimum: 0 } as const;
const tags = ['uploads'];

function header(name: string, description: string, schema: typeof text | typeof count = text, required = true) {
  return { name, in: 'header' as const, required, description, schema };
}

const version = header('Tus-Resumable', '`1.0.0`');
const offset = { 'Upload-Offset': { description: 'Bytes that have arrived.', schema: count } };
const id = { name: 'id', in: 'path' as const, required: true, description: 'Id of the upload.', schema: text };
const problem = { content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } };
const gone = { 404: { description: 'There is no such upload.', ...problem } };
const otherwise = { default: { description: 'Whatever else went wrong.', ...problem } };
const piece = { 'application/offset+octet-stream': { schema: { type: 'string', format: 'binary' } } };

const options: Operation = {
  operationId: 'describeUploads',
  summary: 'What the tus server can do, in its headers.',
  tags,
  responses: { 204: { description: 'Versions, extensions, largest size.' } },
};

export const uploadPaths: Paths = {
  '/api/v1/uploads': {
    options,
    post: {
      operationId: 'createUpload',
      summary: 'Announces a file (tus 1.0); the answer tells where its bytes go.',
      tags,
      parameters: [
        version,
        header('Upload-Length', 'Bytes of the file.', count, false),
        header('Upload-Defer-Length', '`1` when the size is not known yet.', text, false),
        header(
          'Upload-Metadata',
          'Pairs of a name and a Base64 value: `filename`, or `relativePath` within its folder.',
          text,
          false,
        ),
      ],
      responses: {
        201: {
          description: 'Announced.',
          headers: { Location: { description: 'Where the bytes go; its last part is the id of the upload.', schema: text } },
        },
        412: { description: 'The header Tus-Resumable is missing.', ...problem },
        413: { description: 'The file is larger than the archive allows.', ...problem },
        ...otherwise,
      },
    },
  },
  '/api/v1/uploads/{id}': {
    options: { ...options, operationId: 'describeUpload', parameters: [id] },
    head: {
      operationId: 'getUploadOffset',
      summary: 'How much of the file has arrived: where to go on after an interruption.',
      tags,
      parameters: [id, version],
      responses: { 200: { description: 'In the headers.', headers: offset }, ...gone, ...otherwise },
    },
    patch: {
      operationId: 'sendUploadPiece',
      summary: 'Sends the next piece of the file, of any size.',
      tags,
      parameters: [id, version, header('Upload-Offset', 'Bytes that have arrived, as HEAD says.', count)],
      requestBody: { required: true, content: piece },
      responses: {
        204: { description: 'Arrived.', headers: offset },
        409: { description: 'The offset is not the one where the file stands.', ...problem },
        ...gone,
        ...otherwise,
      },
    },
    delete: {
      operationId: 'removeUpload',
      summary: 'Removes an upload.',
      tags,
      parameters: [id, version],
      responses: { 204: { description: 'Removed.' }, ...gone, ...otherwise },
    },
  },
};
