/** Signatures of formats, wherever they come from: PRONOM's file, or our own table. */
import type { Sequence } from './sequence.ts';

export interface Format {
  readonly puid: string;
  readonly title: string;
  readonly version?: string;
  readonly mime?: string;
  /** Lower case, without the dot. */
  readonly extensions: readonly string[];
  /** PUIDs of formats that are less exact: not told where this one is. */
  readonly above: readonly string[];
}

/** All its sequences must stand in the file. */
export interface Signature {
  readonly puids: readonly string[];
  readonly sequences: readonly Sequence[];
}

export interface ContainerFile {
  /** As in the container, `/` between folders. */
  readonly path: string;
  /** Signatures of which one must stand in it; empty when it need only be there. */
  readonly signatures: readonly (readonly Sequence[])[];
}

/** All its files must be in the container. */
export interface ContainerSignature {
  readonly kind: 'zip' | 'ole2';
  readonly puid: string;
  readonly files: readonly ContainerFile[];
}

export interface SignatureSet {
  /** For the record: `PRONOM`, `Strongroom`. */
  readonly name: string;
  readonly version: string;
  readonly formats: ReadonlyMap<string, Format>;
  readonly signatures: readonly Signature[];
  readonly containers: readonly ContainerSignature[];
  /** PUIDs of files that are looked into as containers. */
  readonly triggers: ReadonlyMap<string, ContainerSignature['kind']>;
  /** Ids of signatures that this version can't read: they tell nothing. */
  readonly notUnderstood: readonly string[];
}
