/** identify(): names by content; qemu-img, ewfacquire, gzip and mtools judge where they are installed. */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import * as fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { companionsOf, fileSource, formats, identify, openMedia } from '#ingest/media';
import { CONTAINERS, OTHERS } from '#built/ingest/media/signatures';
import { bufferSource } from './buffer-source.ts';
import { has, run } from './tools.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'identify-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** 64 KiB that nothing else claims, with the given pieces laid into it. */
function made(...pieces: readonly (readonly [number, string | Buffer])[]): Buffer {
  const bytes = Buffer.alloc(65_536 + 7);
  for (const [offset, piece] of pieces)
    Buffer.from(piece as string, 'latin1').copy(bytes, offset < 0 ? bytes.length + offset : offset);
  return bytes;
}

const rows = [...CONTAINERS, ...OTHERS].filter((row) => row.where === undefined && row.at.length > 0);

describe('a signature', () => {
  it.each(rows.map((row) => [row.title, row] as const))('of %s is told', async (_title, row) => {
    const found = await identify(bufferSource(made(...row.at)));
    expect(found).toMatchObject({ id: row.id, basis: 'signature' });
  });

  it.each([
    ['msa', made([0, '\x0e\x0f\0\x09\0\x01\0\0\0\x4f'])],
    ['imd', made([0, 'IMD 1.18: 01/02/2003 04:05:06\r\nnote\x1a'])],
    ['td0', made([0, 'TD\0\x77\x15\0\x03\0\0\x02'])],
    ['atr', made([0, '\x96\x02\x80\x16\x80\0'])],
    ['cqm', made([0, 'CQ\x14\0\x02'])],
    ['scp', made([0, 'SCP\x22\x80\x03\0\x9f\x01\0\0\0'])],
    ['kryoflux', made([0, '\r\x04\x40\0host_date=2015.01.01, name=KryoFlux DiskSystem, version=2.20s, date=Jan  1 2014'])],
    ['aff4', made([0, 'PK\x03\x04'], [30, 'container.descriptionaff4://x'])],
    ['vmdk', made([0, ' # disk descriptorfile\nversion=1\n'])],
    ['bzip2', made([0, 'BZh91AY&SY'])],
    ['cdi', made([-8, '\x06\0\0\x80\0\x10\0\0'])],
    ['qcow2', made([0, 'QFI\xfb\0\0\0\x03'])],
  ])('of %s that needs more than a mark is told', async (id, bytes) => {
    expect((await identify(bufferSource(bytes))).id).toBe(id);
  });

  it('of Disk Copy 4.2 counts only when the sizes fit', async () => {
    const image = Buffer.alloc(84 + 409_600 + 9600);
    image.write('\x04Disk', 'latin1');
    image.writeUInt32BE(409_600, 64);
    image.writeUInt32BE(9600, 68);
    image.writeUInt16BE(0x0100, 82);
    expect(await identify(bufferSource(image))).toMatchObject({ id: 'dc42', puid: 'fmt/625' });
    expect((await identify(bufferSource(image.subarray(0, 300_000)))).id).toBe('raw');
  });

  it('of a D88 holds its own size', async () => {
    const image = Buffer.alloc(40_000);
    image.writeUInt32LE(40_000, 28);
    image.writeUInt32LE(688, 32);
    expect((await identify(bufferSource(image))).id).toBe('d88');
    image.writeUInt32LE(40_001, 28);
    expect((await identify(bufferSource(image))).id).toBe('raw');
  });

  it.each([
    ['MSA', '\x0e\x0f\xff\xff'],
    ['Teledisk', 'TD\0\0\xff'],
    ['gzip', '\x1f\x8b\x07'],
    ['bzip2', 'BZhello'],
    ['QCOW of an unknown version', 'QFI\xfb\0\0\0\x09'],
  ])('of %s is not seen in bytes that only begin alike', async (_what, start) => {
    expect(await identify(bufferSource(made([0, start])))).toMatchObject({ id: 'raw', readable: true });
  });
});

describe('a medium', () => {
  it('with nothing to tell is raw, and says so', async () => {
    expect(await identify(bufferSource(made()))).toEqual({
      id: 'raw',
      isWhole: true,
      title: 'Raw disk image',
      kind: 'image',
      basis: 'none',
      readable: true,
    });
  });

  it.each([
    ['fmt/1609', made([0, '\xebv\x90EXFAT   '])],
    ['fmt/1742', made([1024, 'H+\0\x04'])],
    ['fmt/1105', made([1024, 'BD'])],
    ['fmt/1740', made([0, 'ER\x02\0'], [512, 'PM'])],
    ['fmt/1087', made([0, '\xeb\x3c\x90'], [11, '\0\x02'], [54, 'FAT16   '])],
  ])('has the name that PRONOM gives its content: %s', async (puid, bytes) => {
    expect(await identify(bufferSource(bytes))).toMatchObject({ id: 'raw', puid, basis: 'signature', readable: true });
  });

  it('of a floppy size is a floppy by its size alone', async () => {
    expect(await identify(bufferSource(Buffer.alloc(1_474_560)))).toMatchObject({ id: 'floppy', basis: 'size' });
  });

  it.each([0x00, 0xe5, 0xf6, 0xff])('full of byte %i is a medium, not text', async (fill) => {
    expect((await identify(bufferSource(Buffer.alloc(100_000, fill)))).id).toBe('raw');
  });
});

