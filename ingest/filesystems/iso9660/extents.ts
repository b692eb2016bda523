/** Which stretches the files of a tree take: what another tree of the disc names again is the same file. */

export class Extents {
  /** Size by first block; several where files begin together and end apart. */
  readonly #files = new Map<number, number | Set<number>>();
  readonly #directories = new Set<number>();
  /** Empty files have no place: they are told by name, in lower case. */
  readonly #empty = new Set<string>();

  addDirectory(block: number): void {
    this.#directories.add(block);
  }

  hasDirectory(block: number): boolean {
    return this.#directories.has(block);
  }

  /** @param path from the root of its tree. */
  addFile(block: number, size: number, path: string): void {
    if (size === 0) this.#empty.add(path.toLowerCase());
    const known = this.#files.get(block);
    if (known === undefined) this.#files.set(block, size);
    else if (typeof known === 'number') {
      if (known !== size) this.#files.set(block, new Set([known, size]));
    } else known.add(size);
  }

  hasFile(block: number, size: number, path: string): boolean {
    return (size === 0 && this.#empty.has(path.toLowerCase())) || this.#has(block, size);
  }

  /** A file of that size, not empty, begins there. */
  hasContent(block: number, size: number): boolean {
    return size > 0 && this.#has(block, size);
  }

  #has(block: number, size: number): boolean {
    const known = this.#files.get(block);
    return typeof known === 'number' ? known === size : known?.has(size) === true;
  }

  /** Whether a file with content begins there. */
  hasContentAt(block: number): boolean {
    const known = this.#files.get(block);
    return typeof known === 'number' ? known > 0 : known !== undefined;
  }
}
