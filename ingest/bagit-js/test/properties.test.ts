/** What holds for every input: round trips of paths, lines and bag-info; hostile manifests end in a report. */
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  BagItError,
  decodePath,
  encodePath,
  formatBagInfo,
  openBag,
  parseBagInfo,
  parseFetchLine,
  parseManifestLine,
  pathFault,
  TagWriter,
  validateBag,
} from 'bagit-js';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { asDirectory, makeBag, removed, temporary } from './make-bag.ts';

let home = '';
let count = 0;
beforeAll(async () => {
  home = await temporary();
});
afterAll(() => removed(home));

const odd = fc.constantFrom(
  '%',
  '%0A',
  '%0a',
  '%25',
  '%250D',
  '\n',
  '\r',
  ' ',
  '\t',
  '\\',
  '*',
  '~',
  '.',
  '..',
  '/',
  '\u00a0',
  '\u2028',
  '\ufeff',
  '\u00e9',
  'e\u0301',
  'a',
  '\u{1f4be}',
);
const nasty = fc.array(fc.oneof(odd, fc.string({ maxLength: 4 })), { maxLength: 8 }).map((parts) => parts.join(''));

describe('paths', () => {
  it('come back from encoding, and nothing but CR, LF and % changes', () => {
    fc.assert(
      fc.property(nasty, (path) => {
        const encoded = encodePath(path);
        expect(decodePath(encoded)).toBe(path);
        expect(encoded).not.toMatch(/[\r\n]/);
        expect(encoded.replaceAll(/%(?:0A|0D|25)/g, '')).toBe(path.replaceAll(/[\r\n%]/g, ''));
      }),
    );
  });

  it('decode only %0A, %0D and %25, once', () => {
    expect(decodePath('%250A%0a%7E%2500%')).toBe('%0A\n%7E%00%');
  });

  it('that are accepted stay below their base', () => {
    fc.assert(
      fc.property(nasty, (path) => {
        if (pathFault(path) !== undefined) return;
        expect(join('/base', path).startsWith('/base/')).toBe(true);
        expect(path.split(/[/\\]/)).not.toContain('..');
      }),
    );
  });
});

describe('manifest lines', () => {
  it('give back digest and path', () => {
    const hex = fc.stringMatching(/^[0-9a-f]{1,128}$/);
    const separator = fc.constantFrom(' ', '  ', '\t', ' \t ');
    fc.assert(
      fc.property(hex, separator, nasty, (digest, between, path) => {
        const encoded = encodePath(`data/${path}`);
        expect(parseManifestLine(`${digest.toUpperCase()}${between}${encoded}`)).toEqual({
          digest,
          path: encoded,
          star: false,
          escaped: false,
        });
      }),
    );
  });

  it('and lines of fetch.txt never throw', () => {
    fc.assert(
      fc.property(nasty, (line) => {
        parseManifestLine(line);
        parseFetchLine(line);
      }),
    );
    expect(parseFetchLine('https://example.org/a 12 data/b c')).toEqual({
      url: 'https://example.org/a',
      length: 12,
      path: 'data/b c',
    });
    expect(parseFetchLine('https://example.org/a - data/b')).toMatchObject({ length: undefined });
    expect(parseFetchLine('https://example.org/a 99999999999999999 data/b')).toBeUndefined();
  });
});

describe('bag-info', () => {
  const label = fc.stringMatching(/^[A-Za-z][A-Za-z0-9 -]{0,20}[A-Za-z0-9]$/);
  const line = fc
    .array(fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom('word', 'x'.repeat(100), 'a  b', ':')), { maxLength: 12 })
    .map((words) =>
      words
        .join(' ')
        .replaceAll(/[\r\n]/g, '')
        .replaceAll(/^[ \t]+|[ \t]+$/g, ''),
    );

  it('comes back from folding, a line break for a fold', () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(label, line), { maxLength: 5 }), (pairs) => {
        const { pairs: back, faults } = parseBagInfo(formatBagInfo(pairs), true);
        expect(faults.filter(({ code }) => code !== 'bag-info-whitespace')).toEqual([]);
        expect(back.map(([name, value]) => [name, value.replaceAll('\n', ' ')])).toEqual(pairs);
      }),
    );
  });

  it('keeps line breaks of a value', () => {
    fc.assert(
      fc.property(label, fc.array(fc.stringMatching(/^[a-z]{0,12}$/), { minLength: 1, maxLength: 5 }), (name, lines) => {
        expect(parseBagInfo(formatBagInfo([[name, lines.join('\n')]]), true).pairs).toEqual([[name, lines.join('\n')]]);
      }),
    );
  });

  it('is folded at 79 characters and never inside a word', () => {
    const words = Array.from({ length: 60 }, (_, i) => 'w'.repeat((i % 13) + 1));
    const text = formatBagInfo([['External-Description', words.join(' ')]]);
    expect(Math.max(...text.split('\n').map((one) => one.length))).toBeLessThanOrEqual(79);
    expect(text.split('\n').length).toBeGreaterThan(5);
    expect(text.replace('External-Description:', '').split(/\s+/).filter(Boolean)).toEqual(words);
    expect(formatBagInfo([['A', 'x'.repeat(200)]])).toBe(`A: ${'x'.repeat(200)}\n`);
  });

  it.each(['', ' A', 'A ', 'A:B', 'A\nB', 'A\rB'])('refuses the label %j', (name) => {
    expect(() => formatBagInfo([[name, 'x']])).toThrow(BagItError);
  });
});

