/**
 * The contract of an exporter: a package's entries in, one file or one folder out.
 *
 * An exporter decides how the result looks and nothing else. Order, verification, cancellation, progress, free space, the
 * private place beside the target and its renaming are done once, for all of them, by exportPackage.
 */

export interface ExportFolder {
  readonly kind: 'folder';
  /** Path in the package, `/` between its parts, none at the end; '' is the package itself. */
  readonly path: string;
}

export interface ExportFile {
  readonly kind: 'file';
  /** Path in the package, `/` between its parts; any characters but NUL, line ends included. */
  readonly path: string;
  /** In bytes. */
  readonly size: number;
  /**
   * The file's bytes, exactly `size` of them; the end is reached only when their SHA-256 is the sealed one. Must be read to
   * the end before the next entry is asked for; the buffers are the reader's to keep.
   * @throws Fault 'export/altered', 'export/missing'; 'export/unreadable' and the storage's own when a retry may help.
   */
  read(): AsyncGenerator<Uint8Array, void, undefined>;
}

export type ExportEntry = ExportFolder | ExportFile;

/** What is exported, as an exporter sees it. */
export interface Contents {
  /** The package's id: the one top folder of an archive. */
  readonly id: string;
  /** The one date of every entry. */
  readonly sealedAt: Date;
  /**
   * Every folder and file, in byte order of the paths, a folder before what it holds, the package's own folder first. Only
   * the tag manifest of an export with history comes last, out of order. Read once.
   */
  entries(): AsyncIterable<ExportEntry>;
}

export interface Written {
  /** Of all files made, in bytes, holes included. */
  readonly bytes: number;
  /** Of the one file made; absent when a folder was made. */
  readonly sha256?: string;
}

/** One file in exporters/; its `id` is the file's name. */
export interface Exporter {
  readonly id: string;
  readonly title: string;
  /** Of the file made, dot included; '' when a folder is made. */
  readonly extension: string;
  /**
   * Asked for every file before the first byte is written; absent when every path can be taken.
   * @throws Fault with a way out, when the result can't hold this path under that name.
   */
  readonly mustTake?: (id: string, path: string) => void;
  /**
   * Makes `target`, durable down to its bytes and its own folders. Depends on the contents alone, never on the machine's time
   * zone, language or user. May leave other files beside the target: their folder is private and thrown away.
   * @param target does not exist; its folder does.
   */
  write(contents: Contents, target: string): Promise<Written>;
}
