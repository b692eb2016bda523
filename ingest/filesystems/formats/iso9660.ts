/**
 * ISO 9660, with Rock Ridge and Joliet, and High Sierra before it: CD-ROM, DVD, and every disc image called .iso.
 *
 * A disc may have several trees of the same files, and several sessions. The main tree is the last session's: Rock Ridge, else Joliet,
 * else ISO 9660:1999, else the plain one. What another tree has besides (its bytes lie elsewhere) follows in a folder
 * of ours: `[Joliet]`, `[ISO 9660]`, `[session 1]`; boot images that are no files in `[BOOT]`.
 * Such a folder has the attribute `virtual`, and comes only when something is in it.
 */
import { Fault, FaultKind } from '../../kernel/index.ts';
import type { ByteSource } from '../../media/index.ts';
import {
  Confidence,
  type Entry,
  EntryKind,
  type FileSystem,
  type FileSystemFormat,
  type Found,
  type ListingLimits,
  type OpenOptions,
} from '../filesystems.ts';
import { type DescriptorSet, readDescriptors } from '../iso9660/descriptors.ts';
import { type BootCatalog, type BootImage, bootStream, readCatalog } from '../iso9660/el-torito.ts';
import { Extents } from '../iso9660/extents.ts';
import { factsOf, textOf, warningsOf } from '../iso9660/facts.ts';
import { SECTOR } from '../iso9660/record.ts';
import { baseBlockOf, hasRoot, sessionsOf } from '../iso9660/sessions.ts';
import { Tree } from '../iso9660/tree.ts';
import { type Plan, plansOf } from '../iso9660/trees.ts';
import { namedAs } from '../names.ts';

export const format: FileSystemFormat = {
  id: 'iso9660',
  title: 'ISO 9660',
  sources: [
    'ECMA-119 (ISO 9660), 4th edition',
    'Joliet Specification 1.0 (Microsoft, 1995)',
    'IEEE P1281 (SUSP 1.12) and P1282 (Rock Ridge 1.12)',
    'El Torito 1.0 (Phoenix, IBM, 1995)',
    'Apple Technical Note FL 36',
    'libisofs, doc/zisofs_format.txt',
    'Linux fs/isofs (High Sierra)',
  ],
  isBridge: true,

  async probe(volume) {
    const set = await readDescriptors(volume, 0);
    const [first] = set?.volumes ?? [];
    if (first === undefined) return Confidence.No;
    return (await hasRoot(volume, first, 0)) ? Confidence.Certain : Confidence.Likely;
  },

  async open(volume, options) {
    const sessions = await sessionsOf(volume);
    const main = sessions.at(-1);
    if (main === undefined) {
      const message = 'no volume descriptor stands at sector 16';
      throw new Fault(FaultKind.Corrupt, 'iso9660/no-descriptor', message);
    }
    return new Iso9660(volume, sessions, main, options).opened();
  },
};

class Iso9660 {
  constructor(
    private readonly volume: ByteSource,
    private readonly sessions: readonly DescriptorSet[],
    private readonly main: DescriptorSet,
    private readonly options: OpenOptions,
  ) {}

  async opened(): Promise<FileSystem> {
    const { volume, main, sessions } = this;
    const { codePage } = this.options;
    const baseBlock = await this.#baseBlock();
    const plans: Plan[] = [];
    for (const [index, session] of sessions.entries())
      plans.unshift(...(await plansOf(volume, session, baseBlock, codePage, session === main ? undefined : index + 1)));
    const [first] = main.volumes;
    const { ridge } = plans[0] ?? {};
    const catalog = await this.#catalog(baseBlock);
    const blockSize = first?.blockSize ?? SECTOR;
    return {
      format: 'iso9660',
      type: typeOf(main, ridge !== undefined),
      label: textOf(main, 'label', codePage),
      size: (first?.fields.blockCount.value ?? 0) * blockSize,
      blockSize,
      isListed: true,
      facts: {
        ...factsOf(main, codePage),
        ...(ridge === undefined ? {} : { rockRidge: ridge.extension ?? 'not named' }),
        ...(sessions.length === 1 ? {} : { sessionCount: sessions.length, sessionStartSector: main.startSector }),
        ...(main.boot && { bootCatalogSector: main.boot.catalogBlock, bootImageCount: catalog.images.length }),
        ...(catalog.images.length > 0 && { bootPlatforms: catalog.images.map(({ platform }) => platform).join(', ') }),
      },
      warnings: [...warningsOf(main, volume.size, baseBlock), ...(catalog.fault === undefined ? [] : [catalog.fault])],
      entries: (limits, signal) => this.#entries(plans, catalog, limits, signal),
      [Symbol.asyncDispose]: () => Promise.resolve(),
    };
  }

