/** Checks what comes over HTTP against the zod schema of the parameter, and names every wrong field. */
import { type ArgumentMetadata, Injectable, StandardSchemaValidationPipe } from '@nestjs/common';

export interface WrongField {
  detail: string;
  /** JSON pointer into the body … */
  pointer?: string;
  /** … or the name in the query or the path. */
  parameter?: string;
}

/** Becomes a 422 for a body, a 400 for the address. */
export class WrongFields extends Error {
  override readonly name = 'WrongFields';
  readonly status: 400 | 422;
  readonly fields: readonly WrongField[];

  constructor(status: 400 | 422, fields: readonly WrongField[]) {
    super(fields.map((field) => `${field.pointer ?? field.parameter ?? ''}: ${field.detail}`).join('; '));
    this.status = status;
    this.fields = fields;
  }
}

type Issues = readonly { message: string; path?: readonly (PropertyKey | { key: PropertyKey })[] | undefined }[];

@Injectable()
export class ValidationPipe extends StandardSchemaValidationPipe {
  constructor() {
    super({ exceptionFactory: (issues) => new FoundIssues(issues) });
  }

  override async transform<T = unknown>(value: T, metadata: ArgumentMetadata): Promise<T> {
    try {
      return await super.transform(value, metadata);
    } catch (error) {
      throw error instanceof FoundIssues ? wrongFields(error.issues, metadata) : error;
    }
  }
}

class FoundIssues extends Error {
  readonly issues: Issues;
  constructor(issues: Issues) {
    super('issues');
    this.issues = issues;
  }
}

/** What a zod schema found wrong, as fields of the body (`type` 'body') or of the address. */
export function wrongFields(issues: Issues, { type, data }: Pick<ArgumentMetadata, 'type' | 'data'>): WrongFields {
  const inBody = type === 'body';
  const fields = issues.slice(0, 100).map(({ message, path = [] }): WrongField => {
    const steps = path.map((step) => String(typeof step === 'object' ? step.key : step));
    if (data !== undefined) steps.unshift(data);
    if (!inBody) return { detail: message, parameter: steps.join('.') };
    return {
      detail: message,
      pointer: `#${steps.map((step) => `/${step.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('')}`,
    };
  });
  return new WrongFields(inBody ? 422 : 400, fields);
}
