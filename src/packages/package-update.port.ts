/** The facts of an event that tells of an update of a package's metadata: what a replay needs. */
import { z } from 'zod';

export const UPDATE = 'update';

export const UpdateFacts = z.object({
  location: z.string(),
  /** The new anchor, and the one before. */
  tagManifestSha256: z.string(),
  replacedSha256: z.string(),
  /** Added or replaced, the tag manifest last. */
  files: z.array(z.object({ path: z.string(), size: z.int(), sha256: z.string() })),
});
export type UpdateFacts = z.infer<typeof UpdateFacts>;
