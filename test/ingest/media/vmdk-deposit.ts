/** Deposits of VMDK files for tests: fixtures by name, and disks built in memory. */
import { readFileSync } from 'node:fs';
import { deflateSync, gunzipSync } from 'node:zlib';
import { Fault } from '#ingest/kernel';
import { type Extent, type Media, companionsOf, openMedia } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';

export function fixture(name: string): Buffer {
  return gunzipSync(readFileSync(new URL(`../../fixtures/media/${name}.gz`, import.meta.url)));
}

/** Opens the first of `files` among the others. */
export function openDeposit(files: Readonly<Record<string, Buffer | string>>): Promise<Media> {
  const [own = ''] = Object.keys(files);
  const bytes = (name: string): Buffer => Buffer.from(files[name] ?? '');
  const companions = companionsOf(own, Object.keys(files), (name) => Promise.resolve(bufferSource(bytes(name))));
  return openMedia(bufferSource(bytes(own)), companions);
}

/** What opening refuses with, and how long it took. */
export async function refusal(files: Readonly<Record<string, Buffer | string>>): Promise<Fault> {
  try {
    await using media = await openDeposit(files);
    throw new Error(`a medium of ${media.size} bytes was opened`);
  } catch (error) {
    if (error instanceof Fault) return error;
    throw error;
  }
}

export const codes = (media: Media): string[] => media.warnings.map(({ code }) => code);

export async function extentsOf(media: Media): Promise<Extent[]> {
  const found: Extent[] = [];
  for await (const extent of media.extents()) found.push(extent);
  return found;
}

export function descriptor(lines: readonly string[], head: Readonly<Record<string, string>> = {}): string {
  const values = { version: '1', CID: '11111111', parentCID: 'ffffffff', createType: '"custom"', ...head };
  const text = Object.entries(values).map(([key, value]) => `${key}=${value}`);
  return ['# Disk DescriptorFile', ...text, ...lines, ''].join('\n');
}

/** A copy with a number written at `at`; 1, 4 or 8 bytes, little-endian. */
export function patched(bytes: Buffer, at: number, value: number | bigint, width = typeof value === 'bigint' ? 8 : 4): Buffer {
  const copy = Buffer.from(bytes);
  if (width === 8) copy.writeBigUInt64LE(BigInt(value), at);
  else copy.writeUIntLE(Number(value), at, width);
  return copy;
}

/** A stream of 5 grains of 64 KiB filled with 1, 2, 3 … as VMware writes it; `plan` names them in order of the file. */
export function stream(
  plan: readonly { sector: number; fill: number; packed?: Buffer; marked?: number }[],
  capacity = 640,
): Buffer {
  const header = Buffer.alloc(512);
  header.write('KDMV');
  header.writeUInt32LE(3, 4);
  header.writeUInt32LE(0x30001, 8);
  header.writeBigUInt64LE(BigInt(capacity), 12);
  header.writeBigUInt64LE(128n, 20);
  header.writeBigUInt64LE(1n, 28);
  header.writeBigUInt64LE(20n, 36);
  header.writeUInt32LE(512, 44);
  header.writeBigUInt64LE(0xffff_ffff_ffff_ffffn, 56);
  header.writeBigUInt64LE(21n, 64);
  header.write('\n \r\n', 73, 'latin1');
  header.writeUInt16LE(1, 77);
  const text = Buffer.alloc(20 * 512);
  text.write(descriptor([`RW ${capacity} SPARSE "stream.vmdk"`], { createType: '"streamOptimized"' }));
  const parts = [header, text];
  let sectors = 21;
  const table = Buffer.alloc(2048);
  const add = (bytes: Buffer): number => {
    const whole = Buffer.alloc(Math.ceil(bytes.length / 512) * 512);
    bytes.copy(whole);
    parts.push(whole);
    sectors += whole.length / 512;
    return sectors - whole.length / 512;
  };
  const marker = (value: number, type: number): void => {
    const bytes = Buffer.alloc(512);
    bytes.writeUInt32LE(value, 0);
    bytes.writeUInt32LE(type, 12);
    add(bytes);
  };
  for (const { sector, fill, packed = deflateSync(Buffer.alloc(65536, fill)), marked = sector } of plan) {
    const head = Buffer.alloc(12);
    head.writeBigUInt64LE(BigInt(marked));
    head.writeUInt32LE(packed.length, 8);
    table.writeUInt32LE(add(Buffer.concat([head, packed])), (sector / 128) * 4);
  }
  marker(4, 1);
  const directory = Buffer.alloc(512);
  directory.writeUInt32LE(add(table));
  marker(1, 2);
  const place = add(directory);
  marker(1, 3);
  add(patched(header, 56, BigInt(place)));
  marker(0, 0);
  return Buffer.concat(parts);
}
