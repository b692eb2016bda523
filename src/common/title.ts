/** The title of a package as it comes from outside: one line, so that bag-info.txt gives it back as it was. */
import { z } from 'zod';

export const Title = z
  .string()
  .min(1, 'must not be empty')
  .max(1000, 'has more than 1000 characters')
  .regex(/^[^\p{Cc}\u2028\u2029\ufffd]*$/u, 'must be one line of text in UTF-8 without control characters')
  .refine((title) => title.trim() === title, 'has spaces at the ends')
  .describe("What it is called; the image's name when left out");
