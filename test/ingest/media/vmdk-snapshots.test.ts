/** VMDK snapshots: which file is the parent, and what is told when it is not. */
import { describe, expect, it } from 'vitest';
import { descriptor, extentsOf, fixture, openDeposit, patched, refusal } from './vmdk-deposit.ts';

const flat = Buffer.alloc(4096, 7);

describe('a snapshot', () => {
  const base = fixture('vmdk/snapshots/base.vmdk');
  const middle = fixture('vmdk/snapshots/middle.vmdk');
  const top = fixture('vmdk/snapshots/top.vmdk');
  const canon = fixture('canon.raw');

  /** A copy whose embedded descriptor has `change` in place of `found`. */
  const edited = (bytes: Buffer, found: RegExp, change: string): Buffer => {
    const copy = Buffer.from(bytes);
    const text = copy
      .toString('latin1', 512, 21 * 512)
      .replace(/\0+$/, '')
      .replace(found, change);
    copy.fill(0, 512, 21 * 512).write(text, 512, 'latin1');
    return copy;
  };
  const cid = (bytes: Buffer): string => /^CID=(\w+)/m.exec(bytes.toString('latin1', 512, 21 * 512))?.[1] ?? '';
  const hinted = (bytes: Buffer, hint: string): Buffer =>
    edited(bytes, /parentFileNameHint="[^"]*"/, `parentFileNameHint="${hint}"`);

  it('is read through its parents', async () => {
    await using media = await openDeposit({ 'top.vmdk': top, 'middle.vmdk': middle, 'base.vmdk': base });
    expect(media.parts).toEqual(['middle.vmdk', 'base.vmdk']);
    expect(media.facts).toMatchObject({ parentCid: cid(middle), parentFileNameHint: 'middle.vmdk' });
    expect(media.warnings).toEqual([]);
    expect((await media.read(0, media.size)).equals(canon)).toBe(true);
  });

  it.each(['/vm/disks/middle.vmdk', 'C:\\VMs\\middle.vmdk', '../middle.vmdk', 'gone.vmdk', ''])(
    'finds its parent beside it, whatever the hint "%s" says',
    async (hint) => {
      await using media = await openDeposit({ 'top.vmdk': hinted(top, hint), 'middle.vmdk': middle, 'base.vmdk': base });
      expect((await media.read(0, media.size)).equals(canon)).toBe(true);
    },
  );

  it('prefers the content id to the name', async () => {
    const files = { 'top.vmdk': hinted(top, 'base.vmdk'), 'middle.vmdk': middle, 'base.vmdk': base };
    await using media = await openDeposit(files);
    expect(media.parts).toEqual(['middle.vmdk', 'base.vmdk']);
    expect(media.warnings).toEqual([]);
  });

  it('takes the named of two with one content id, and none when neither is named', async () => {
    const files = { 'top.vmdk': top, 'copy.vmdk': middle, 'middle.vmdk': middle, 'base.vmdk': base };
    await using media = await openDeposit(files);
    expect(media.parts).toEqual(['middle.vmdk', 'base.vmdk']);
    const fault = await refusal({ ...files, 'top.vmdk': hinted(top, 'gone.vmdk') });
    expect(fault).toMatchObject({ code: 'vmdk/parent-ambiguous', facts: { names: ['copy.vmdk', 'middle.vmdk'] } });
  });

  it('tells that its parent was changed', async () => {
    const changed = edited(middle, /^CID=\w+/m, 'CID=0badcafe');
    await using media = await openDeposit({ 'top.vmdk': top, 'middle.vmdk': changed, 'base.vmdk': base });
    expect(media.warnings).toMatchObject([{ code: 'vmdk/parent-changed', facts: { got: '0badcafe', expected: cid(middle) } }]);
  });

  it('without its parent is refused by name and content id', async () => {
    for (const files of [{ 'top.vmdk': top }, { 'top.vmdk': top, 'base.vmdk': base, 'notes.txt': 'nothing' }])
      expect(await refusal(files)).toMatchObject({
        kind: 'missing',
        code: 'vmdk/parent-missing',
        facts: { name: 'middle.vmdk', wanted: cid(middle) },
      });
  });

  it('whose parents stand on each other is refused', async () => {
    const ring = hinted(edited(middle, /parentCID=\w+/, `parentCID=${cid(top)}`), 'top.vmdk');
    expect((await refusal({ 'top.vmdk': top, 'middle.vmdk': ring })).code).toBe('media/chain-loop');
    const own = hinted(edited(top, /parentCID=\w+/, `parentCID=${cid(top)}`), 'top.vmdk');
    expect((await refusal({ 'top.vmdk': own })).code).toBe('media/chain-loop');
    const nameless = hinted(ring, '');
    expect((await refusal({ 'top.vmdk': top, 'middle.vmdk': nameless })).code).toBe('media/chain-loop');
  });

  it('is not hindered by a damaged neighbour', async () => {
    const files = { 'top.vmdk': hinted(top, ''), 'a.vmdk': patched(middle, 20, 0n), 'middle.vmdk': middle, 'base.vmdk': base };
    await using media = await openDeposit(files);
    expect(media.parts).toEqual(['middle.vmdk', 'base.vmdk']);
  });

  it('of VirtualBox has a UUID for its parent', async () => {
    const id = '12345678-9abc-4ef0-8234-56789abcdef0';
    const child = edited(top, /parentCID=\w+/, `parentCID=ffffffff\nddb.uuid.parent="${id}"`);
    const parent = edited(middle, /ddb.adapterType/, `ddb.uuid.image="${id.toUpperCase()}"\nddb.adapterType`);
    await using media = await openDeposit({ 'top.vmdk': hinted(child, ''), 'm.vmdk': parent, 'base.vmdk': base });
    expect((await media.read(0, media.size)).equals(canon)).toBe(true);
    expect(await refusal({ 'top.vmdk': child })).toMatchObject({ code: 'vmdk/parent-missing', facts: { wanted: id } });
    const root = edited(base, /ddb.adapterType/, `ddb.uuid.parent="${id.replace(/[^-]/g, '0')}"\nddb.adapterType`);
    await using alone = await openDeposit({ 'base.vmdk': root });
    expect(alone.size).toBe(canon.length);
  });

  it('larger than its parent has zeros behind it', async () => {
    const small = descriptor(['RW 8 FLAT "a" 0'], { CID: cid(middle) });
    await using media = await openDeposit({ 'top.vmdk': top, 'middle.vmdk': small, a: flat });
    expect((await extentsOf(media)).map(({ kind, length }) => [kind, length])).toEqual([
      ['data', 4096],
      ['zero', 5 * 2 ** 20 - 4096],
      ['data', 1536],
    ]);
  });
});
