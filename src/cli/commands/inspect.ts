/** strongroom inspect IMAGE: what an image is and what disk is inside, without an archive. */
import { resolve } from 'node:path';
import { Command } from 'commander';
import { type Deposit, imageSource, membersOf, readDeposit } from '#ingest/acquisition';
import { StreamDigests, digestMedium } from '#ingest/digest';
import { identificationBy } from '#ingest/identification';
import { Fault } from '#ingest/kernel';
import { type Identification, type Media, identify, openImage, passingWindowsOf, wrappedContent } from '#ingest/media';
import { surveyOf } from '#ingest/survey';
import type { GlobalOptions } from '../exit-code.ts';
import { settingsOf } from '../open-archive.ts';
import { Output } from '../output.ts';
import { printSurvey } from '../survey-output.ts';
import { bytesInWords } from '../words.ts';

interface Options {
  readonly hash?: boolean;
  readonly files?: boolean;
}

export function inspectCommand(globals: () => GlobalOptions): Command {
  return new Command('inspect')
    .description('says what a disk image is; needs no archive')
    .argument('<image>', 'an image, one file of it, or the folder of one carrier')
    .option('--hash', 'reads it whole, for the SHA-256 of the disk inside; with --files, SHA-256 and format of each file')
    .option('--files', 'lists the files inside, deleted ones too')
    .action(async (path: string, options: Options) => {
      await inspect(await readDeposit(resolve(path)), options, settingsOf(globals()).pronom, new Output(globals()));
    });
}

async function inspect(
  deposit: Deposit,
  { hash: withHash = false, files: withFiles = false }: Options,
  pronom: string,
  output: Output,
): Promise<void> {
  const { image, notes } = deposit;
  const format = await formatOf(deposit);
  const container = { format: format.id, size: image.totalSize };
  if (!format.readable) {
    output.result({ container, media: null, volumes: [] }, () => [
      `${image.name}: ${format.title}, ${bytesInWords(image.totalSize)}; this version does not look inside`,
    ]);
    return;
  }
  const content = image.medium === undefined || image.medium instanceof Fault ? undefined : wrappedContent(image.medium.facts);
  await using opened = await openImage(membersOf(image), image.scheme === 'pieces', content);
  const { media } = opened;
  const sha256 = withHash ? await digestOf(deposit, media, output) : undefined;
  const extents = await totalsOf(media);
  const { size, sectorSize, facts, parts, storedDigests, warnings } = media;
  const head = {
    container: { ...container, facts, storedDigests, parts, warnings: warnings.map(({ code, message }) => ({ code, message })) },
    media: { size, sectorSize, ...(sha256 === undefined ? {} : { sha256 }), extents },
  };
  const about = [
    `${image.name}: ${format.title}${format.puid === undefined ? '' : ` (PRONOM ${format.puid})`}`,
    `  the disk      ${size} bytes (${bytesInWords(size)}), sectors of ${sectorSize} bytes`,
    ...(extents.zero === 0 ? [] : [`  zeros         ${extents.zero} bytes take no room in the image`]),
    ...(extents.absent === 0 ? [] : [`  never read    ${extents.absent} bytes: what stands there is not the disk's`]),
    ...(sha256 === undefined ? [] : [`  SHA-256       ${sha256}`]),
    ...Object.entries(storedDigests).map(([name, digest]) => `  stored ${name.padEnd(7)}${digest}`),
    ...(parts.length === 0 ? [] : [`  made of       ${parts.join(', ')}`]),
    ...Object.entries(facts).map(([name, value]) => `  ${name.padEnd(12)}  ${[value].flat().join('; ')}`),
    ...warnings.map(({ message }) => `  warning: ${message}`),
    ...notes.map(({ message }) => `  note: ${message}`),
  ];
  const bar = output.progress();
  try {
    const isRead = withHash && withFiles;
    const options = {
      algorithms: isRead ? (['sha256'] as const) : [],
      ...(isRead ? { observer: (await identificationBy(pronom)).observer } : {}),
      volumesOnly: !withFiles,
      onProgress: bar.report,
    };
    await printSurvey(surveyOf(media, options), head, about, withFiles, output);
  } finally {
    bar.stop();
  }
}

async function formatOf(deposit: Deposit): Promise<Identification> {
  await using container = await imageSource(deposit);
  return await identify(container, deposit.image.name);
}

async function totalsOf(media: Media): Promise<{ data: number; zero: number; absent: number }> {
  const totals = { data: 0, zero: 0, absent: 0 };
  for await (const { length, kind } of media.extents()) totals[kind] += length;
  return totals;
}

async function digestOf({ image }: Deposit, media: Media, output: Output): Promise<string | undefined> {
  const bar = output.progress();
  try {
    if (media.isWhole) {
      const paths = image.files.map((file) => file.path);
      return (await digestMedium(paths, ['sha256'], { onProgress: bar.report })).digests.sha256;
    }
    using digests = new StreamDigests(['sha256']);
    for await (const { offset, bytes } of passingWindowsOf(media)) {
      await digests.update(bytes);
      bar.report({ stage: 'digest', doneBytes: offset + bytes.length, totalBytes: media.size });
    }
    return (await digests.finish()).sha256;
  } finally {
    bar.stop();
  }
}
