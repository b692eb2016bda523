/** The medium of formats that wrap nothing: the container's bytes, all of them, as they are. */
import type { Fault } from '../kernel/index.ts';
import { type ByteSource, ExtentKind, type Media, type MediaFacts, type Range, checkWindow } from './media.ts';

export interface WholeMediaSettings {
  readonly format: string;
  readonly sectorSize: number;
  readonly facts?: MediaFacts;
  readonly warnings?: readonly Fault[];
}

/** Closing it leaves the container open. */
export function wholeMedia(container: ByteSource, settings: WholeMediaSettings): Media {
  const { format, sectorSize, facts = {}, warnings = [] } = settings;
  return {
    format,
    isWhole: true,
    sectorSize,
    facts,
    storedDigests: {},
    parts: [],
    warnings,
    size: container.size,
    read: (offset, length) => container.read(offset, length),
    async *extents({ offset, length }: Range = { offset: 0, length: container.size }) {
      checkWindow(container.size, offset, 0, 'the medium');
      if (length > 0) yield { offset, length: Math.min(length, container.size - offset), kind: ExtentKind.Data };
    },
    [Symbol.asyncDispose]: () => Promise.resolve(),
  };
}
