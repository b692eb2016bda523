/** What is asked and answered about surveys of packages that are stored. */
import { z } from 'zod';
import { defineJob } from '../jobs/job-definition.ts';

/** Each goes on where it was stopped, so that it may be begun often. */
const MOST_ATTEMPTS = 50;

export const SurveyQuery = z.strictObject({
  again: z.stringbool().default(false).describe('Also a package whose files were read before'),
});
export type SurveyQuery = z.infer<typeof SurveyQuery>;

export const StartSurveys = z
  .strictObject({
    packages: z
      .array(z.uuid())
      .max(10_000)
      .optional()
      .describe('Packages to survey; all whose files inside were not read yet when left out.'),
    again: z.boolean().default(false).describe('Also those whose files were read before.'),
  })
  .meta({ id: 'StartSurveys' });
export type StartSurveys = z.infer<typeof StartSurveys>;

export const SurveyStarted = z.object({ job: z.uuid() }).meta({ id: 'SurveyStarted' });
export type SurveyStarted = z.infer<typeof SurveyStarted>;

export const SurveysStarted = z
  .object({ surveys: z.array(z.object({ package: z.uuid(), job: z.uuid() })) })
  .meta({ id: 'SurveysStarted' });
export type SurveysStarted = z.infer<typeof SurveysStarted>;

/** `paced`: nobody waits for it, so it keeps to the budget of the background. */
export const SurveyPackage = z.strictObject({ packageId: z.uuid(), again: z.boolean(), paced: z.boolean() });
export type SurveyPackage = z.infer<typeof SurveyPackage>;
export const surveyJob = defineJob('survey.package', SurveyPackage, { maxAttempts: MOST_ATTEMPTS });

/** `present`: its files were read before, and nothing was done. */
export interface SurveyedPackage {
  readonly package: string;
  readonly outcome: 'updated' | 'present';
  readonly volumes: number;
  readonly files: number;
  readonly bytes: number;
  readonly tagManifestSha256: string;
  readonly notes: readonly string[];
}
