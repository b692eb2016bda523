/** The other files of a deposit, found by bare name; and parents opened as media, with a guard against loops. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type { ByteSource, Companions, Content, Media } from './media.ts';

/** Longest chain of parents: what VMware and Hyper-V allow is far below. */
const LONGEST_CHAIN = 64;
/** `disk.vmdk.gz` in a zip is one too many for nobody; a third wrapper is no accident. */
const MOST_WRAPPERS = 2;

/** Opens a container by its format; open.ts gives it, since formats and companions must not know the registry. */
export type OpenMedia = (container: ByteSource, companions: Companions, as?: string) => Promise<Media>;

export class DepositCompanions implements Companions, AsyncDisposable {
  readonly names: readonly string[];
  readonly #byLowerCase = new Map<string, string[]>();
  readonly #opened = new Map<string, Promise<ByteSource | undefined>>();

  /**
   * @param own bare name of the container.
   * @param open opens one of `names`, and `own` again for a parent that asks for it; each is opened once, when it is first asked
   * for, and closed with this (the companions that a parent gets are never closed: theirs are ours).
   */
  constructor(
    readonly own: string,
    names: readonly string[],
    private readonly open: (name: string) => Promise<ByteSource | undefined>,
    private readonly openMedia: OpenMedia,
    private readonly above: readonly string[] = [],
    private readonly wrappers = 0,
    readonly content?: Content,
  ) {
    this.names = names.filter((name) => name !== own).toSorted();
    for (const name of [own, ...this.names]) {
      const key = name.toLowerCase();
      this.#byLowerCase.set(key, [...(this.#byLowerCase.get(key) ?? []), name]);
    }
  }

  async find(name: string): Promise<ByteSource | undefined> {
    const found = this.#resolve(name);
    return found === undefined || found === this.own ? undefined : this.#source(found);
  }

  async media(name: string, as?: string): Promise<Media | undefined> {
    const found = this.#resolve(name);
    if (found === undefined) return undefined;
    const chain = [...this.above, this.own];
    if (chain.includes(found)) {
      const message = `"${found}" is its own ancestor: ${[...chain, found].join(' → ')}; the chain of parents is damaged or forged`;
      throw new Fault(FaultKind.Corrupt, 'media/chain-loop', message, { chain: [...chain, found] });
    }
    if (chain.length > LONGEST_CHAIN) {
      const message = `more than ${LONGEST_CHAIN} parents stand behind each other; merge the snapshots first`;
      throw new Fault(FaultKind.Unsupported, 'media/chain-long', message, { limit: LONGEST_CHAIN });
    }
    const source = await this.find(found);
    if (source === undefined) return undefined;
    // A parent sees its children too, so that one that names a child as its own parent is told as a loop.
    const others = [this.own, ...this.names].filter((other) => other !== '');
    const below = new DepositCompanions(found, others, (other) => this.#source(other), this.openMedia, chain, this.wrappers);
    return this.openMedia(source, below, as);
  }

  inner(source: ByteSource, name: string, as?: string): Promise<Media> {
    if (this.wrappers >= MOST_WRAPPERS) {
      const message = `more than ${MOST_WRAPPERS} wrappers are around each other; unpack the image and deposit it itself`;
      return Promise.reject(new Fault(FaultKind.Unsupported, 'media/wrapped-deep', message, { limit: MOST_WRAPPERS }));
    }
    const find = (other: string): Promise<ByteSource | undefined> => this.find(other);
    const inside = new DepositCompanions(name, this.names, find, this.openMedia, this.above, this.wrappers + 1);
    return this.openMedia(source, inside, as);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const sources = await Promise.allSettled(this.#opened.values());
    for (const result of sources) if (result.status === 'fulfilled') await result.value?.[Symbol.asyncDispose]();
  }

  #source(name: string): Promise<ByteSource | undefined> {
    let source = this.#opened.get(name);
    if (source === undefined) this.#opened.set(name, (source = this.open(name)));
    return source;
  }

  #resolve(name: string): string | undefined {
    const same = this.#byLowerCase.get(name.toLowerCase()) ?? [];
    if (same.includes(name)) return name;
    return same.length === 1 ? same[0] : undefined;
  }
}
