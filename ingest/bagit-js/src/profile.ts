/** BagIt Profiles 1.4.0: what an institution asks of a bag beyond the standard. The profile is local JSON, never fetched. */
import { readFile } from 'node:fs/promises';
import { algorithmName } from './algorithms.ts';
import { type BagInfo, valuesOf } from './bag-info.ts';
import { BagItError, reason } from './bagit-error.ts';
import type { Inventory } from './inventory.ts';
import type { Findings } from './report.ts';
import type { Serialization } from './source.ts';

export interface Profile {
  readonly identifier: string | undefined;
  readonly labels: readonly LabelRule[];
  readonly manifests: AlgorithmRule;
  readonly tagManifests: AlgorithmRule;
  readonly allowFetch: boolean;
  readonly requireFetch: boolean;
  readonly dataEmpty: boolean;
  readonly serialization: string;
  readonly acceptSerialization: readonly string[] | undefined;
  readonly acceptVersions: readonly string[] | undefined;
  readonly tagFiles: FileRule;
  readonly payloadFiles: FileRule;
  /** What is wrong with the profile itself. */
  readonly faults: readonly string[];
}

interface LabelRule {
  readonly label: string;
  readonly required: boolean;
  readonly repeatable: boolean;
  /** Empty: any. */
  readonly values: readonly string[];
}

interface AlgorithmRule {
  readonly required: readonly string[];
  /** undefined: all. */
  readonly allowed: readonly string[] | undefined;
}

interface FileRule {
  readonly required: readonly string[];
  /** Patterns, `*` standing for any characters, `/` included; undefined: all. */
  readonly allowed: readonly string[] | undefined;
}

type Json = Readonly<Record<string, unknown>>;

/** A profile from a file. @throws BagItError 'not-found' or 'bad-profile'. */
export async function loadProfile(path: string): Promise<unknown> {
  let text = '';
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new BagItError('not-found', `the profile ${path} can't be read: ${reason(error)}`, { cause: error });
  }
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new BagItError('bad-profile', `the profile ${path} is not JSON: ${reason(error)}`, { cause: error });
  }
}

