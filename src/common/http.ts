/** What every HTTP answer of ours has in common: /api/v1, checked input, problem+json, ETags. */
import type { INestApplication } from '@nestjs/common';
import { EtagInterceptor } from './etag.ts';
import { ProblemFilter } from './problem.filter.ts';
import { ValidationPipe } from './validation.ts';

export function configureHttp(app: INestApplication): void {
  app.setGlobalPrefix('api/v1');
  app.useGlobalPipes(new ValidationPipe());
  app.useGlobalFilters(new ProblemFilter());
  app.useGlobalInterceptors(new EtagInterceptor());
}