describe('a paper', () => {
  it.each([
    ['text', 'x-fmt/111', 'Acquired using: ADI4.2\r\nExaminer: M\xfcller\r\n'],
    ['text', 'x-fmt/111', Buffer.from('光盘里的文件。'.repeat(900))],
    ['text', 'x-fmt/111', Buffer.from('\ufeffMD5  C:\\x.img', 'utf16le')],
    ['xml', 'fmt/101', '\xef\xbb\xbf<?xml version="1.0"?><dfxml/>'],
    ['json', 'fmt/817', '{ "case": 7 }'],
    ['jpeg', 'fmt/43', '\xff\xd8\xff\xe0\0\x10JFIF\0\x01\x01\0'],
    ['pdf', 'fmt/18', '%PDF-1.4\n%\xe2\xe3\xcf\xd3\n'],
    ['pdf', 'fmt/1129', '%PDF-2.0\n'],
    ['tiff', 'fmt/353', 'II*\0\x08\0\0\0'],
    ['mds', 'fmt/1759', 'MEDIA DESCRIPTOR\x01\x03'],
  ])('is told: %s %s', async (id, puid, content) => {
    const bytes = typeof content === 'string' ? Buffer.from(content, 'latin1') : content;
    expect(await identify(bufferSource(bytes))).toMatchObject({ id, puid, kind: 'paper', readable: false });
  });

  it.each([
    'PRI line 1 is up\n',
    'PSI 30, tyres\n',
    'SINCLAIR ZX Spectrum, donated 2019\n',
    'FAT: the file system of the disk\n',
  ])('that begins with a mark is still a text: %j', async (content) => {
    expect(await identify(bufferSource(Buffer.from(content)))).toMatchObject({ id: 'text' });
  });

  it('is not opened as a medium', async () => {
    await expect(openMedia(bufferSource(Buffer.from('%PDF-1.4\n')))).rejects.toMatchObject({ code: 'media/no-image' });
  });
});

describe('the name', () => {
  it('never decides, but a false promise is told', async () => {
    const found = await identify(bufferSource(made()), 'disk.E01');
    expect(found).toMatchObject({ id: 'raw', readable: true, nameMismatch: { extension: 'e01', suggests: ['ewf'] } });
  });

  it.each(['disk.img', 'disk.bin', 'disk', '.e01', 'disk.001'])('%s promises nothing', async (name) => {
    expect((await identify(bufferSource(made()), name)).nameMismatch).toBeUndefined();
  });

  it('that tells the truth is no mismatch', async () => {
    expect((await identify(bufferSource(made([0, 'KDMV'])), 'a.VMDK')).nameMismatch).toBeUndefined();
  });
});

describe.runIf(has('qemu-img'))('what qemu-img writes', () => {
  it.each([
    ['qcow2', 'qcow2', []],
    ['qcow', 'qcow', []],
    ['vmdk', 'vmdk', []],
    ['vmdk', 'vmdk', ['-o', 'subformat=monolithicFlat']],
    ['vmdk', 'vmdk', ['-o', 'subformat=streamOptimized']],
    ['vdi', 'vdi', []],
    ['vhdx', 'vhdx', []],
    ['vpc', 'vhd', []],
    ['vpc', 'vhd', ['-o', 'subformat=fixed']],
    ['parallels', 'parallels', []],
    ['qed', 'qed', []],
  ])('as %s is %s, and is read as that or refused, never read as raw', async (format, id, options) => {
    const path = join(folder, `${format}-${options.length}.image`);
    run('qemu-img', ['create', '-q', '-f', format, ...options, path, '4M']);
    await using container = await fileSource(path);
    expect(await identify(container)).toMatchObject({ id, readable: formats.has(id), basis: 'signature' });
    await using companions = companionsOf(basename(path), await readdir(folder), (name) => fileSource(join(folder, name)));
    const answer = await openMedia(container, companions).catch((error: unknown) => error);
    expect(answer).toMatchObject(formats.has(id) ? { format: id } : { kind: 'unsupported', code: 'media/not-read' });
  });

  it('keeps the container before the file system that shows through it: a fixed VHD of a floppy', async () => {
    const raw = join(folder, 'floppy.img');
    await writeFile(raw, Buffer.alloc(1_474_560, 0xf6));
    const path = join(folder, 'floppy.vhd');
    run('qemu-img', ['convert', '-f', 'raw', '-O', 'vpc', '-o', 'subformat=fixed,force_size=on', raw, path]);
    await using container = await fileSource(path);
    expect((await identify(container)).id).toBe('vhd');
  });
});

describe.runIf(has('ewfacquire'))('what ewfacquire writes', () => {
  it('is EWF', async () => {
    const raw = join(folder, 'source.raw');
    await writeFile(raw, Buffer.alloc(100_000, 7));
    run('ewfacquire', ['-q', '-u', '-t', join(folder, 'evidence'), raw]);
    await using container = await fileSource(join(folder, 'evidence.E01'));
    expect(await identify(container, 'evidence.E01')).toMatchObject({ id: 'ewf', puid: 'fmt/803' });
  });
});

it('never fails on any bytes', async () => {
  const starts = fc.constantFrom(
    ...[...CONTAINERS, ...OTHERS].flatMap((row) => row.at.filter(([at]) => at === 0).map(([, b]) => b)),
    '',
  );
  await fc.assert(
    fc.asyncProperty(starts, fc.uint8Array({ maxLength: 3000 }), async (start, rest) => {
      const bytes = Buffer.concat([Buffer.from(start, 'latin1'), rest]);
      expect((await identify(bufferSource(bytes))).title).not.toBe('');
    }),
    { numRuns: 1000 },
  );
});