/** @throws BagItError 'bad-profile' when it is no JSON object; lesser faults are kept in the profile. */
export function readProfile(json: unknown): Profile {
  if (!isObject(json))
    throw new BagItError('bad-profile', `a BagIt Profile is a JSON object, got ${JSON.stringify(json)?.slice(0, 60)}`);
  const faults: string[] = [];
  const info = isObject(json['BagIt-Profile-Info']) ? json['BagIt-Profile-Info'] : undefined;
  if (info === undefined) faults.push('BagIt-Profile-Info is missing');
  for (const label of ['Source-Organization', 'External-Description', 'Version']) {
    if (info !== undefined && typeof info[label] !== 'string') faults.push(`BagIt-Profile-Info lacks ${label}`);
  }
  const identifier = info?.['BagIt-Profile-Identifier'];
  const rules = { json, faults };
  const serialization = typeof json['Serialization'] === 'string' ? json['Serialization'] : 'optional';
  if (!['forbidden', 'required', 'optional'].includes(serialization))
    faults.push(`Serialization is ${JSON.stringify(serialization)}`);
  const profile: Profile = {
    identifier: typeof identifier === 'string' ? identifier : undefined,
    labels: labelRules(json['Bag-Info'] ?? json['Bagit-Info'], faults),
    manifests: algorithmRule(rules, 'Manifests'),
    tagManifests: algorithmRule(rules, 'Tag-Manifests'),
    allowFetch: flag(json['Allow-Fetch.txt'], true),
    requireFetch: flag(json['Fetch.txt-Required'], false),
    dataEmpty: flag(json['Data-Empty'], false),
    serialization,
    acceptSerialization: list(rules, 'Accept-Serialization'),
    acceptVersions: list(rules, 'Accept-BagIt-Version'),
    tagFiles: fileRule(rules, 'Tag-Files'),
    payloadFiles: fileRule(rules, 'Payload-Files'),
    faults,
  };
  if (profile.requireFetch && !profile.allowFetch) faults.push('Fetch.txt-Required contradicts Allow-Fetch.txt: false');
  return profile;
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The specification's ABNF quotes booleans, its text does not: both are met. */
function flag(value: unknown, fallback: boolean): boolean {
  if (value === 'true' || value === 'false') return value === 'true';
  return typeof value === 'boolean' ? value : fallback;
}

interface Rules {
  readonly json: Json;
  readonly faults: string[];
}

function list({ json, faults }: Rules, key: string): string[] | undefined {
  const value = json[key];
  if (value === undefined) return undefined;
  if (Array.isArray(value) && value.every((item) => typeof item === 'string')) return value;
  faults.push(`${key} is not a list of strings`);
  return undefined;
}

function labelRules(value: unknown, faults: string[]): LabelRule[] {
  if (value === undefined) return [];
  if (!isObject(value)) {
    faults.push('Bag-Info is not an object');
    return [];
  }
  return Object.entries(value).map(([label, rule]) => {
    const given = isObject(rule) ? rule : {};
    const values = Array.isArray(given['values']) ? given['values'].map(String) : [];
    return { label, required: flag(given['required'], false), repeatable: flag(given['repeatable'], true), values };
  });
}

function algorithmRule(rules: Rules, kind: string): AlgorithmRule {
  const required = (list(rules, `${kind}-Required`) ?? []).map(algorithmName);
  const allowed = list(rules, `${kind}-Allowed`)?.map(algorithmName);
  const forgotten = required.filter((name) => allowed !== undefined && !allowed.includes(name));
  if (forgotten.length > 0) rules.faults.push(`${kind}-Allowed lacks the required ${forgotten.join(', ')}`);
  return { required, allowed };
}

function fileRule(rules: Rules, kind: string): FileRule {
  const required = list(rules, `${kind}-Required`) ?? [];
  const allowed = list(rules, `${kind}-Allowed`);
  const forgotten = required.filter((path) => allowed !== undefined && !matcher(allowed)(path));
  if (forgotten.length > 0) rules.faults.push(`${kind}-Allowed does not cover the required ${forgotten.join(', ')}`);
  return { required, allowed };
}

/** `*` crosses `/`, as in the reference validator and the specification's own example. Linear in time: no backtracking. */
function matcher(patterns: readonly string[]): (path: string) => boolean {
  if (patterns.includes('*')) return () => true;
  const split = patterns.map((pattern) => pattern.split('*'));
  return (path) => split.some((parts) => matchesParts(parts, path));
}

function matchesParts(parts: readonly string[], path: string): boolean {
  const [head = '', ...rest] = parts;
  const tail = rest.pop();
  if (tail === undefined) return path === head;
  if (path.length < head.length + tail.length || !path.startsWith(head) || !path.endsWith(tail)) return false;
  const end = path.length - tail.length;
  let at = head.length;
  for (const part of rest) {
    const found = path.indexOf(part, at);
    if (found < 0 || found + part.length > end) return false;
    at = found + part.length;
  }
  return true;
}

export interface ProfileFacts {
  readonly serialization: Serialization;
  readonly version: string;
  readonly bagInfo: BagInfo;
  readonly inventory: Inventory;
  readonly manifests: readonly string[];
  readonly tagManifests: readonly string[];
  readonly hasFetch: boolean;
}

const MEDIA_TYPES: Readonly<Record<Serialization, readonly string[]>> = {
  directory: [],
  tar: ['application/tar', 'application/x-tar', 'application/x-gtar'],
  'tar.gz': [
    'application/gzip',
    'application/x-gzip',
    'application/x-gtar',
    'application/tar+gzip',
    'application/x-compressed-tar',
  ],
  zip: ['application/zip', 'application/x-zip-compressed'],
};

/** Everything in which the bag does not conform. */
export function checkProfile(profile: Profile, findings: Findings, bag: ProfileFacts): void {
  for (const fault of profile.faults) findings.error('profile-invalid', '', `the profile itself is faulty: ${fault}`);
  if (profile.acceptVersions !== undefined && !profile.acceptVersions.includes(bag.version)) {
    findings.error(
      'profile-version',
      'bagit.txt',
      `BagIt ${bag.version}, the profile accepts ${profile.acceptVersions.join(', ')}`,
    );
  }
  checkSerialization(profile, findings, bag.serialization);
  checkLabels(profile, findings, bag.bagInfo);
  checkAlgorithms(profile.manifests, findings, bag.manifests, 'manifest');
  checkAlgorithms(profile.tagManifests, findings, bag.tagManifests, 'tagmanifest');
  if (bag.hasFetch && !profile.allowFetch) findings.error('profile-fetch', 'fetch.txt', 'the profile does not allow a fetch.txt');
  if (!bag.hasFetch && profile.requireFetch) findings.error('profile-fetch', 'fetch.txt', 'the profile requires a fetch.txt');
  checkFiles(profile, findings, bag.inventory);
}

function checkSerialization(profile: Profile, findings: Findings, serialization: Serialization): void {
  const serialized = serialization !== 'directory';
  if (serialized && profile.serialization === 'forbidden') {
    findings.error('profile-serialization', '', `the bag is a ${serialization}, the profile asks for a directory`);
  } else if (!serialized && profile.serialization === 'required') {
    findings.error('profile-serialization', '', 'the bag is a directory, the profile asks for an archive');
  } else if (serialized && profile.acceptSerialization !== undefined) {
    const accepted = profile.acceptSerialization.map((type) => type.toLowerCase());
    if (MEDIA_TYPES[serialization].some((type) => accepted.includes(type))) return;
    findings.error('profile-serialization', '', `the bag is a ${serialization}, the profile accepts ${accepted.join(', ')}`);
  }
}

function checkLabels(profile: Profile, findings: Findings, bagInfo: BagInfo): void {
  const file = 'bag-info.txt';
  const { identifier } = profile;
  if (identifier === undefined)
    findings.warn('profile-no-identifier', '', 'the profile has no BagIt-Profile-Identifier: no bag can declare it');
  else if (!valuesOf(bagInfo, 'BagIt-Profile-Identifier').includes(identifier)) {
    findings.error('profile-identifier', file, `BagIt-Profile-Identifier: ${identifier} is missing`);
  }
  for (const { label, required, repeatable, values } of profile.labels) {
    const found = valuesOf(bagInfo, label);
    if (required && found.length === 0) findings.error('profile-bag-info-missing', file, `${label} is required`);
    if (!repeatable && found.length > 1)
      findings.error('profile-bag-info-repeated', file, `${label} appears ${found.length} times, it must once`);
    for (const value of found) {
      if (values.length === 0 || values.includes(value.replaceAll('\n', ' '))) continue;
      findings.error('profile-bag-info-value', file, `${label} is ${JSON.stringify(value)}, allowed are ${values.join(', ')}`);
    }
  }
}

function checkAlgorithms(
  rule: AlgorithmRule,
  findings: Findings,
  present: readonly string[],
  kind: 'manifest' | 'tagmanifest',
): void {
  for (const name of rule.required) {
    if (!present.includes(name))
      findings.error('profile-manifest-required', `${kind}-${name}.txt`, `the profile requires this ${kind}`);
  }
  for (const name of present) {
    if (rule.allowed === undefined || rule.allowed.includes(name)) continue;
    findings.error('profile-manifest-not-allowed', `${kind}-${name}.txt`, `the profile allows ${rule.allowed.join(', ')} only`);
  }
}

const STANDARD = /^(?:(?:tag)?manifest-[^/]*\.txt|bag-info\.txt|bagit\.txt|fetch\.txt)$/;

function checkFiles(profile: Profile, findings: Findings, inventory: Inventory): void {
  for (const path of profile.tagFiles.required) {
    if (inventory.find(path) === undefined)
      findings.error('profile-tag-file-required', path, 'the profile requires this tag file');
  }
  for (const path of profile.payloadFiles.required) {
    const there = path.endsWith('/')
      ? inventory.isDirectory(path.slice(0, -1)) && hasEntries(inventory, path)
      : inventory.find(path) !== undefined;
    if (!there) findings.error('profile-payload-required', path, 'the profile requires this in the payload');
  }
  const tagFile = matcher(profile.tagFiles.allowed ?? ['*']);
  const payloadFile = matcher(profile.payloadFiles.allowed ?? ['*']);
  let payload = 0;
  let payloadSize = 0;
  for (const [id, name] of inventory.names.entries()) {
    if (!inventory.isPresent(id)) continue;
    if (inventory.isPayload(id)) {
      payload++;
      payloadSize += inventory.size(id) ?? 0;
      if (!payloadFile(name)) findings.error('profile-payload-not-allowed', name, 'the profile does not allow this payload file');
    } else if (!STANDARD.test(name) && !tagFile(name)) {
      findings.error('profile-tag-file-not-allowed', name, 'the profile does not allow this tag file');
    }
  }
  if (profile.dataEmpty && (payload > 1 || payloadSize > 0)) {
    findings.error(
      'profile-data-not-empty',
      'data',
      `the profile wants an empty payload, here are ${payload} files of ${payloadSize} bytes`,
    );
  }
}

function hasEntries(inventory: Inventory, directory: string): boolean {
  if (inventory.names.some((name, id) => inventory.isPresent(id) && name.startsWith(directory))) return true;
  return [...inventory.directories].some((name) => name.startsWith(directory));
}
