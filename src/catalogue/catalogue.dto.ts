/** What is asked and answered about finding. */
import { z } from 'zod';

export const SearchQuery = z.object({
  q: z.string().min(1).max(1000).describe('Words or beginnings of words, in any case, without accents; or a digest'),
  known: z
    .enum(['include', 'only', 'hide'])
    .optional()
    .describe('Known system files inside disks: hidden when nothing is said, but for a digest'),
  limit: z.coerce.number().int().min(1).max(200).default(50).describe('How many hits, 1 to 200.'),
  after: z.string().min(1).max(1000).optional().describe('The `next` of the page before.'),
});
export type SearchQuery = z.infer<typeof SearchQuery>;

export const Hit = z
  .object({
    kind: z.enum(['package', 'accession', 'file']),
    package: z.string().nullable(),
    accession: z.string().nullable(),
    title: z.string(),
    path: z.string().nullable().describe('The file, when the hit is one: in the package, or inside its disk'),
    volume: z
      .number()
      .int()
      .nullable()
      .describe('The volume of the disk that the file is in, from 0; null for a file of the package'),
    deleted: z.boolean().describe('A deleted file inside the disk'),
    known: z.boolean().describe('A known system file inside the disk'),
    snippet: z.string().describe('The words around the match, the match in «guillemets»'),
  })
  .meta({ id: 'Hit' });
export type Hit = z.infer<typeof Hit>;

export const Hits = z.object({ hits: z.array(Hit), next: z.string().optional() }).meta({ id: 'Hits' });
export type Hits = z.infer<typeof Hits>;
