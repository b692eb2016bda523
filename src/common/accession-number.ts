/** The number of an accession as it comes from outside. */
import { z } from 'zod';

export const AccessionNumber = z
  .string()
  .min(1, 'must not be empty')
  .max(100, 'has more than 100 characters')
  .regex(/^[^\p{Cc}/]+$/u, 'no control characters and no slash')
  .refine((number) => number.trim() === number, 'no spaces at the ends')
  .describe('The number under which the archive received the material, unique');
