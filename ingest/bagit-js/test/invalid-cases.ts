/** Bags that are not valid: one rule each. */
import { type Case, more, relist } from './case.ts';
import { digest } from './make-bag.ts';

const HELLO = digest('sha256', 'hello\n');
const WRONG = '0'.repeat(64);
const two = { 'a.txt': 'a', 'b.txt': 'b' };

export const INVALID: readonly Case[] = [
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
