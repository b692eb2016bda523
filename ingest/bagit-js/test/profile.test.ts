/** BagIt Profiles 1.4.0: conformance is an answer of its own beside validity. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Code, loadProfile, validateBag } from 'bagit-js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDirectory, asTar, asZip, makeBag, type Recipe, removed, temporary } from './make-bag.ts';

let home = '';
let count = 0;
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

const ID = 'https://example.org/profile-v1.json';
const INFO = {
  'Source-Organization': 'Test',
  'External-Description': 'for tests',
  Version: '1',
  'BagIt-Profile-Identifier': ID,
  'BagIt-Profile-Version': '1.4.0',
};
const DECLARED = `BagIt-Profile-Identifier: ${ID}\nContact-Name: A\nContact-Name: B\n`;

async function judge(profile: object, recipe: Recipe = {}): Promise<{ valid: boolean | null; codes: Code[] }> {
  const bag = await asDirectory(makeBag({ info: DECLARED, ...recipe }), join(home, `bag${count++}`));
  const report = await validateBag(bag, {
    profile: { 'BagIt-Profile-Info': INFO, 'Accept-BagIt-Version': ['0.97', '1.0'], ...profile },
  });
  expect(report.profile?.conforms).toBe(report.profile?.errors.length === 0);
  return { valid: report.valid, codes: (report.profile?.errors ?? []).map(({ code }) => code) };
}

const CONFORMING: [string, object, Recipe?][] = [
  ['asks for nothing', {}],
  [
    'asks for what is there',
    {
      'Bag-Info': { 'contact-name': { required: true, values: ['A', 'B'], repeatable: true } },
      'Manifests-Required': ['sha256'],
      'Tag-Manifests-Required': ['sha256'],
    },
  ],
  ['allows what is there', { 'Manifests-Allowed': ['sha256', 'SHA-512'], 'Tag-Manifests-Allowed': ['sha256'] }],
  ['wants fetch.txt', { 'Fetch.txt-Required': true }, { fetch: 'https://example.org/h 6 data/hello.txt\n' }],
  ['wants an empty payload', { 'Data-Empty': true }, { payload: { '.keep': '' } }],
  ['lets * cross /', { 'Tag-Files-Allowed': ['DPN/*'], 'Tag-Files-Required': ['DPN/a/b.txt'] }, { tags: { 'DPN/a/b.txt': 'x' } }],
  ['names payload', { 'Payload-Files-Required': ['data/hello.txt', 'data/'], 'Payload-Files-Allowed': ['data/*.txt', 'data/'] }],
  ['quotes its booleans', { 'Allow-Fetch.txt': 'false', 'Bag-Info': { 'Contact-Name': { repeatable: 'true' } } }],
  ['spells Bagit-Info', { 'Bagit-Info': { 'Contact-Name': { required: true } } }],
  [
    'folds a value',
    { 'Bag-Info': { 'External-Description': { values: ['one two'] } } },
    { info: `BagIt-Profile-Identifier: ${ID}\nExternal-Description: one\n  two\n` },
  ],
];

const BREAKING: [Code, object, Recipe?][] = [
  ['profile-identifier', {}, { info: null }],
  ['profile-version', { 'Accept-BagIt-Version': ['0.97'] }],
  ['profile-serialization', { Serialization: 'required', 'Accept-Serialization': ['application/zip'] }],
  ['profile-bag-info-missing', { 'Bag-Info': { 'Bag-Count': { required: true } } }],
  ['profile-bag-info-value', { 'Bag-Info': { 'Contact-Name': { values: ['A'] } } }],
  ['profile-bag-info-repeated', { 'Bag-Info': { 'Contact-Name': { repeatable: false } } }],
  ['profile-manifest-required', { 'Manifests-Required': ['md5'] }],
  ['profile-manifest-required', { 'Tag-Manifests-Required': ['md5'] }],
  ['profile-manifest-not-allowed', { 'Manifests-Allowed': ['md5'] }],
  ['profile-manifest-not-allowed', { 'Tag-Manifests-Allowed': [] }],
  ['profile-fetch', { 'Allow-Fetch.txt': false }, { fetch: 'https://example.org/h 6 data/hello.txt\n' }],
  ['profile-fetch', { 'Fetch.txt-Required': true }],
  ['profile-data-not-empty', { 'Data-Empty': true }],
  ['profile-tag-file-required', { 'Tag-Files-Required': ['mods.xml'] }],
  ['profile-tag-file-not-allowed', { 'Tag-Files-Allowed': ['*.xml'] }, { tags: { 'notes.md': 'x' } }],
  ['profile-payload-required', { 'Payload-Files-Required': ['data/images/'] }],
  ['profile-payload-not-allowed', { 'Payload-Files-Allowed': ['data/images/*'] }],
  [
    'profile-invalid',
    {
      'Manifests-Required': ['sha256'],
      'Manifests-Allowed': ['sha256'],
      'Tag-Files-Required': ['bag-info.txt'],
      'Tag-Files-Allowed': ['x*y*z'],
    },
  ],
  ['profile-invalid', { 'Manifests-Required': 'sha256' }],
  ['profile-invalid', { 'BagIt-Profile-Info': { 'BagIt-Profile-Identifier': ID, 'Source-Organization': 'x', Version: '1' } }],
];

describe('a profile', () => {
  it.each(CONFORMING)('that %s is met', async (_, profile, recipe) => {
    expect(await judge(profile, recipe)).toEqual({ valid: true, codes: [] });
  });

  it.each(BREAKING)('is broken with %s by a bag that stays valid', async (code, profile, recipe) => {
    expect(await judge(profile, recipe)).toEqual({ valid: true, codes: [code] });
  });

  it('decides on serializations', async () => {
    const files = makeBag({ info: DECLARED });
    const tar = await asTar(files, join(home, 'p.tar'), 'p/');
    const zip = await asZip(files, join(home, 'p.zip'), 'p/');
    const codes = async (path: string, profile: object): Promise<Code[] | undefined> => {
      const report = await validateBag(path, { profile: { 'BagIt-Profile-Info': INFO, ...profile } });
      return report.profile?.errors.map(({ code }) => code);
    };
    expect(await codes(tar, { Serialization: 'optional', 'Accept-Serialization': ['application/x-tar'] })).toEqual([]);
    expect(await codes(zip, { Serialization: 'required', 'Accept-Serialization': ['application/tar'] })).toEqual([
      'profile-serialization',
    ]);
    expect(await codes(zip, { Serialization: 'forbidden' })).toEqual(['profile-serialization']);
  });

  it('without an identifier only warns', async () => {
    const bag = await asDirectory(makeBag(), join(home, 'anonymous'));
    const { 'BagIt-Profile-Identifier': _, ...info } = INFO;
    const report = await validateBag(bag, { profile: { 'BagIt-Profile-Info': info } });
    expect(report.profile).toEqual({ conforms: true, errors: [] });
    expect(report.warnings.map(({ code }) => code)).toEqual(['profile-no-identifier']);
  });

  it('is a JSON object', async () => {
    const bag = await asDirectory(makeBag(), join(home, 'b'));
    for (const profile of ['text', null, [], 7])
      await expect(validateBag(bag, { profile })).rejects.toMatchObject({ code: 'bad-profile' });
    await writeFile(join(home, 'profile.json'), '{"BagIt-Profile-Info": {}}');
    expect(await loadProfile(join(home, 'profile.json'))).toEqual({ 'BagIt-Profile-Info': {} });
    await writeFile(join(home, 'broken.json'), '{');
    await expect(loadProfile(join(home, 'broken.json'))).rejects.toMatchObject({ code: 'bad-profile' });
    await expect(loadProfile(join(home, 'nowhere.json'))).rejects.toMatchObject({ code: 'not-found' });
  });
});
