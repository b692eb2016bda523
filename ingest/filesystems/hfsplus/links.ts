/** Hard links of HFS+: names that stand for a file or a folder in one of two hidden folders. Source: TN1150, "Hard Links"; xnu hfs_link.c. */
import type { Catalog } from '../hfs/catalog.ts';
import { type CatalogRecord, RecordKind, ROOT_ID } from '../hfs/record.ts';
import type { FinderInfo } from '../hfs/finder.ts';
import { nameIn } from './records.ts';

const FILES_FOLDER = '\0\0\0\0HFS+ Private Data';
const FOLDERS_FOLDER = '.HFS+ Private Directory Data\r';
const FILE_NAME = /^iNode(\d{1,10})$/;
const FOLDER_NAME = /^dir_(\d{1,10})$/;
/** Type and creator of the names: `hlnk`, `hfs+`; `fdrp`, `MACS`. */
const FILE_LINK = { type: 0x686c6e6b, creator: 0x6866732b };
const FOLDER_LINK = { type: 0x66647270, creator: 0x4d414353 };
type Codes = Pick<FinderInfo, 'type' | 'creator'>;
/** Links that are followed; those of a backup of years are a few millions. */
const MOST = 8 * 1024 * 1024;
/** Records of one node are fewer. */
const PER_NODE = 16_384;

export class Links {
  /** Where the record of a file stands, by the number in its name. */
  readonly #files = new Map<number, number>();
  /** Ids of folders, by the number in their names. */
  readonly #folders = new Map<number, number>();
  readonly #hidden = new Set<number>();

  private constructor(private readonly catalog: Catalog) {}

  static async read(catalog: Catalog): Promise<Links> {
    const links = new Links(catalog);
    for await (const record of catalog.recordsIn(ROOT_ID)) {
      const id = folderIdOf(record);
      const name = id === undefined ? '' : textOf(record);
      if (id === undefined || (name !== FILES_FOLDER && name !== FOLDERS_FOLDER)) continue;
      links.#hidden.add(id);
      for await (const inside of catalog.recordsIn(id)) links.#add(inside, name === FILES_FOLDER ? FILE_NAME : FOLDER_NAME);
    }
    return links;
  }

  #add(record: CatalogRecord, pattern: RegExp): void {
    const number = pattern.exec(textOf(record))?.[1];
    if (number === undefined || this.#files.size >= MOST || this.#folders.size >= MOST) return;
    const id = folderIdOf(record);
    if (id !== undefined && pattern === FOLDER_NAME) this.#folders.set(Number(number), id);
    else if (record.kind === RecordKind.File) this.#files.set(Number(number), record.node * PER_NODE + record.index);
  }

  /** Of a folder that holds what links lead to. */
  isHidden(folderId: number): boolean {
    return this.#hidden.has(folderId);
  }

  isFileLink({ type, creator }: Codes): boolean {
    return type === FILE_LINK.type && creator === FILE_LINK.creator;
  }

  /** The file that a link with that number stands for. */
  async fileOf(number: number): Promise<CatalogRecord | undefined> {
    const place = this.#files.get(number);
    return place === undefined ? undefined : this.catalog.record(Math.floor(place / PER_NODE), place % PER_NODE);
  }

  /** Id of the folder that it stands for; undefined for what is no link to a folder, or to none that is there. */
  folderOf({ type, creator }: Codes, number: number): number | undefined {
    return type === FOLDER_LINK.type && creator === FOLDER_LINK.creator ? this.#folders.get(number) : undefined;
  }
}

function folderIdOf({ kind, bytes, dataAt, end }: CatalogRecord): number | undefined {
  return kind === RecordKind.Folder && dataAt + 12 <= end ? bytes.readUInt32BE(dataAt + 8) : undefined;
}

function textOf({ bytes, at, dataAt }: CatalogRecord): string {
  const name = nameIn(bytes, at, dataAt);
  return name.length % 2 === 0 ? name.swap16().toString('utf16le') : '';
}
