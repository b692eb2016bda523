/** Bags and their verdicts, one rule each: what validation must say about each of them, in every serialization. */
import type { Code } from 'bagit-js';
import { digest, type Recipe } from './make-bag.ts';

export interface Case {
  name: string;
  recipe: Recipe;
  /** Exactly these, however often. None: the bag is valid. */
  errors?: Code[];
  /** At least these. */
  warnings?: Code[];
  complete?: boolean;
  /** Can't be put into an archive, or means something else there. */
  directoryOnly?: boolean;
  /** The zip writer of the tests turns backslashes into slashes. */
  noZip?: boolean;
}

const HELLO = digest('sha256', 'hello\n');
const WRONG = '0'.repeat(64);
const NFC = 'caf\u00e9.txt';
const NFD = 'cafe\u0301.txt';
const two = { 'a.txt': 'a', 'b.txt': 'b' };
const relist = (from: string, to: string) => (lines: string[]) => lines.map((line) => line.replace(from, to));
const more =
  (...lines: string[]) =>
  (old: string[]) => [...old, ...lines];

const valid: Case[] = [
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
  { name: 'md5sum escapes', recipe: { payload: { 'a\nb\\c': 'x' }, lines: ([a = '']) => [`\\${a.slice(0, 64)}  data/a\\nb\\\\c`] }, warnings: ['md5sum-style', 'backslash-in-name'], noZip: true },
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

const invalid: Case[] = [
  { name: 'no bagit.txt', recipe: { bagit: null }, errors: ['missing-bagit-txt'] },
  {
    name: 'white space in bagit.txt in 1.0',
    recipe: { bagit: 'BagIt-Version : 1.0\nTag-File-Character-Encoding: UTF-8\n' },
    errors: ['bad-bagit-txt'],
  },
  { name: 'no major version', recipe: { version: '.97' }, errors: ['bad-bagit-txt'] },
  {
    name: 'a third line in bagit.txt',
    recipe: { bagit: 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\nx\n' },
    errors: ['bad-bagit-txt'],
  },
  { name: 'no encoding', recipe: { bagit: 'BagIt-Version: 0.97\n' }, errors: ['bad-bagit-txt'] },
  {
    name: 'the two lines in the wrong order',
    recipe: { bagit: 'Tag-File-Character-Encoding: UTF-8\nBagIt-Version: 0.97\n' },
    errors: ['bad-bagit-txt'],
  },
  {
    name: 'a mark at the start of bagit.txt',
    recipe: { bagit: '\ufeffBagIt-Version: 0.97\nTag-File-Character-Encoding: UTF-8\n' },
    errors: ['bom-in-bagit-txt'],
  },
  { name: 'BagIt 2.0', recipe: { version: '2.0' }, errors: ['unsupported-version'] },
  {
    name: 'an encoding that nobody knows',
    recipe: { bagit: 'BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-32\n' },
    errors: ['unknown-encoding'],
  },
  { name: 'no manifest', recipe: { algorithms: [], tagAlgorithms: ['sha256'] }, errors: ['missing-manifest'] },
  { name: 'two manifests for one algorithm', recipe: { tags: { 'manifest-sha_256.txt': '' } }, errors: ['duplicate-manifest'] },
  {
    name: 'only an unknown algorithm',
    recipe: { algorithms: [], tagAlgorithms: ['sha256'], tags: { 'manifest-foo.txt': 'ab  data/hello.txt\n' } },
    errors: ['unverifiable'],
    complete: true,
  },
  {
    name: 'a manifest that is not UTF-8',
    recipe: {
      after: {
        'manifest-sha256.txt': Buffer.concat([Buffer.from(`${HELLO}  data/hello.txt\n${HELLO}  data/h\u00e9`, 'latin1')]),
      },
      tagLines: null,
    },
    errors: ['undecodable-tag-file', 'missing-file'],
  },
  {
    name: 'bag-info.txt that is not UTF-8',
    recipe: { after: { 'bag-info.txt': Buffer.from('Contact-Name: \u00e9\n', 'latin1') }, tagLines: null },
    errors: ['undecodable-tag-file'],
  },
  { name: 'a manifest line without a path', recipe: { lines: more(HELLO, 'no digest at all') }, errors: ['bad-manifest-line'] },
  { name: 'a digest of the wrong length', recipe: { lines: relist(HELLO, HELLO.slice(2)) }, errors: ['bad-digest'] },
  { name: 'a line without end', recipe: { lines: more(`${HELLO}  data/${'x'.repeat(70_000)}`) }, errors: ['line-too-long'] },
  { name: 'a bag-info.txt without end', recipe: { info: 'A: b\n'.repeat(3_400_000) }, errors: ['tag-file-too-large'] },
  ...[
    '../x',
    '/etc/passwd',
    '~/x',
    'data/../../x',
    'C:\\Windows\\x',
    'C:/x',
    '\\\\server\\share',
    '\\\\?\\C:\\x',
    'data\\x',
    'data/./x',
    'data//x',
    'data/..\\x',
    './../x',
    'data/x/',
  ].map(
    (path): Case => ({ name: `manifest lists ${path}`, recipe: { lines: more(`${WRONG}  ${path}`) }, errors: ['unsafe-path'] }),
  ),
  ...['../x', '/data/x', '~/x', 'C:\\data\\x', 'data/../../x'].map(
    (path): Case => ({
      name: `fetch.txt lists ${path}`,
      recipe: { version: '0.97', fetch: `https://example.org/x - ${path}\n` },
      errors: ['unsafe-path'],
    }),
  ),
  { name: 'tag manifest lists ../x', recipe: { tagLines: more(`${WRONG}  ../x`) }, errors: ['unsafe-path'] },
  { name: 'payload manifest lists a tag file', recipe: { lines: more(`${WRONG}  bagit.txt`) }, errors: ['path-outside-payload'] },
  {
    name: 'fetch.txt lists a tag file',
    recipe: { fetch: 'https://example.org/x - bag-info.txt\n' },
    errors: ['path-outside-payload'],
  },
  {
    name: 'tag manifest lists payload',
    recipe: { tagLines: more(`${HELLO}  data/hello.txt`) },
    errors: ['payload-in-tag-manifest'],
  },
  {
    name: 'tag manifest lists itself',
    recipe: { tagLines: more(`${WRONG}  tagmanifest-sha256.txt`) },
    errors: ['tag-manifest-lists-tag-manifest'],
  },
  {
    name: 'tag manifest omits the manifest',
    recipe: { tagLines: (lines) => lines.filter((line) => !line.includes('manifest-')) },
    errors: ['tag-manifest-omits-manifest'],
  },
  {
    name: 'bag-info.txt with a line that is nothing',
    recipe: { info: ' indented\nno colon\n: no label\n' },
    errors: ['bad-bag-info-line'],
  },
  {
    name: 'no space after the colon in 1.0',
    recipe: { info: 'Contact-Name:A\nContact-Email : b\n' },
    errors: ['bag-info-separator'],
  },
  {
    name: 'Payload-Oxum twice in 1.0',
    recipe: { info: 'Payload-Oxum: 6.1\npayload-oxum: 6.1\n' },
    errors: ['repeated-payload-oxum'],
  },
  { name: 'Payload-Oxum that is none', recipe: { info: 'Payload-Oxum: 6 bytes\n' }, errors: ['bad-payload-oxum'] },
  { name: 'a wrong Payload-Oxum', recipe: { info: 'Payload-Oxum: 7.1\n' }, errors: ['payload-oxum-mismatch'] },
  {
    name: 'a Payload-Oxum beyond 2^53',
    recipe: { info: 'Payload-Oxum: 99999999999999999999.1\n' },
    errors: ['payload-oxum-mismatch'],
  },
  {
    name: 'fetch.txt with a line that is nothing',
    recipe: { fetch: 'https://example.org/x\nhttps://example.org/x 12x data/x\n' },
    errors: ['bad-fetch-line'],
  },
  { name: 'fetch.txt with a relative URL', recipe: { fetch: 'hello.txt 6 data/hello.txt\n' }, errors: ['bad-fetch-url'] },
  {
    name: 'a file still to be fetched',
    recipe: { payload: two, fetch: 'https://example.org/a 1 data/a.txt\n', after: { 'data/a.txt': null }, info: null },
    errors: ['not-fetched'],
  },
  {
    name: 'fetch.txt lists what no manifest does',
    recipe: { fetch: 'https://example.org/a 1 data/a.txt\n' },
    errors: ['not-fetched', 'fetch-not-in-manifest'],
  },
  {
    name: 'a manifest lists a directory',
    recipe: { payload: { 'dir/a': 'x' }, lines: more(`${WRONG}  data/dir`, `${WRONG}  data/dir/`) },
    errors: ['listed-directory'],
  },
  { name: 'a duplicate line in 1.0', recipe: { lines: (lines) => [...lines, ...lines] }, errors: ['duplicate-line'] },
  {
    name: 'a duplicate line spelled with ./',
    recipe: { lines: (lines) => [...lines, ...relist('data/', './data/')(lines)] },
    errors: ['duplicate-line'],
    warnings: ['dot-slash'],
  },
  {
    name: 'two digests for one file',
    recipe: { version: '0.97', lines: more(`${WRONG}  data/hello.txt`) },
    errors: ['conflicting-digests'],
  },
  {
    name: 'a missing file',
    recipe: { payload: two, after: { 'data/a.txt': null } },
    errors: ['missing-file', 'payload-oxum-mismatch'],
  },
  { name: 'a missing tag file', recipe: { after: { 'bag-info.txt': null } }, errors: ['missing-file'] },
  {
    name: 'a file that differs by case from the listed',
    recipe: { lines: relist('hello', 'HELLO') },
    errors: ['missing-file', 'unlisted-file'],
    warnings: ['case-collision'],
  },
  { name: 'an unlisted file', recipe: { after: { 'data/extra.txt': 'x' }, info: null }, errors: ['unlisted-file'] },
  {
    name: 'an unlisted system file',
    recipe: { after: { 'data/.DS_Store': 'x' }, info: null },
    errors: ['unlisted-file'],
    warnings: ['system-file'],
  },
  {
    name: 'a file in only one of two manifests in 1.0',
    recipe: { payload: two, algorithms: ['md5', 'sha256'], lines: (lines, name) => (name === 'md5' ? lines.slice(1) : lines) },
    errors: ['not-in-every-manifest'],
  },
  { name: 'an altered file', recipe: { after: { 'data/hello.txt': 'HELLO\n' } }, errors: ['altered'], complete: true },
  {
    name: 'an altered file in 0.93',
    recipe: { version: '0.93', after: { 'data/hello.txt': 'HELLO\n' } },
    errors: ['altered'],
    complete: true,
  },
  {
    name: 'an altered tag file',
    recipe: { after: { 'bag-info.txt': 'Contact-Name: other\n' } },
    errors: ['altered'],
    complete: true,
  },
  {
    name: 'one of two digests is wrong',
    recipe: { algorithms: ['md5', 'sha256'], lines: (lines, name) => (name === 'md5' ? lines : relist(HELLO, WRONG)(lines)) },
    errors: ['altered'],
    complete: true,
  },
];

export const CASES: readonly Case[] = [...valid, ...invalid];