it('any safe name that is written can be validated', async () => {
  const name = nasty.filter(
    (part) =>
      pathFault(`data/${part}`) === undefined &&
      Buffer.byteLength(part) < 200 &&
      !part.includes('/') &&
      Buffer.from(part).toString() === part,
  );
  const same = (a: string, b: string): boolean => a.normalize('NFC') === b.normalize('NFC');
  await fc.assert(
    fc.asyncProperty(fc.uniqueArray(name, { minLength: 1, maxLength: 6, comparator: same }), async (names) => {
      const base = await asDirectory(
        new Map(names.map((one) => [`data/${one}`, Buffer.from(one)])),
        join(home, `written${count++}`),
      );
      const writer = new TagWriter(base, ['sha256']);
      const digests = makeBag({ payload: Object.fromEntries(names.map((one) => [one, one])) }).get('manifest-sha256.txt')!;
      const hex = digests.toString().match(/^[0-9a-f]{64}(?= {2}data\/)/gm)!;
      const order = Object.keys(Object.fromEntries(names.map((one) => [one, one])));
      await writer.manifest(
        'sha256',
        (async function* () {
          for (const [i, one] of order.entries()) yield { path: `data/${one}`, digest: hex[i]! };
        })(),
      );
      await writer.declaration();
      await writer.finish();
      const report = await validateBag(base);
      expect(report.errors).toEqual([]);
    }),
    { numRuns: 40 },
  );
});

/** Validates and reads; a BagItError is an answer, everything else that is thrown fails the test. */
async function survives(path: string): Promise<void> {
  const refused = (error: unknown): void => {
    if (!(error instanceof BagItError)) throw error;
  };
  const report = await validateBag(path).catch(refused);
  expect(report?.valid ?? false).toBe(report?.errors.length === 0);
  const bag = await openBag(path).catch(refused);
  const digests: string[] = [];
  for (const algorithm of bag?.manifests ?? []) {
    for await (const entry of bag?.manifestEntries(algorithm) ?? []) digests.push(entry.digest);
  }
  for await (const entry of bag?.fetchEntries() ?? []) digests.push(entry.url === '' ? 'no url' : '0');
  expect(digests.filter((digest) => !/^[0-9a-f]+$/.test(digest))).toEqual([]);
  await bag?.close();
}

it('random hostile tag files end in a report', async () => {
  const bytes = fc.uint8Array({ maxLength: 60 }).map((array) => Buffer.from(array));
  const lines = fc.array(
    fc.oneof(
      nasty,
      nasty.map((path) => `${'0'.repeat(64)}  data/${path}`),
      nasty.map((path) => `https://x/ - data/${path}`),
    ),
    { maxLength: 6 },
  );
  const content = fc.oneof(
    bytes,
    lines.map((list) => Buffer.from(list.join('\n'))),
  );
  const encoding = fc.constantFrom('UTF-8', 'UTF-16', 'ISO-8859-1', 'UTF-32', 'Shift_JIS');
  const version = fc.constantFrom('0.93', '0.97', '1.0', '1.7', '9.9');
  await fc.assert(
    fc.asyncProperty(
      content,
      content,
      content,
      content,
      encoding,
      version,
      async (manifest, tag, fetch, info, charset, number) => {
        const after = { 'manifest-sha256.txt': manifest, 'tagmanifest-md5.txt': tag, 'fetch.txt': fetch, 'bag-info.txt': info };
        await survives(
          await asDirectory(makeBag({ version: number, encoding: charset, after }), join(home, `hostile${count++}`)),
        );
      },
    ),
    { numRuns: 150 },
  );
});

it('what once broke us stays repaired', async () => {
  const corpus = join(import.meta.dirname, 'corpus');
  for (const name of await readdir(corpus)) if (name !== 'README.md') await survives(join(corpus, name));
  await writeFile(join(home, 'empty.tar'), '');
  await survives(join(home, 'empty.tar'));
  await writeFile(join(home, 'empty.zip'), '');
  await survives(join(home, 'empty.zip'));
});
