/** Our JSON Schemas are valid, accept what they should, and refuse what breaks the contract. */
import { describe, expect, it } from 'vitest';
import { examples } from './examples.ts';
import { complaints, faultOfSchema, names, schema } from './judge.ts';

describe('the JSON Schemas', () => {
  it('have an example each', () => {
    expect(Object.keys(examples).toSorted()).toEqual(names);
  });

  it.each(names)('%s is a valid schema of the draft 2020-12, with a title and a description', (name) => {
    expect(faultOfSchema(name)).toBeUndefined();
    expect(schema(name)).toMatchObject({
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: expect.stringMatching(/\S/),
      description: expect.stringMatching(/\S/),
    });
  });

  describe.each(Object.entries(examples))('%s', (name, { good, bad }) => {
    it('accepts the good examples', () => {
      expect(good.map((document) => complaints(name, document))).toEqual(good.map(() => []));
    });

    it.each(bad)('refuses %s', (_, change) => {
      const broken = change(structuredClone(good[0]) as never);
      expect(complaints(name, broken)).not.toEqual([]);
    });
  });
});
