/**
 * Containers of odd disks, made by other people's programs: the disk that we find in each is the one that went in, and the one that
 * each of these programs finds in it. Skipped where they are missing; `.ci/run` installs them.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { membersOf, readDeposit } from '#ingest/acquisition';
import { openImage } from '#ingest/media';
import { has } from '../ingest/media/tools.ts';
import { type Judge, readingOf } from './container-judges.ts';
import { RECIPES } from './container-recipes.ts';
import { CUT_DISKS, ODD_DISKS } from './odd-disks.ts';

/** Judges that are wrong about disks which end within a sector: libewf 20140813, and who uses it, leave out the last bytes. */
const CUTS = new Set(['ewfexport', 'img_cat']);

async function ours(path: string) {
  const { image } = await readDeposit(path);
  await using opened = await openImage(membersOf(image), image.scheme === 'pieces', undefined);
  const { media } = opened;
  const warnings = media.warnings.map(({ code }) => code);
  return { format: media.format, warnings, ...readingOf(await media.read(0, media.size)) };
}

/** What the judge reads, or why it does not. */
function said(judge: Judge, folder: string, file: string): unknown {
  try {
    return judge.read(folder, file);
  } catch (error) {
    return `cannot: ${String((error as { stderr?: string }).stderr)}`;
  }
}

/** With the zeros that a container of sectors, or of a geometry, adds at the end. */
function padded(bytes: Buffer, size: number): Buffer {
  return Buffer.concat([bytes, Buffer.alloc(Math.max(0, size - bytes.length))]);
}

const judgesThere = new Map<string, boolean>();
function isThere(judge: Judge): boolean {
  const known = judgesThere.get(judge.name) ?? judge.isThere();
  judgesThere.set(judge.name, known);
  return known;
}

describe.each(RECIPES.map((recipe) => [recipe.title, recipe.by, recipe] as const))(
  '%s, by %s (skipped where that is missing)',
  (_, __, recipe) => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'containers-'));
    });
    afterAll(() => rmSync(folder, { recursive: true, force: true }));

    it.skipIf(!has(recipe.by)).each([...ODD_DISKS, ...CUT_DISKS].map(({ title, bytes }) => [title, bytes] as const))(
      'of %s',
      async (_, bytes) => {
        const own = mkdtempSync(join(folder, 'one-'));
        writeFileSync(join(own, 'disk.raw'), bytes);
        const file = recipe.make(own);
        rmSync(join(own, 'disk.raw'), { force: true });
        const { size, sha256, ...rest } = await ours(join(own, file));
        const isCut = bytes.length % 512 > 0;
        expect(rest).toEqual({ format: recipe.format, warnings: isCut && recipe.wrapsRaw === true ? ['raw/odd-size'] : [] });
        expect(recipe.countsBytes === true ? size : bytes.length).toBe(bytes.length);
        expect({ size, sha256 }).toEqual(readingOf(padded(bytes, size)));
        const judges = recipe.judges.filter(
          (judge) => isThere(judge) && !(recipe.format === 'ewf' && isCut && CUTS.has(judge.name)),
        );
        const words = judges.map((judge) => [judge.name, said(judge, own, file)]);
        expect(words).toEqual(judges.map(({ name }) => [name, { size, sha256 }]));
        rmSync(own, { recursive: true });
      },
    );
  },
);
