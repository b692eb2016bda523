/** The schema of every error, as problem.filter.ts writes it. */
import type { OpenAPIObject } from '@nestjs/swagger';

type Schemas = NonNullable<NonNullable<OpenAPIObject['components']>['schemas']>;

export const problemSchema: Schemas[string] = {
  type: 'object',
  description: 'What went wrong (RFC 9457).',
  required: ['type', 'title', 'status', 'detail', 'code'],
  properties: {
    type: { type: 'string', format: 'uri', description: 'The code as a URN.' },
    title: { type: 'string', description: 'The words of the status.' },
    status: { type: 'integer', minimum: 400, maximum: 599 },
    detail: { type: 'string', description: 'What happened, and what to do about it.' },
    code: { type: 'string', pattern: '^[a-z0-9-]+(/[a-z0-9-]+)+$', description: '`area/what`; never used for anything else.' },
    facts: { type: 'object', additionalProperties: true, description: 'The values that `detail` speaks of.' },
    errors: {
      type: 'array',
      description: 'Every wrong field.',
      items: {
        type: 'object',
        required: ['detail'],
        properties: {
          detail: { type: 'string' },
          pointer: { type: 'string', description: 'JSON pointer into the body, as a fragment: `#/title`.' },
          parameter: { type: 'string', description: 'Name in the path or the query.' },
        },
        additionalProperties: false,
      },
    },
    instance: { type: 'string', format: 'uri', description: 'Names the request in the log of the server.' },
  },
  additionalProperties: false,
};
