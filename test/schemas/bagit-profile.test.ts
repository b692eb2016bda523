/** Our BagIt profile keeps the rules of BagIt Profiles 1.4.0 for profiles themselves. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';

const names = z.array(z.string().regex(/^[a-z0-9]+$/));
const paths = z.array(z.string().regex(/^[^/].*$/));

/** Every key that the specification knows, with its type; nothing else may stand in the file. */
const Profile = z.strictObject({
  'BagIt-Profile-Info': z.strictObject({
    'Source-Organization': z.string().min(1),
    'External-Description': z.string().min(1),
    Version: z.string().min(1),
    'BagIt-Profile-Identifier': z.string().regex(/^[a-z][a-z0-9+.-]*:\S+$/),
    'BagIt-Profile-Version': z.literal('1.4.0'),
    'Contact-Name': z.string().optional(),
    'Contact-Email': z.string().optional(),
  }),
  'Bag-Info': z.record(
    z.string().regex(/^[A-Z][A-Za-z-]+$/),
    z.strictObject({
      required: z.boolean(),
      repeatable: z.boolean(),
      description: z.string().min(1),
      values: z.array(z.string()).optional(),
    }),
  ),
  'Manifests-Required': names,
  'Manifests-Allowed': names,
  'Tag-Manifests-Required': names,
  'Tag-Manifests-Allowed': names,
  'Allow-Fetch.txt': z.literal(false),
  'Fetch.txt-Required': z.literal(false),
  'Data-Empty': z.literal(false),
  Serialization: z.enum(['forbidden', 'required', 'optional']),
  'Accept-Serialization': z.array(z.string().regex(/^application\/[a-z-]+$/)).min(1),
  'Accept-BagIt-Version': z.array(z.string()).min(1),
  'Tag-Files-Required': paths,
  'Tag-Files-Allowed': paths,
  'Payload-Files-Required': paths,
  'Payload-Files-Allowed': paths,
});

const profile = Profile.parse(JSON.parse(readFileSync(new URL('../../schemas/bagit-profile.json', import.meta.url), 'utf8')));

/** `*` stands for any characters, `/` included. */
const matches = (pattern: string, path: string): boolean =>
  new RegExp(
    `^${pattern
      .split('*')
      .map((part) => part.replaceAll(/[.\\+?^${}()|[\]]/g, '\\$&'))
      .join('.*')}$`,
  ).test(path);
const allowed = (patterns: readonly string[], path: string): boolean => patterns.some((pattern) => matches(pattern, path));

describe('bagit-profile.json', () => {
  it.each(['Manifests', 'Tag-Manifests'] as const)('allows the %s that it requires', (kind) => {
    expect(profile[`${kind}-Allowed`]).toEqual(expect.arrayContaining(profile[`${kind}-Required`]));
  });

  it('allows the tag files and payload files that it requires', () => {
    const tags = profile['Tag-Files-Required'].filter((path) => !allowed(profile['Tag-Files-Allowed'], path));
    const payload = profile['Payload-Files-Required'].filter((path) => !allowed(profile['Payload-Files-Allowed'], `${path}x`));
    expect([tags, payload]).toEqual([[], []]);
  });

  it('requires neither a manifest nor bag-info.txt as a tag file', () => {
    expect(profile['Tag-Files-Required'].filter((path) => /manifest-|^bag(it|-info)\.txt$/.test(path))).toEqual([]);
  });

  it('does not list BagIt-Profile-Identifier, which every profile demands anyway', () => {
    expect(Object.keys(profile['Bag-Info'])).not.toContain('BagIt-Profile-Identifier');
  });

  it('carries its version in its identifier', () => {
    const { Version, 'BagIt-Profile-Identifier': identifier } = profile['BagIt-Profile-Info'];
    expect(identifier).toBe(`urn:strongroom:bagit-profile:aip:${Version}`);
  });

  it.each([
    ['data/image/disk.E01', true],
    ['data/image/set/disk.001', true],
    ['data/submission/photos/label.jpg', true],
    ['data/disk.E01', false],
    ['data/images/disk.E01', false],
  ])('takes %s for payload: %s', (path, verdict) => {
    expect(allowed(profile['Payload-Files-Allowed'], path)).toBe(verdict);
  });
});
