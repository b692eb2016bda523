/**
 * pipeline: the story of one ingest, step by step, and the clearing away of one that was interrupted.
 * May import: every area of the engine. Imported by: src/.
 * Entry: ingest(request, context); recoverStaging(storage) at start.
 */
export { ingest } from './ingest.ts';
export { recoverStaging } from './recover.ts';
export type { IngestContext, IngestReport, IngestRequest } from './request.ts';
