/** The medium of a container that keeps it in one piece behind a header: a window of the container, whole or cut. */
import { Fault, FaultKind } from '../../kernel/index.ts';
import { mappedMedia } from '../mapped-media.ts';
import type { ByteSource, Media, MediaFacts, Range } from '../media.ts';

export interface FlatMediaSettings {
  readonly format: string;
  /** Where the medium begins in the container. */
  readonly at: number;
  /** Of the medium, as its header says; what the container lacks of it is `absent`, with a warning 'floppy/cut'. */
  readonly size: number;
  readonly sectorSize: number;
  readonly facts?: MediaFacts;
  readonly warnings?: readonly Fault[];
  /** What lies there but was read with an error; sorted, apart from each other. */
  readonly unread?: readonly Range[];
}

/** @throws Fault 'floppy/no-data' when nothing of it is there. */
export function flatMedia(container: ByteSource, settings: FlatMediaSettings): Media {
  const { format, at, size, sectorSize, facts = {}, warnings = [], unread = [] } = settings;
  const there = Math.min(size, container.size - at);
  if (there <= 0) {
    const message = `the header (${format}) says that ${size} bytes of disk begin at byte ${at} of ${container.size}; nothing is there`;
    throw new Fault(FaultKind.Truncated, 'floppy/no-data', message, { format, at, size, containerSize: container.size });
  }
  return mappedMedia({
    format,
    size,
    sectorSize,
    facts,
    warnings: there < size ? [...warnings, cut(format, size, there)] : warnings,
    unread,
    map(offset, length) {
      if (offset >= there) return Promise.resolve([{ kind: 'absent', offset, length }]);
      const stored = Math.min(length, there - offset);
      return Promise.resolve([{ kind: 'stored', offset, length: stored, source: container, at: at + offset }]);
    },
  });
}

function cut(format: string, size: number, there: number): Fault {
  const message = `the disk has ${size} bytes and the image (${format}) holds ${there} of them; the end is missing, ask for a whole copy`;
  return new Fault(FaultKind.Truncated, 'floppy/cut', message, { format, size, there });
}
