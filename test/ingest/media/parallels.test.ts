/** What is special to Parallels; what it shares with all formats is in test/conformance/media.test.ts. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { identify } from '#ingest/media';
import { bufferSource } from './buffer-source.ts';
import { codes, extentsOf, fixture, openDeposit, patched, refusal } from './vmdk-deposit.ts';

const TOP = 'disk.hdd.0.{5fbaabe3-6958-40ff-92a7-860e329aab41}.hds';
const BASE = 'disk.hdd.0.{aaaaaaaa-0000-0000-0000-000000000001}.hds';
const expanding = fixture('parallels/expanding.hds');
const canon = fixture('canon.raw');
const top = fixture(`parallels/snapshot/${TOP}`);
const base = fixture(`parallels/snapshot/${BASE}`);
const xml = fixture('parallels/snapshot/DiskDescriptor.xml').toString();

describe('an expanding image', () => {
  it('tells its kind and its geometry', async () => {
    await using media = await openDeposit({ 'a.hds': expanding });
    const facts = { subformat: 'expanding (WithouFreSpacExt)', clusterSize: 2 ** 20, cylinders: 20, heads: 16 };
    expect(media.facts).toEqual(facts);
    await using old = await openDeposit({ 'a.hdd': fixture('parallels/old.hdd') });
    expect(old.facts).toMatchObject({ subformat: 'expanding (WithoutFreeSpace)', clusterSize: 63 * 512 });
    expect([...media.warnings, ...old.warnings]).toEqual([]);
  });

  it('of the old kind has 32 bits of sectors', async () => {
    await using media = await openDeposit({ 'a.hdd': patched(fixture('parallels/old.hdd'), 40, 0xffff) });
    expect(media.size).toBe(canon.length);
  });

  it('that was not closed, or says that it is empty, is told', async () => {
    await using media = await openDeposit({ 'a.hds': patched(patched(expanding, 44, 0x746f_6e59), 52, 1) });
    expect(codes(media)).toEqual(['parallels/in-use', 'parallels/said-empty']);
    expect((await media.read(0, media.size)).equals(canon)).toBe(true);
    await using closed = await openDeposit({ 'a.hds': patched(expanding, 44, 0x312e_3276) });
    expect(closed.warnings).toEqual([]);
  });

  it.each([
    ['version 3', patched(expanding, 16, 3), 'parallels/version'],
    ['clusters of 0 sectors', patched(expanding, 28, 0), 'parallels/cluster-size'],
    ['clusters of 2^32-1 sectors', patched(expanding, 28, 0xffff_ffff), 'parallels/cluster-size'],
    ['a disk of 2^50 sectors', patched(expanding, 36, 2n ** 50n), 'parallels/cluster-size'],
    ['a disk of 2^63 sectors', patched(expanding, 36, 2n ** 63n), 'layout/number-too-large'],
    ['fewer clusters than the disk needs', patched(expanding, 32, 5), 'parallels/table-size'],
    ['2^32-1 clusters', patched(expanding, 32, 0xffff_ffff), 'parallels/table-size'],
    ['a table past the end', patched(expanding, 32, 0x00f0_0000), 'parallels/table-outside'],
    ['its header cut', expanding.subarray(0, 40), 'layout/short'],
  ])('with %s is refused, at once', async (_, bytes, code) => {
    const started = performance.now();
    expect((await refusal({ 'a.hds': bytes })).code).toBe(code);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('with clusters past the end, in the header, or shared tells it and refuses those', async () => {
    await using outside = await openDeposit({ 'a.hds': patched(expanding, 64, 4000) });
    expect(codes(outside)).toEqual(['parallels/clusters-outside']);
    await expect(outside.read(0, 512)).rejects.toMatchObject({ kind: 'truncated', facts: { mediumOffset: 0 } });
    const old = fixture('parallels/old.hdd');
    await using inside = await openDeposit({ 'a.hdd': patched(old, 64, 1) });
    expect(codes(inside)).toEqual(['parallels/clusters-misplaced']);
    await expect(inside.read(0, 512)).rejects.toMatchObject({ kind: 'corrupt', code: 'parallels/cluster-place' });
    await using shared = await openDeposit({ 'a.hds': patched(expanding, 68, expanding.readUInt32LE(64)) });
    expect(codes(shared)).toEqual(['parallels/clusters-shared']);
  });

  it('has the checksum of its extension checked', async () => {
    const extension = Buffer.alloc(2 ** 20);
    extension.write('87eadc23ef4c23ab', 'hex');
    createHash('md5').update(extension.subarray(24)).digest().copy(extension, 8);
    const whole = Buffer.concat([expanding, extension]);
    whole.writeBigUInt64LE(BigInt(expanding.length / 512), 56);
    await using media = await openDeposit({ 'a.hds': whole });
    expect(media.warnings).toEqual([]);
    await using damaged = await openDeposit({ 'a.hds': patched(whole, expanding.length + 5000, 1) });
    expect(codes(damaged)).toEqual(['parallels/extension-checksum']);
  });
});

describe('a bundle', () => {
  it('is told by its descriptor, and read through its snapshots', async () => {
    expect(await identify(bufferSource(Buffer.from(xml)), 'DiskDescriptor.xml')).toMatchObject({
      id: 'parallels',
      readable: true,
    });
    await using media = await openDeposit({ 'DiskDescriptor.xml': xml, [TOP]: top, [BASE]: base });
    expect(media.parts).toEqual([TOP, BASE]);
    const facts = { subformat: 'bundle', cylinders: 10, heads: 16, sectorsPerTrack: 63, snapshotCount: 1 };
    expect(media.facts).toEqual(facts);
    expect(media.warnings).toEqual([]);
    expect((await media.read(0, media.size)).equals(canon)).toBe(true);
  });

  it('opened by one of its images names the descriptor, and without it warns', async () => {
    const fault = await refusal({ [TOP]: top, [BASE]: base, 'DiskDescriptor.xml': xml });
    expect(fault).toMatchObject({ code: 'parallels/image-alone', facts: { descriptor: 'DiskDescriptor.xml' } });
    await using media = await openDeposit({ [TOP]: top });
    expect(codes(media)).toEqual(['parallels/descriptor-missing']);
  });

  it('names what is missing', async () => {
    const fault = await refusal({ 'DiskDescriptor.xml': xml, [TOP]: top });
    expect(fault).toMatchObject({ kind: 'missing', code: 'parallels/image-missing', facts: { missing: [BASE] } });
  });

  it('may say which state is the newest', async () => {
    const text = xml.replace('<Snapshots>', '<Snapshots><TopGUID>{AAAAAAAA-0000-0000-0000-000000000001}</TopGUID>');
    await using media = await openDeposit({ 'DiskDescriptor.xml': text, [TOP]: top, [BASE]: base });
    expect(media.parts).toEqual([BASE]);
  });

  it.each(['/etc/passwd', '../x.hds', 'sub/x.hds', 'C:\\x.hds', '..', 'nbd:host', ''])(
    'with an image named "%s" is refused, not followed',
    async (name) => {
      const fault = await refusal({ 'DiskDescriptor.xml': xml.replace(TOP, name), [BASE]: base, [name]: top });
      expect(fault).toMatchObject({ kind: 'refused', code: 'parallels/image-path', facts: { name } });
    },
  );

  const GUID = '{aaaaaaaa-0000-0000-0000-000000000001}';
  const NONE = '{00000000-0000-0000-0000-000000000000}';
  it.each([
    ['snapshots that stand on each other', [`<ParentGUID>${NONE}`, `<ParentGUID>${GUID}`], 'parallels/descriptor'],
    ['a snapshot without an image', [`<Image><GUID>${GUID}`, `<Image><GUID>${NONE}`], 'parallels/descriptor'],
    ['what is no GUID', [`<GUID>${GUID}`, '<GUID>x'], 'parallels/descriptor'],
    ['a disk of 10^18 sectors', ['<Disk_size>10243', `<Disk_size>${10 ** 18}`], 'parallels/descriptor'],
    ['parts of another size', ['<End>10243', '<End>9000'], 'parallels/descriptor'],
    ['a part that ends before it starts', ['<Start>0', '<Start>20000'], 'parallels/descriptor'],
    ['padding', ['<Padding>0', '<Padding>1'], 'parallels/padding'],
    ['encryption', [`<Engine>${NONE}`, `<Engine>${GUID}`], 'parallels/encrypted'],
    ['an image of an unknown type', ['Compressed', 'Magic'], 'parallels/image-type'],
    ['a snapshot as it is', ['Compressed', 'Plain'], 'parallels/image-type'],
    ['a broken end', ['</StorageData>', ''], 'parallels/descriptor'],
    ['an entity of its own', ['<Parallels_disk_image', '<!DOCTYPE x [<!ENTITY e "e">]><Parallels_disk_image'], 'media/no-image'],
    ['elements without end', ['<Snapshots>', '<a>'.repeat(100_000)], 'parallels/descriptor'],
    ['10^5 elements', ['<Snapshots>', `<Snapshots>${'<a/>'.repeat(100_000)}`], 'parallels/descriptor'],
    ['megabytes', ['<Snapshots>', `<Snapshots>${' '.repeat(5_000_000)}`], 'parallels/descriptor-long'],
  ])('with %s is refused, at once', async (_, [found = '', change = ''], code) => {
    const text = xml.replace(found, change);
    expect(text).not.toBe(xml);
    const started = performance.now();
    expect((await refusal({ 'DiskDescriptor.xml': text, [TOP]: top, [BASE]: base })).code).toBe(code);
    expect(performance.now() - started).toBeLessThan(1000);
  });

  it('with a root shorter than the disk has the rest absent', async () => {
    const text = xml.replace('<Disk_size>10243', '<Disk_size>12000').replace('<End>10243', '<End>12000');
    await using media = await openDeposit({ 'DiskDescriptor.xml': text, [TOP]: top, [BASE]: base });
    expect(codes(media)).toEqual(['parallels/size-differs', 'parallels/size-differs']);
    expect((await extentsOf(media)).at(-1)).toEqual({ offset: canon.length, length: (12_000 - 10_243) * 512, kind: 'absent' });
  });

  it('with a plain image that is cut tells it', async () => {
    const rest = TOP.replace('.0.', '.1.');
    const files = {
      'DiskDescriptor.xml': fixture('parallels/split/DiskDescriptor.xml'),
      [rest]: fixture(`parallels/split/${rest}`),
    };
    await using media = await openDeposit({ ...files, [TOP]: canon.subarray(0, 5000) });
    expect(codes(media)).toEqual(['parallels/plain-short']);
    await expect(media.read(4096, 4096)).rejects.toMatchObject({ kind: 'truncated' });
  });
});
