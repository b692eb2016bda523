/** strongroom inspect IMAGE: what an image is, without an archive. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { imageSource, readDeposit } from '#ingest/acquisition';
import { digestMedium } from '#ingest/digest';
import { alone, identify, openMedia } from '#ingest/media';
import { Fault, FaultKind } from '#ingest/kernel';
import type { GlobalOptions } from '../exit-code.ts';
import { Output } from '../output.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly hash?: boolean;
  readonly files?: boolean;
}

export function inspectCommand(globals: () => GlobalOptions): Command {
  return new Command('inspect')
    .description('says what a disk image is; needs no archive')
    .argument('<image>', 'an image, or one piece of a split one')
    .option('--hash', 'reads it whole, for the SHA-256 of the disk inside')
    .option('--files', 'lists the files inside')
    .action(async (path: string, options: Options) => {
      if (options.files === true) {
        const message = 'this version does not list the files inside an image';
        throw new Fault(FaultKind.Unsupported, 'inspect/files', message);
      }
      const output = new Output(globals());
      const deposit = await readDeposit(resolve(path));
      await using container = await imageSource(deposit);
      const format = await identify(container, deposit.image.name);
      if (!format.readable) {
        const document = { container: { format: format.id, size: deposit.image.totalSize }, media: null, volumes: [] };
        output.result(document, () => [
          `${deposit.image.name}: ${format.title}, ${bytesInWords(container.size)}; this version does not look inside`,
        ]);
        return;
      }
      await using media = await openMedia(container, alone);
      const sha256 =
        options.hash === true
          ? await digestOf(
              deposit.image.files.map((file) => file.path),
              output,
            )
          : undefined;
      const document = {
        container: { format: format.id, size: container.size },
        media: {
          size: media.size,
          sectorSize: media.sectorSize,
          ...(sha256 === undefined ? {} : { sha256 }),
          facts: media.facts,
        },
        volumes: [],
      };
      output.result(document, () => [
        `${deposit.image.name}: ${format.title}${format.puid === undefined ? '' : ` (PRONOM ${format.puid})`}`,
        `  the disk      ${media.size} bytes (${bytesInWords(media.size)}), sectors of ${media.sectorSize} bytes`,
        ...(sha256 === undefined ? [] : [`  SHA-256       ${sha256}`]),
        ...Object.entries(media.facts).map(([name, value]) => `  ${name.padEnd(12)}  ${[value].flat().join('; ')}`),
        ...deposit.notes.map(({ message }) => `  note: ${message}`),
      ]);
    });
}

async function digestOf(paths: readonly string[], output: Output): Promise<string | undefined> {
  const bar = output.progress();
  try {
    const { digests } = await digestMedium(paths, ['sha256'], { onProgress: bar.report });
    return digests.sha256;
  } finally {
    bar.stop();
  }
}
