/** What is special to VMDK; what it shares with all formats is in test/conformance/media.test.ts. */
import { deflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { identify } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { codes, descriptor, extentsOf, fixture, openDeposit, patched, refusal, stream } from './vmdk-deposit.ts';

const sparse = fixture('vmdk/monolithic-sparse.vmdk');
const flat = Buffer.alloc(4096, 7);
const plan = [0, 1, 2, 3, 4].map((i) => ({ sector: i * 128, fill: i + 1 }));

describe('the descriptor', () => {
  it.each([
    ['any case', '# disk descriptorfile\n'],
    ['spaces before', '   \r\n  # Disk DescriptorFile\r\n'],
    ['a byte order mark', '\ufeff# Disk DescriptorFile\n'],
  ])('is recognised with %s', async (_, start) => {
    const text = `${start}VERSION = 1\nCid = ABCD\nCREATETYPE = "monolithicFlat"\nrw 8 flat "a.img" 0\nDDB.AdapterType = "IDE"\n`;
    await using media = await openDeposit({ 'disk.vmdk': text, 'a.img': flat });
    expect(media.format).toBe('vmdk');
    expect(media.facts).toEqual({ subformat: 'monolithicFlat', cid: '0000abcd', adapterType: 'IDE' });
    expect(await media.read(0, 4096)).toEqual(flat);
  });

  it('is told from a text that mentions it further down', async () => {
    const text = bufferSource(Buffer.from(`notes\n# Disk DescriptorFile\n`));
    expect((await identify(text)).id).toBe('text');
  });

  it.each([
    ['windows-1252', Buffer.from('Daten\xfc.img', 'latin1'), 'Datenü.img'],
    ['Shift_JIS', Buffer.from('8366815b835e2e696d67', 'hex'), 'データ.img'],
    ['UTF-8', Buffer.from('Datenü.img'), 'Datenü.img'],
  ])('names files in %s', async (encoding, bytes, name) => {
    const [before = '', after = ''] = descriptor(['RW 8 FLAT "@" 0'], { encoding: `"${encoding}"` }).split('@');
    const text = Buffer.concat([Buffer.from(before), bytes, Buffer.from(after)]);
    await using media = await openDeposit({ 'disk.vmdk': text, [name]: flat });
    expect(media.parts).toEqual([name]);
  });

  it('names files in Latin letters of old where it tells no encoding', async () => {
    const text = Buffer.from(descriptor(['RW 8 FLAT "Daten\xfc.img" 0']), 'latin1');
    await using media = await openDeposit({ 'disk.vmdk': text, 'Datenü.img': flat });
    expect(media.parts).toEqual(['Datenü.img']);
  });

  it('tells what the disk was', async () => {
    const files = { 'disk.vmdk': fixture('vmdk/pieces/disk.vmdk'), 'p1-flat.vmdk': fixture('vmdk/pieces/p1-flat.vmdk') };
    const rest = { 'p2-s001.vmdk': fixture('vmdk/pieces/p2-s001.vmdk'), 'p3-s001.vmdk': fixture('vmdk/pieces/p3-s001.vmdk') };
    await using media = await openDeposit({ ...files, ...rest });
    expect(media.facts).toEqual({
      subformat: 'custom',
      cid: '00c0ffee',
      extentCount: 4,
      adapterType: 'lsilogic',
      uuid: '60 00 C2 9a 1c 6f 6e 20-5a 8e 1a 3b 4d 5c 6f 70',
      longContentId: '0123456789abcdef0123456789abcdef',
      toolsVersion: '2147483647',
      version: 1,
      grainSize: 65_536,
    });
    expect(media.parts).toEqual(['p1-flat.vmdk', 'p2-s001.vmdk', 'p3-s001.vmdk']);
    expect(media.warnings).toEqual([]);
  });

  it('gives the geometry and the hardware version', async () => {
    await using media = await openDeposit({ 'renamed.img': sparse });
    const told = { cylinders: 10, heads: 16, sectorsPerTrack: 63, hardwareVersion: '4', adapterType: 'ide' };
    expect(media.facts).toMatchObject(told);
    expect(media.parts).toEqual([]);
  });

  it.each([
    ['a version that is not known', descriptor(['RW 8 FLAT "a" 0'], { version: '9' }), 'vmdk/descriptor-version'],
    ['an encrypted disk', descriptor(['RW 8 FLAT "a" 0'], { encryptionKeys: '"vmware:key"' }), 'vmdk/encrypted'],
    ['no extent', descriptor([]), 'vmdk/no-extent'],
    ['an extent of an unknown type', descriptor(['RW 8 MAGIC "a"']), 'vmdk/extent-type'],
    ['an extent of 2^60 sectors', descriptor([`RW ${2 ** 60} ZERO`]), 'vmdk/extent-line'],
    ['extents of 2^45 sectors together', descriptor([`RW ${2 ** 44} ZERO`, `RW ${2 ** 44} ZERO`]), 'vmdk/capacity-absurd'],
    ['a device', descriptor(['RW 8 FLAT "disk" 0'], { createType: '"fullDevice"' }), 'vmdk/device'],
    ['a raw device map', descriptor(['RW 8 VMFSRDM "a-rdm.vmdk"'], { createType: '"vmfsRDM"' }), 'vmdk/device'],
    ['partitions of a device', descriptor(['RW 8 ZERO'], { createType: '"partitionedDevice"' }), 'vmdk/device'],
    ['a sparse extent twice', descriptor(['RW 8 SPARSE "a"', 'RW 8 SPARSE "A"']), 'vmdk/extent-twice'],
    ['10^6 extents', descriptor(Array.from({ length: 300_000 }, () => 'RW 8 ZERO')), 'vmdk/extents'],
    ['more lines than any disk needs', descriptor(Array.from({ length: 1_000_000 }, () => 'a=b c')), 'vmdk/descriptor-long'],
  ])('is refused with %s, at once', async (_, text, code) => {
    const started = performance.now();
    expect((await refusal({ 'disk.vmdk': text, a: flat })).code).toBe(code);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('extents', () => {
  it.each([
    '/etc/passwd',
    '../x.vmdk',
    '..',
    'C:\\x.vmdk',
    'C:x.vmdk',
    'sub/x.vmdk',
    'sub\\x.vmdk',
    '\\\\.\\PhysicalDrive0',
    '/dev/sda',
    'nbd://host/disk',
    'json:{}',
    '',
  ])('named "%s" are refused, not looked for', async (name) => {
    for (const type of ['FLAT', 'SPARSE', 'VMFS', 'VMFSSPARSE', 'SESPARSE']) {
      const fault = await refusal({ 'disk.vmdk': descriptor([`RW 8 ${type} "${name}"`]), [name]: flat, passwd: flat });
      expect(fault).toMatchObject({ kind: 'refused', code: 'vmdk/extent-path', facts: { name } });
    }
  });

  it('that are missing are all named', async () => {
    const fault = await refusal({ 'disk.vmdk': descriptor(['RW 8 FLAT "a" 0', 'RW 8 FLAT "b" 0', 'RW 8 FLAT "c" 0']), b: flat });
    expect(fault).toMatchObject({ kind: 'missing', code: 'vmdk/extent-missing', facts: { missing: ['a', 'c'] } });
  });

  it('of zeros and without access need no file', async () => {
    const lines = ['RW 8 ZERO', 'NOACCESS 8 FLAT "/dev/sda" 0', 'RDONLY 4 FLAT "a" 2', 'RW 2 VMFS "a"'];
    await using media = await openDeposit({ 'disk.vmdk': descriptor(lines), a: Buffer.concat([Buffer.alloc(1024), flat]) });
    expect((await extentsOf(media)).map(({ kind, length }) => [kind, length])).toEqual([
      ['zero', 4096],
      ['absent', 4096],
      ['data', 3072],
    ]);
    expect((await media.read(8192, 2048)).equals(flat.subarray(0, 2048))).toBe(true);
    expect((await media.read(10240, 1024)).every((byte) => byte === 0)).toBe(true);
  });

  it('that are cut are told, and what is missing is not read', async () => {
    await using media = await openDeposit({ 'disk.vmdk': descriptor(['RW 16 FLAT "a" 0']), a: flat });
    expect(codes(media)).toEqual(['vmdk/extent-short']);
    expect(await media.read(0, 4096)).toEqual(flat);
    await expect(media.read(4096, 512)).rejects.toMatchObject({ kind: 'truncated' });
  });

  it('of a set opened by themselves name the descriptor that is needed', async () => {
    const extent = fixture('vmdk/twoGbMaxExtentSparse/disk-s001.vmdk');
    expect(await refusal({ 'disk-s001.vmdk': extent })).toMatchObject({ kind: 'missing', code: 'vmdk/descriptor-missing' });
    expect((await refusal({ 'disk-s001.vmdk': extent })).message).toContain('"disk.vmdk"');
    const text = fixture('vmdk/twoGbMaxExtentSparse/disk.vmdk');
    expect(await refusal({ 'disk-s001.vmdk': extent, 'other.vmdk': text })).toMatchObject({
      code: 'vmdk/extent-alone',
      facts: { descriptor: 'other.vmdk' },
    });
  });

  it.each(['cowd/disk-delta.vmdk', 'sesparse/disk-sesparse.vmdk'])('of a server opened by themselves (%s) too', async (name) => {
    const fault = await refusal({ [name.split('/')[1] ?? '']: fixture(`vmdk/${name}`) });
    expect(fault).toMatchObject({ code: 'vmdk/descriptor-missing' });
    expect(fault.message).toContain('"disk.vmdk"');
  });

  it('smaller than the descriptor says leave the rest absent', async () => {
    const text = descriptor(['RW 20000 SPARSE "p2-s001.vmdk"', 'RW 8 FLAT "a" 0']);
    await using media = await openDeposit({ 'disk.vmdk': text, 'p2-s001.vmdk': fixture('vmdk/pieces/p2-s001.vmdk'), a: flat });
    expect(codes(media)).toEqual(['vmdk/capacity']);
    expect((await extentsOf(media)).find(({ kind }) => kind === 'absent')).toMatchObject({ length: 20_000 * 512 - 2 ** 21 });
    expect(await media.read(20_000 * 512, 4096)).toEqual(flat);
  });
});

describe('a sparse header', () => {
  it.each([
    ['a grain of 0 sectors', patched(sparse, 20, 0n), 'vmdk/grain-size'],
    ['a grain that is no power of two', patched(sparse, 20, 100n), 'vmdk/grain-size'],
    ['a grain of 2^40 sectors', patched(sparse, 20, 2n ** 40n), 'vmdk/grain-size'],
    ['tables of 0 entries', patched(sparse, 44, 0), 'vmdk/table-entries'],
    ['tables of 2^32-1 entries', patched(sparse, 44, 0xffff_ffff), 'vmdk/table-entries'],
    ['a disk of 2^63 sectors', patched(sparse, 12, 2n ** 63n), 'layout/number-too-large'],
    ['a disk of 2^50 sectors', patched(sparse, 12, 2n ** 50n), 'vmdk/capacity-absurd'],
    ['a disk of 2^44 sectors', patched(sparse, 12, 2n ** 44n), 'vmdk/directory-outside'],
    ['version 4', patched(sparse, 4, 4), 'vmdk/version'],
    ['a descriptor of 2^40 sectors', patched(sparse, 36, 2n ** 40n), 'vmdk/descriptor-long'],
    ['a descriptor past the end', patched(sparse, 36, 8000n), 'vmdk/descriptor-outside'],
    ['an unknown compression', patched(sparse, 77, 2, 1), 'vmdk/compression'],
    ['both directories past the end', patched(patched(sparse, 56, 2n ** 40n), 48, 2n ** 40n), 'vmdk/directory-outside'],
    ['both directories in the header', patched(patched(sparse, 56, 0n), 48, 0n), 'vmdk/directory-outside'],
    ['line ends of Windows', patched(sparse, 73, 0x0d0a_200a), 'vmdk/text-mode'],
  ])('with %s is refused, at once', async (_, bytes, code) => {
    const started = performance.now();
    expect((await refusal({ 'disk.vmdk': bytes })).code).toBe(code);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('that was not closed is told', async () => {
    await using media = await openDeposit({ 'disk.vmdk': patched(sparse, 72, 1, 1) });
    expect(codes(media)).toEqual(['vmdk/unclean']);
  });

  it('that differs from its descriptor is believed, and told', async () => {
    await using media = await openDeposit({ 'disk.vmdk': patched(sparse, 12, 10_000n) });
    expect(media.size).toBe(10_000 * 512);
    expect(codes(media)).toEqual(['vmdk/capacity']);
  });

  it('without a readable descriptor leaves open what holes are', async () => {
    const damaged = Buffer.from(sparse);
    damaged.write('!!!', 512);
    await using media = await openDeposit({ 'disk.vmdk': damaged });
    expect(codes(media)).toEqual(['vmdk/descriptor-damaged']);
    expect(new Set((await extentsOf(media)).map(({ kind }) => kind))).toEqual(new Set(['data', 'absent']));
  });
});

describe('grain tables', () => {
  const directory = Number(sparse.readBigUInt64LE(56)) * 512;
  const redundant = Number(sparse.readBigUInt64LE(48)) * 512;
  const table = sparse.readUInt32LE(directory) * 512;
  const canon = fixture('canon.raw');

  it('are read by the second directory when the first is damaged', async () => {
    for (const bytes of [patched(sparse, directory, 0x7fff_ffff), patched(sparse, 56, 2n ** 41n)]) {
      await using media = await openDeposit({ 'disk.vmdk': bytes });
      expect(codes(media)).toEqual(['vmdk/directory-damaged']);
      expect((await media.read(0, media.size)).equals(canon)).toBe(true);
    }
  });

  it('that are nowhere spoil their grains only when they are read', async () => {
    const bytes = patched(patched(sparse, directory, 0x7fff_ffff), redundant, 0x7fff_fffe);
    await using media = await openDeposit({ 'disk.vmdk': bytes });
    expect(codes(media)).toEqual(['vmdk/tables-outside']);
    await expect(media.read(0, 512)).rejects.toMatchObject({ code: 'vmdk/grain-place', facts: { mediumOffset: 0 } });
  });

  it('that lead past the end, into the header, or to one grain twice are told', async () => {
    const outside = await openDeposit({ 'disk.vmdk': patched(sparse, table, 0x00ff_ffff) });
    expect(codes(outside)).toEqual(['vmdk/grains-outside']);
    await expect(outside.read(0, 512)).rejects.toMatchObject({ kind: 'truncated', facts: { mediumOffset: 0 } });
    const header = await openDeposit({ 'disk.vmdk': patched(sparse, table, 3) });
    expect(codes(header)).toEqual(['vmdk/grains-misplaced']);
    await expect(header.read(0, 512)).rejects.toMatchObject({ kind: 'corrupt', code: 'vmdk/grain-place' });
    const twice = await openDeposit({ 'disk.vmdk': patched(sparse, table + 4, sparse.readUInt32LE(table)) });
    expect(codes(twice)).toEqual(['vmdk/grains-shared']);
  });

  it('have grains of zeros by entry 1 only where the header says so', async () => {
    const at = sparse.readUInt32LE(table) * 512;
    const zeroed = patched(patched(sparse, table, 1), 8, sparse.readUInt32LE(8) | 4);
    await using media = await openDeposit({ 'disk.vmdk': zeroed });
    expect((await extentsOf(media))[0]).toMatchObject({ kind: 'zero', length: 65_536 });
    await using other = await openDeposit({ 'disk.vmdk': patched(sparse, table, 1) });
    expect(codes(other)).toEqual(['vmdk/grains-misplaced']);
    expect(at).toBeGreaterThan(0);
  });

  it('that are one table again and again are refused', async () => {
    // 2^30 sectors in grains of 4 KiB: a directory of 262,144 entries that all name one table.
    const bytes = Buffer.alloc(2 * 1024 * 1024);
    sparse.copy(bytes, 0, 0, 21 * 512);
    bytes.writeBigUInt64LE(2n ** 30n, 12);
    bytes.writeBigUInt64LE(8n, 20);
    bytes.writeUInt32LE(1, 8);
    bytes.writeBigUInt64LE(64n, 56);
    bytes.fill(Buffer.of(30, 0, 0, 0), 64 * 512, 64 * 512 + 2 ** 20);
    expect((await refusal({ 'disk.vmdk': bytes })).code).toBe('vmdk/directory-outside');
  });

  it('that are absent make one long run of a huge disk, at once', async () => {
    const bytes = Buffer.alloc(64 * 512 + 2 ** 22);
    sparse.copy(bytes, 0, 0, 21 * 512);
    bytes.writeBigUInt64LE(2n ** 36n, 12);
    bytes.writeUInt32LE(1, 8);
    bytes.writeBigUInt64LE(64n, 56);
    const started = performance.now();
    await using media = await openDeposit({ 'disk.vmdk': bytes });
    expect(await extentsOf(media)).toEqual([{ offset: 0, length: 2 ** 45, kind: 'zero' }]);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a stream', () => {
  it('cut in its grains gives what is there, and calls the rest absent', async () => {
    const whole = stream(plan);
    await using all = await openDeposit({ 's.vmdk': whole });
    expect(all.warnings).toEqual([]);
    const third = whole.indexOf(deflateSync(Buffer.alloc(65536, 4)));
    await using cut = await openDeposit({ 's.vmdk': whole.subarray(0, third) });
    expect(codes(cut)).toEqual(['vmdk/stream-cut']);
    expect(await extentsOf(cut)).toEqual([
      { offset: 0, length: 3 * 65_536, kind: 'data' },
      { offset: 3 * 65_536, length: 2 * 65_536, kind: 'absent' },
    ]);
    expect((await cut.read(2 * 65_536, 65_536)).every((byte) => byte === 3)).toBe(true);
  });

  it('cut anywhere gives right bytes or a Fault', async () => {
    const whole = stream(plan);
    for (let length = 512; length < whole.length; length += 97) {
      const media = await openDeposit({ 's.vmdk': whole.subarray(0, length) }).catch((error: unknown) => error);
      expect(media).toHaveProperty(media instanceof Error ? 'code' : 'size');
    }
  });

  it('cut and written out of order leaves every hole absent', async () => {
    const whole = stream([plan[3]!, plan[0]!, plan[1]!]);
    await using cut = await openDeposit({ 's.vmdk': whole.subarray(0, whole.length - 2048) });
    expect((await extentsOf(cut)).map(({ kind, length }) => [kind, length / 65_536])).toEqual([
      ['data', 2],
      ['absent', 1],
      ['data', 1],
      ['absent', 1],
    ]);
  });

  it('that goes on after its end is read by its footer', async () => {
    await using media = await openDeposit({ 's.vmdk': Buffer.concat([stream(plan), Buffer.alloc(4096)]) });
    expect(codes(media)).toEqual(['vmdk/after-end']);
    expect((await media.read(4 * 65_536, 65_536)).every((byte) => byte === 5)).toBe(true);
  });

  it('whose footer contradicts the header is refused', async () => {
    const whole = stream(plan);
    const fault = await refusal({ 's.vmdk': patched(whole, whole.length - 1024 + 12, 2n ** 20n) });
    expect(fault).toMatchObject({ code: 'vmdk/footer-differs', facts: { field: 'capacity' } });
  });

  it.each([
    ['that belongs elsewhere', { marked: 256 }, 'vmdk/grain-sector'],
    ['that unpacks to too much', { packed: deflateSync(Buffer.alloc(64 * 1024 * 1024)) }, 'media/chunk-too-long'],
    ['that unpacks to too little', { packed: deflateSync(Buffer.alloc(100)) }, 'vmdk/grain-short'],
    ['that is no zlib stream', { packed: Buffer.alloc(600, 0xff) }, 'media/chunk-damaged'],
    ['of no bytes', { packed: Buffer.alloc(0) }, 'vmdk/grain-length'],
  ])('with a grain %s refuses that grain and no other', async (_, change, code) => {
    const grains = plan.map((grain) => (grain.sector === 128 ? { ...grain, ...change } : grain));
    await using media = await openDeposit({ 's.vmdk': stream(grains) });
    const started = performance.now();
    await expect(media.read(0, media.size)).rejects.toMatchObject({ code, facts: { mediumOffset: 65_536 } });
    expect((await media.read(2 * 65_536, 65_536)).every((byte) => byte === 3)).toBe(true);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('with a grain that says it is longer than its place is refused there', async () => {
    const whole = stream(plan);
    await using media = await openDeposit({ 's.vmdk': patched(whole, 21 * 512 + 8, 60_000) });
    await expect(media.read(0, 512)).rejects.toMatchObject({ kind: 'corrupt', code: 'vmdk/grain-length' });
  });

  it('of grains too large to unpack is refused', async () => {
    const large = patched(stream([]), 20, 2n ** 20n);
    expect((await refusal({ 's.vmdk': large })).code).toBe('vmdk/packed-grain-size');
  });
});
