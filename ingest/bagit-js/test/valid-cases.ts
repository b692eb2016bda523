/** Bags that are valid, some with a warning: one rule each. */
import { type Case, more, relist } from './case.ts';

const WRONG = '0'.repeat(64);
const NFC = 'caf\u00e9.txt';
const NFD = 'cafe\u0301.txt';
const two = { 'a.txt': 'a', 'b.txt': 'b' };

export const VALID: readonly Case[] = [
  { name: 'a plain 1.0 bag', recipe: {} },
  {
    name: 'many algorithms',
    recipe: { algorithms: ['md5', 'sha1', 'sha224', 'sha256', 'sha384', 'sha512', 'sha3256', 'blake2b512'] },
  },
  { name: 'empty payload', recipe: { payload: {} } },
  ...['0.93', '0.94', '0.95', '0.96', '0.97'].map((version) => ({
    name: `version ${version}`,
    recipe: { version, algorithms: ['md5'] },
  })),
  {
    name: '0.95 with package-info.txt',
    recipe: { version: '0.95', infoFile: 'package-info.txt', info: 'Packing-Date: 2008-01-15\nPayload-Oxum: {oxum}\n' },
  },
  { name: 'UTF-16 tag files, big endian with a mark', recipe: { encoding: 'UTF-16', payload: { 'h\u00e9llo.txt': 'x' } } },
  { name: 'ISO-8859-1 tag files', recipe: { encoding: 'ISO-8859-1', payload: { 'h\u00e9llo.txt': 'x' } } },
  { name: 'CRLF lines', recipe: { newline: '\r\n' } },
  { name: 'CR lines', recipe: { newline: '\r' } },
  { name: 'no newline at the end of bagit.txt', recipe: { bagit: 'BagIt-Version: 1.0\r\nTag-File-Character-Encoding: UTF-8' } },
  {
    name: 'white space around the colons before 1.0',
    recipe: { version: '0.97', info: 'Source-Organization : Test\nContact-Name\t:\tMe\nPayload-Oxum:{oxum}\n' },
  },
  {
    name: 'white space in bagit.txt before 1.0',
    recipe: { bagit: 'BagIt-Version : 0.97\nTag-File-Character-Encoding:  UTF-8\n' },
    warnings: ['bagit-txt-style'],
  },
  {
    name: 'upper-case digests',
    recipe: { lines: (lines) => lines.map((line) => line.slice(0, 64).toUpperCase() + line.slice(64)) },
  },
  {
    name: 'one space, or tabs, in the manifest',
    recipe: { payload: two, lines: ([a = '', b = '']) => [a.replace('  ', ' '), b.replace('  ', '\t\t')] },
  },
  { name: 'a name that ends in a space', recipe: { payload: { 'trailing ': 'x' } }, warnings: ['not-portable'] },
  { name: 'a name that ends in a no-break space', recipe: { payload: { 'nbsp\u00a0': 'x' } } },
  { name: 'a line separator in a name', recipe: { payload: { 'a\u2028b': 'x' } } },
  {
    name: 'CR, LF and % encoded in 1.0',
    recipe: {
      payload: { 'a\nb\rc%d': 'x', '%0A': 'y' },
      lines: (lines) => [lines[0]!.replace(/data[^]*/, 'data/a%0Ab%0dc%25d'), lines[1]!.replace('data/%0A', 'data/%250A')],
    },
  },
  {
    name: 'percent signs are plain before 1.0',
    recipe: { version: '0.97', payload: { '%7Edir2/%7Etest1.txt': 'x', '%test2.txt': 'y', 'Icon%0D': 'z' } },
  },
  {
    name: 'percent-encoded before 1.0',
    recipe: { version: '0.97', payload: { 'Icon\r': 'x' }, lines: relist('\r', '%0D') },
    warnings: ['percent-encoded'],
  },
  {
    name: 'bagit-python leaves % alone in 1.0',
    recipe: { payload: { 'a%25.txt': 'x', '100%.txt': 'y' } },
    warnings: ['percent-not-encoded'],
  },
  {
    name: 'both spellings are files, written by the RFC',
    recipe: {
      payload: { 'a%25': 'x', 'a%': 'y' },
      lines: ([x = '', y = '']) => [y.replace('a%', 'a%25'), x.replace('a%25', 'a%2525')],
    },
  },
  {
    name: 'both spellings are files, % left alone',
    recipe: { payload: { 'a%25': 'x', 'a%': 'y' }, lines: ([x = '', y = '']) => [x, y] },
    warnings: ['percent-not-encoded'],
  },
  { name: 'listed NFC, stored NFD', recipe: { payload: { [NFD]: 'x' }, lines: relist(NFD, NFC) }, warnings: ['name-normalized'] },
  { name: 'listed NFD, stored NFC', recipe: { payload: { [NFC]: 'x' }, lines: relist(NFC, NFD) }, warnings: ['name-normalized'] },
  {
    name: 'two names equal after NFC',
    recipe: { payload: { [NFC]: 'x', [NFD]: 'y' } },
    warnings: ['nfc-collision'],
    directoryOnly: true,
  },
  {
    name: 'two names differ by case',
    recipe: { payload: { 'a.txt': 'x', 'A.txt': 'y' } },
    warnings: ['case-collision'],
    directoryOnly: true,
  },
  { name: 'md5sum binary mode', recipe: { lines: relist('  data', ' *data') }, warnings: ['md5sum-style'] },
  {
    name: 'md5sum escapes',
    recipe: { payload: { 'a\nb\\c': 'x' }, lines: ([a = '']) => [`\\${a.slice(0, 64)}  data/a\\nb\\\\c`] },
    warnings: ['md5sum-style', 'backslash-in-name'],
    noZip: true,
  },
  { name: 'dot slash', recipe: { version: '0.97', lines: relist('data/', './data/') }, warnings: ['dot-slash'] },
  {
    name: 'a duplicate line before 1.0',
    recipe: { version: '0.97', lines: (lines) => [...lines, ...lines] },
    warnings: ['duplicate-line'],
  },
  {
    name: 'payload in at least one manifest before 1.0',
    recipe: {
      version: '0.97',
      payload: two,
      algorithms: ['md5', 'sha256'],
      lines: ([a = '', b = ''], name) => (name === 'md5' ? [a] : [b]),
    },
  },
  {
    name: 'blank lines and comments',
    recipe: { lines: (lines) => ['# made by hand', '', ...lines] },
    warnings: ['blank-line', 'comment-line'],
  },
  {
    name: 'a mark at the start of bag-info.txt',
    recipe: { info: '\ufeffSource-Organization: Test\n' },
    warnings: ['bom-in-tag-file'],
  },
  { name: 'a mark at the start of a manifest', recipe: { lines: ([a = '']) => [`\ufeff${a}`] }, warnings: ['bom-in-tag-file'] },
  {
    name: 'another letter case of the labels in bagit.txt',
    recipe: { bagit: 'BagIt-version: 1.0\nTag-File-Character-encoding: UTF-8\n' },
    warnings: ['bagit-txt-style'],
  },
  { name: 'a minor version that never was', recipe: { version: '0.98' }, warnings: ['unknown-minor-version'] },
  {
    name: 'a holey bag with everything fetched',
    recipe: { fetch: 'https://example.org/hello.txt 6 data/hello.txt\nhttp://example.org/h - data/hello.txt\n' },
    warnings: ['fetch-duplicate'],
  },
  {
    name: 'fetch.txt with another length',
    recipe: { fetch: 'https://example.org/hello.txt 7 data/hello.txt\n' },
    warnings: ['fetch-length'],
  },
  {
    name: 'fetch.txt with another scheme',
    recipe: { fetch: 'ftp://example.org/hello.txt 6 data/hello.txt\n' },
    warnings: ['fetch-scheme'],
  },
  { name: 'no tag manifest', recipe: { tagLines: null }, warnings: ['no-tag-manifest'] },
  { name: 'a tag file that no tag manifest lists', recipe: { after: { 'notes.txt': 'x' } }, warnings: ['tag-file-unlisted'] },
  { name: 'tag directories', recipe: { tags: { 'metadata/deep/mods.xml': '<x/>' } } },
  {
    name: 'tag directories before 0.97',
    recipe: { version: '0.96', tags: { 'metadata/mods.xml': '<x/>' } },
    warnings: ['tag-directory'],
  },
  { name: 'tag manifests of other algorithms', recipe: { tagAlgorithms: ['sha512'] }, warnings: ['tag-manifest-algorithms'] },
  {
    name: 'tag manifests that differ',
    recipe: {
      algorithms: ['md5', 'sha256'],
      tagLines: (lines, name) => (name === 'md5' ? lines.filter((line) => !line.includes('bag-info')) : lines),
    },
    warnings: ['tag-manifests-differ'],
  },
  {
    name: 'system files',
    recipe: { payload: { '.DS_Store': 'x', 'photos/Thumbs.db': 'x', '._a': 'x' } },
    warnings: ['system-file'],
  },
  {
    name: 'names that Windows can not hold',
    recipe: { payload: { 'con.txt': 'x', 'a:b': 'x', 'what?': 'x', 'dir./x': 'x' } },
    warnings: ['not-portable'],
  },
  { name: 'a tilde inside a path', recipe: { payload: { 'dir1/~test3.txt': 'x', 'a~/b': 'y' } } },
  { name: 'a backslash in a name', recipe: { payload: { 'a\\b': 'x' } }, warnings: ['backslash-in-name'], noZip: true },
  { name: 'a bag in the payload', recipe: { payload: { 'bagit.txt': 'x' } }, warnings: ['nested-bag'] },
  {
    name: 'repeated labels',
    recipe: { info: 'Bag-Size: 1\nBag-Size: 2\nContact-Name: A\nContact-Name: B\n' },
    warnings: ['repeated-label'],
  },
  { name: 'a date that is none', recipe: { info: 'Bagging-Date: 2026-02-30x\n' }, warnings: ['bad-bagging-date'] },
  {
    name: 'more white space than 1.0 foresees',
    recipe: { info: 'Contact-Name:  A\nContact-Email:\n' },
    warnings: ['bag-info-whitespace'],
  },
  {
    name: 'Payload-Oxum twice before 1.0',
    recipe: { version: '0.97', info: 'Payload-Oxum: 6.1\nPayload-Oxum: 6.1\n' },
    warnings: ['repeated-payload-oxum'],
  },
  {
    name: 'an unknown algorithm beside a known one',
    recipe: { after: { 'manifest-whirlpool.txt': 'abcd  data/hello.txt\n' }, version: '0.97' },
    warnings: ['unknown-algorithm', 'tag-manifest-omits-manifest'],
  },
  {
    name: 'a tag manifest that lists itself before 1.0',
    recipe: { version: '0.97', tagLines: more(`${WRONG} tagmanifest-sha256.txt`) },
    warnings: ['tag-manifest-lists-tag-manifest'],
  },
];