  async #baseBlock(): Promise<number> {
    const { volume, sessions, main } = this;
    const [first] = main.volumes;
    if (sessions.length > 1 || first === undefined || (await hasRoot(volume, first, 0))) return 0;
    return (await baseBlockOf(volume, first)) ?? 0;
  }

  async #catalog(baseBlock: number): Promise<BootCatalog> {
    const { volume, main } = this;
    const blocksPerSector = SECTOR / (main.volumes[0]?.blockSize ?? SECTOR);
    if (main.boot === undefined) return { images: [], fault: undefined };
    return readCatalog(volume, main.boot.catalogBlock, baseBlock / blocksPerSector);
  }

  async *#entries(
    plans: readonly Plan[],
    catalog: BootCatalog,
    limits: ListingLimits,
    signal?: AbortSignal,
  ): AsyncGenerator<readonly Found[]> {
    const extents = new Extents();
    const names = new Set<string>();
    const [main] = plans;
    if (main === undefined) return;
    let left = limits.entryCount;
    for (const { reading, root, at, folder } of plans) {
      const tree = new Tree(reading, root, extents);
      const top = () => ({ directory: root, entry: folderOf(folder, names, at, main.root.id, reading.tree) });
      const batches =
        reading === main.reading ? tree.entries(limits, signal) : tree.unknown(top(), { ...limits, entryCount: left }, signal);
      for await (const batch of batches) {
        if (reading === main.reading) for (const each of batch) if (!each.path.includes('/')) names.add(each.path);
        left -= batch.length;
        yield batch;
        if (left <= 0) return;
      }
      for (const each of tree.relocated) yield* tree.unknown(each, { ...limits, entryCount: left }, signal);
    }
    const { blockSize, baseBlock } = main.reading.blocks;
    const rest = catalog.images.filter(({ offset }) => !extents.hasContentAt(offset / blockSize + baseBlock));
    if (rest.length > 0 && left > rest.length) yield this.#bootEntries(rest, names, main.root.id);
  }

  /** Boot images that are no files of the disc. */
  #bootEntries(images: readonly BootImage[], names: Set<string>, rootId: number): Entry[] {
    const folder = folderOf('[BOOT]', names, this.main.boot?.at ?? 0, rootId, undefined);
    return [
      folder,
      ...images.map(
        (image): Entry => ({
          kind: EntryKind.File,
          path: `${folder.path}/${image.name}`,
          name: namedAs(image.name, Buffer.from(image.name), 'utf-8'),
          id: image.at,
          parentId: folder.id,
          isDeleted: false,
          streams: [bootStream(this.volume, image)],
          times: {},
          attributes: ['metadata'],
          facts: { platform: image.platform, isBootable: image.isBootable ? 'yes' : 'no' },
        }),
      ),
    ];
  }
}

/** A folder that is not on the disc, for what its main tree lacks. */
function folderOf(wish: string, names: Set<string>, id: number, parentId: number, tree: string | undefined): Entry {
  let text = wish;
  for (let count = 2; names.has(text); count++) text = `${wish} ${count}`;
  names.add(text);
  return {
    kind: EntryKind.Directory,
    path: text,
    name: namedAs(text, Buffer.from(text), 'utf-8'),
    id,
    parentId,
    isDeleted: false,
    streams: [],
    times: {},
    attributes: ['virtual'],
    ...(tree === undefined ? {} : { tree }),
  };
}

function typeOf({ volumes }: DescriptorSet, hasRockRidge: boolean): string {
  if (volumes[0]?.isHighSierra === true) return 'High Sierra';
  const extras = [...(hasRockRidge ? ['Rock Ridge'] : []), ...(volumes.some(({ kind }) => kind === 'joliet') ? ['Joliet'] : [])];
  return extras.length === 0 ? 'ISO 9660' : `ISO 9660 with ${extras.join(' and ')}`;
}
