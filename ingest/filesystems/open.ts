/** The entry of filesystems: which file systems a volume holds. Bridges and hybrids hold several; all of them are opened. */
import { Fault, FaultKind } from '../kernel/index.ts';
import type { ByteSource } from '../media/index.ts';
import { Confidence, type FileSystem, type FileSystemFormat, OPEN_OPTIONS, type OpenOptions } from './filesystems.ts';
import { fileSystems } from './registry.ts';

export interface OpenedFileSystems extends AsyncDisposable {
  /** The surest first; empty when no format knows the volume. */
  readonly found: readonly FileSystem[];
  readonly warnings: readonly Fault[];
}

/**
 * The surest alone; beside it only what stands on one volume by design. Two that are equally sure are both opened, with a warning:
 * which of them is a remnant is seen by their files.
 * @throws Fault of kind 'unreadable' when the storage fails. Closing it leaves the volume open.
 */
export async function openFileSystems(volume: ByteSource, options: OpenOptions = OPEN_OPTIONS): Promise<OpenedFileSystems> {
  const sure: { format: FileSystemFormat; confidence: number }[] = [];
  const found: FileSystem[] = [];
  const warnings: Fault[] = [];
  for (const format of fileSystems.values()) {
    const confidence = await orWarning(() => format.probe(volume));
    if (confidence !== undefined && confidence !== Confidence.No) sure.push({ format, confidence });
  }
  sure.sort((a, b) => b.confidence - a.confidence);
  const top = sure[0]?.confidence ?? 0;
  const alone = sure.filter(({ format, confidence }) => format.isBridge !== true && confidence === top);
  if (alone.length > 1) warnings.push(ambiguous(alone.map(({ format }) => format.title)));
  for (const { format, confidence } of sure) {
    if (confidence !== top && (format.isBridge !== true || confidence <= Confidence.Guess)) continue;
    const opened = await orWarning(() => format.open(volume, options));
    if (opened !== undefined) found.push(opened);
  }
  return {
    found,
    warnings,
    async [Symbol.asyncDispose]() {
      for (const each of found) await each[Symbol.asyncDispose]();
    },
  };

  async function orWarning<T>(act: () => Promise<T>): Promise<T | undefined> {
    try {
      return await act();
    } catch (error) {
      if (!(error instanceof Fault) || error.kind === FaultKind.Unreadable) throw error;
      warnings.push(error);
      return undefined;
    }
  }
}

function ambiguous(titles: readonly string[]): Fault {
  const message = `the volume is ${titles.join(' and ')} with equal right; one of them is a remnant of an earlier use`;
  return new Fault(FaultKind.Unsupported, 'filesystem/ambiguous', message, { titles });
}
