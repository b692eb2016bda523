/** What is asked and answered about accessions. */
import { z } from 'zod';
import { AccessionNumber } from '../common/accession-number.ts';

const EMPTY = 'must not be empty';
const day = z.iso.date('must be a day such as 2026-11-22').describe('A day, 2026-11-22');

export const NewAccession = z
  .strictObject({
    number: AccessionNumber,
    title: z
      .string()
      .min(1, EMPTY)
      .max(1000, 'has more than 1000 characters')
      .optional()
      .describe('What it is called; its number when left out'),
    donor: z.string().min(1, EMPTY).max(1000, 'has more than 1000 characters').optional().describe('Who gave it'),
    received: day.optional().describe('The day it was received'),
    restrictions: z
      .string()
      .min(1, EMPTY)
      .max(10_000, 'has more than 10000 characters')
      .optional()
      .describe('What the deed of gift says about access and use'),
    notes: z.string().min(1, EMPTY).max(10_000, 'has more than 10000 characters').optional(),
  })
  .meta({ id: 'NewAccession' });
export type NewAccession = z.infer<typeof NewAccession>;

/** Fields left out stay as they are; null empties one. */
export const AccessionChange = z
  .strictObject({
    title: z.string().min(1, EMPTY).max(1000, 'has more than 1000 characters').optional(),
    donor: z.string().min(1, EMPTY).max(1000, 'has more than 1000 characters').nullable().optional(),
    received: day.nullable().optional(),
    restrictions: z.string().min(1, EMPTY).max(10_000, 'has more than 10000 characters').nullable().optional(),
    notes: z.string().min(1, EMPTY).max(10_000, 'has more than 10000 characters').nullable().optional(),
  })
  .meta({ id: 'AccessionChange' });
export type AccessionChange = z.infer<typeof AccessionChange>;

export const AccessionView = z
  .object({
    number: z.string(),
    title: z.string(),
    donor: z.string().nullable(),
    received: z.string().nullable(),
    restrictions: z.string().nullable(),
    notes: z.string().nullable(),
    packages: z.int().describe('How many packages belong to it'),
    createdAt: z.iso.datetime(),
    updatedAt: z.iso.datetime(),
  })
  .meta({ id: 'Accession' });
export type AccessionView = z.infer<typeof AccessionView>;
