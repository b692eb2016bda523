/**
 * What an export with history adds to the sealed bag: the later events, and one more tag manifest that vouches for them.
 *
 * The sealed tag manifest stays byte for byte what it was (its digest is a leaf of the journal, and stands for the package),
 * so it can't list the new file. RFC 8493 §2.2.1 allows several tag manifests, one per algorithm: the added one, in an
 * algorithm that the package was not sealed with, lists every tag file, the sealed ones and the new one, and no tag manifest.
 * Sealed and added manifest then differ in the set they list, which the RFC advises against (SHOULD) and does not forbid:
 * the bag is valid, and whoever drops the two added files has the sealed package again.
 */
import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { Fault, FaultKind } from '../kernel/index.ts';
import type { Spool } from './spool.ts';

export const HISTORY_PATH = 'metadata/premis-since-sealing.xml';

/** In this order of preference: every BagIt 1.0 tool must know sha512, the common ones know sha384. */
const ALGORITHMS = ['sha512', 'sha384'] as const;

/** A file of the export that does not lie in the package's storage. */
export interface AddedFile {
  readonly path: string;
  readonly size: number;
  readonly sha256: string;
  read(): Promise<Readable>;
}

/** The events, put aside first: an archive's header needs their size before their bytes. */
export async function addedEvents(events: AsyncIterable<string | Uint8Array>, spool: Spool): Promise<AddedFile> {
  const hash = createHash('sha256');
  for await (const piece of events) {
    const bytes = typeof piece === 'string' ? Buffer.from(piece, 'utf8') : Buffer.from(piece);
    hash.update(bytes);
    await spool.add(bytes);
  }
  return { path: HISTORY_PATH, size: spool.size, sha256: hash.digest('hex'), read: async () => spool.read() };
}

/** @throws Fault 'export/history-taken' when the sealed package leaves no room for the two files. */
export function algorithmOfHistory(taken: ReadonlySet<string>): string {
  const free = ALGORITHMS.find((algorithm) => !taken.has(`tagmanifest-${algorithm}.txt`));
  if (free !== undefined && !taken.has(HISTORY_PATH)) return free;
  throw new Fault(
    FaultKind.Refused,
    'export/history-taken',
    free === undefined
      ? `the package was sealed with tag manifests in ${ALGORITHMS.join(' and ')}, so none is left for its history; export it without`
      : `the package was sealed with a file ${HISTORY_PATH} of its own; export it without history`,
  );
}

/** The added tag manifest, line by line as the tag files pass. */
export class AddedTagManifest {
  readonly algorithm: string;
  private readonly spool: Spool;
  private readonly hash = createHash('sha256');

  constructor(algorithm: string, spool: Spool) {
    this.algorithm = algorithm;
    this.spool = spool;
  }

  async add(path: string, digest: string): Promise<void> {
    const line = Buffer.from(`${digest}  ${encodedPath(path)}\n`, 'utf8');
    this.hash.update(line);
    await this.spool.add(line);
  }

  /** When every tag file has been added. */
  finished(): AddedFile {
    const { spool } = this;
    const path = `tagmanifest-${this.algorithm}.txt`;
    return { path, size: spool.size, sha256: this.hash.digest('hex'), read: async () => spool.read() };
  }
}

/** RFC 8493 §2.1.3: LF, CR and `%`, nothing else. */
function encodedPath(path: string): string {
  return path.replaceAll('%', '%25').replaceAll('\n', '%0A').replaceAll('\r', '%0D');
}
