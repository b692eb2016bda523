/** The footer of an SCP image: who captured it, with what, and when. */
import { ascii, escaped, layout, u32le, u8 } from '../../kernel/index.ts';
import type { ByteSource, MediaFacts } from '../media.ts';

/** Extension footer, from "SuperCard Pro Image File Specification" v2.5. */
const footer = layout('SCP footer', 48, {
  manufacturer: [0, u32le], // offsets of texts, 0 for none
  model: [4, u32le],
  serial: [8, u32le],
  creator: [12, u32le],
  application: [16, u32le],
  comments: [20, u32le],
  created: [24, u32le], // seconds since 1970, with their high halves behind
  createdHigh: [28, u32le],
  modified: [32, u32le],
  modifiedHigh: [36, u32le],
  applicationVersion: [40, u8], // a nibble each
  hardwareVersion: [41, u8],
  firmwareVersion: [42, u8],
  formatRevision: [43, u8],
  mark: [44, ascii(4)],
});

const TEXT_SIZE = 4096;

/** None where there is no footer. */
export async function footerFacts(container: ByteSource): Promise<MediaFacts> {
  if (container.size < footer.size) return {};
  const f = footer.decode(await container.read(container.size - footer.size, footer.size));
  if (f.mark !== 'FPCS') return {};
  const facts: Record<string, string> = {};
  const put = (name: string, value: string | undefined): void => {
    if (value !== undefined && value !== '') facts[name] = value;
  };
  const model = [await textAt(container, f.manufacturer), await textAt(container, f.model)].filter((text) => text !== undefined);
  put('hardware', model.join(' '));
  put('serialNumber', await textAt(container, f.serial));
  put('examiner', await textAt(container, f.creator));
  put('captureTool', await textAt(container, f.application));
  put('notes', await textAt(container, f.comments));
  put('captureToolVersion', version(f.applicationVersion));
  put('hardwareVersion', version(f.hardwareVersion));
  put('firmwareVersion', version(f.firmwareVersion));
  put('formatVersion', version(f.formatRevision));
  put('capturedAt', date(f.created, f.createdHigh));
  put('modifiedAt', f.modified === f.created ? undefined : date(f.modified, f.modifiedHigh));
  return facts;
}

function version(byte: number): string | undefined {
  return byte === 0 ? undefined : `${byte >> 4}.${byte & 15}`;
}

function date(low: number, high: number): string | undefined {
  const seconds = high * 0x1_0000_0000 + low;
  return seconds === 0 || high > 1 ? undefined : new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}

/** A length of two bytes, then UTF-8. */
async function textAt(container: ByteSource, offset: number): Promise<string | undefined> {
  if (offset === 0 || offset + 2 > container.size) return undefined;
  const length = (await container.read(offset, 2)).readUInt16LE();
  if (length > TEXT_SIZE || offset + 2 + length > container.size) return undefined;
  const text = escaped(await container.read(offset + 2, length)).trim();
  return text === '' ? undefined : text;
}
