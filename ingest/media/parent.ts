/** The parent of a differencing image, found among the deposited files by what identifies it, never by its name. */
import { Fault, FaultKind, escaped } from '../kernel/index.ts';
import type { ByteSource, Companions, Media } from './media.ts';
import type { Run } from './runs.ts';

export interface Parent {
  readonly name: string;
  readonly media: Media;
  readonly warnings: readonly Fault[];
}

export interface ParentSearch {
  /** Id of the format: a parent is of the same. */
  readonly format: string;
  /** What the child called it: asked first. Names alone prove nothing. */
  readonly names?: readonly string[];
  /** `same`: identified, and as the child knew it; `changed`: identified, but written to since; undefined: another file. Throws nothing. */
  match(source: ByteSource): Promise<'same' | 'changed' | undefined>;
  /** What to say of a parent that is `changed`. */
  changed?(name: string): string;
  /** What to say when there is none. */
  missing(): Fault;
}

/** @throws Fault that `missing` makes; and what opening the parent throws. */
export async function openParent(companions: Companions, search: ParentSearch): Promise<Parent> {
  const { format } = search;
  const hints = new Set(search.names?.map((name) => name.toLowerCase()));
  const isHinted = (name: string): boolean => hints.has(name.toLowerCase());
  const found: { name: string; how: 'same' | 'changed' }[] = [];
  for (const name of [...companions.names.filter(isHinted), ...companions.names.filter((name) => !isHinted(name))]) {
    const source = await companions.find(name);
    const how = source === undefined ? undefined : await search.match(source);
    if (how === undefined) continue;
    found.push({ name, how });
    // Identity and name agree: no need to open every other file of a large deposit.
    if (how === 'same' && isHinted(name)) break;
  }
  const best = found.find(({ how }) => how === 'same') ?? found[0];
  const media = best === undefined ? undefined : await openNamed(companions, best.name, format);
  if (best === undefined || media === undefined) throw search.missing();
  const warnings: Fault[] = [...media.warnings];
  const facts = { format, parent: best.name };
  const change = best.how === 'changed' ? search.changed?.(escaped(best.name)) : undefined;
  if (change !== undefined) warnings.push(new Fault(FaultKind.Corrupt, 'media/parent-changed', change, facts));
  const others = found.filter((each) => each !== best && each.how === best.how).map(({ name }) => name);
  if (others.length > 0) {
    const message = `"${escaped(best.name)}" is taken as the parent; ${others.map((name) => `"${escaped(name)}"`).join(', ')} could be it as well; deposit only one of them`;
    warnings.push(new Fault(FaultKind.Corrupt, 'media/parent-ambiguous', message, { ...facts, others }));
  }
  return { name: best.name, media, warnings };
}

/** A Fault of the parent says that it is the parent's. */
async function openNamed(companions: Companions, name: string, format: string): Promise<Media | undefined> {
  try {
    return await companions.media(name, format);
  } catch (error) {
    if (!(error instanceof Fault) || 'parent' in error.facts) throw error;
    const message = `the parent "${escaped(name)}": ${error.message}`;
    throw new Fault(error.kind, error.code, message, { ...error.facts, parent: name }, { cause: error });
  }
}

/** What the parent has at `offset`; zeros without one, and behind its end. */
export function below(parent: Media | undefined, offset: number, length: number): Run {
  if (parent === undefined || offset >= parent.size) return { kind: 'zero', offset, length };
  return { kind: 'stored', offset, length: Math.min(length, parent.size - offset), source: parent, at: offset };
}

/** The last part of a path of any system, for a message; never a name to open. '' when there is none. */
export function lastPart(path: string): string {
  const bare = path.replace(/\0[^]*$/, '');
  return escaped(bare.split(/[\\/:]/).at(-1) ?? '');
}
