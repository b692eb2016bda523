/** What is asked and answered about sets of known files. */
import { z } from 'zod';
import { pageSchema } from '../common/paging.ts';
import { defineJob } from '../jobs/job-definition.ts';

export const KnownSetName = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'has more than 100 characters')
  .regex(/^[^\p{Cc}\p{Cf}\u2028\u2029\ufffd/]+$/u, 'no control characters and no slash')
  .refine((name) => name.trim() === name, 'no spaces at the ends')
  .describe('What the set is called, unique');

/** For this machine's own command line alone: the server reads a path. */
export const LocalKnownSet = z
  .strictObject({
    path: z.string().min(1).max(4096).describe('NSRLFile.txt, a database of NSRL RDS 3, or a list of digests'),
    name: KnownSetName,
  })
  .meta({ id: 'LocalKnownSet' });
export type LocalKnownSet = z.infer<typeof LocalKnownSet>;
/** `askedAt` tells a set that an earlier attempt of the same job has made from one that was there before. */
export const AddKnownSet = LocalKnownSet.extend({ askedAt: z.iso.datetime() });
export type AddKnownSet = z.infer<typeof AddKnownSet>;
export const addKnownJob = defineJob('known.add', AddKnownSet);

export const RemoveKnownSet = z.strictObject({ name: KnownSetName });
export type RemoveKnownSet = z.infer<typeof RemoveKnownSet>;
export const removeKnownJob = defineJob('known.remove', RemoveKnownSet);

export const KnownSetView = z
  .object({
    name: z.string(),
    state: z.enum(['loading', 'marking', 'ready', 'removing']).describe('Used for searches while marking and when ready'),
    format: z.string().describe('nsrl-2, nsrl-3 or list'),
    source: z.string().describe('The file that it was read from'),
    digests: z.number().int().describe('Known files: of each, the strongest digest that the set tells'),
    sha256: z.number().int(),
    sha1: z.number().int(),
    md5: z.number().int(),
    addedAt: z.iso.datetime(),
  })
  .meta({ id: 'KnownSet' });
export type KnownSetView = z.infer<typeof KnownSetView>;

export const KnownSets = pageSchema(KnownSetView).meta({ id: 'KnownSets' });
export type KnownSets = z.infer<typeof KnownSets>;

export const KnownSetJob = z.object({ job: z.string() }).meta({ id: 'KnownSetJob' });
export type KnownSetJob = z.infer<typeof KnownSetJob>;
