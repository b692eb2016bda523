/**
 * pipeline: the story of one ingest, step by step; the survey of a package that is stored; the clearing away of what was interrupted.
 * May import: every area of the engine. Imported by: src/.
 * Entry: ingest(request, context); surveyStored(order) afterwards; recoverStaging(storage) and recoverSurveys(storage) at start.
 */
export { ingest } from './ingest.ts';
export { recoverStaging } from './recover.ts';
export type { IngestContext, IngestReport, IngestRequest } from './request.ts';
export { type StoredSurvey, type StoredSurveyOrder, surveyStored } from './survey-stored.ts';
export { isSurveyStage, recoverSurveys, surveyStage, updateFolder } from './survey-work.ts';
