/** Compound files as small as they can be, for tests: streams of less than 4096 bytes, in the small sectors. */

const SECTOR = 512;
const MINI = 64;
const NONE = 0xffffffff;
const END = 0xfffffffe;
const FAT = 0xfffffffd;

/** @param padding sectors of nothing before the directory, for a file that is larger than what is kept of it. */
export function ole2(streams: Readonly<Record<string, Buffer>>, padding = 0): Buffer {
  const names = Object.keys(streams);
  const minis: Buffer[] = [];
  const starts = names.map((name) => {
    const start = minis.reduce((sum, bytes) => sum + bytes.length, 0) / MINI;
    const bytes = streams[name] ?? Buffer.alloc(0);
    minis.push(Buffer.concat([bytes], Math.ceil(Math.max(1, bytes.length) / MINI) * MINI));
    return start;
  });
  const small = sectors(Buffer.concat(minis));
  const miniFat = Buffer.alloc(SECTOR, 0xff);
  for (const [index, bytes] of minis.entries())
    for (let at = 0; at < bytes.length / MINI; at++)
      miniFat.writeUInt32LE(
        at + 1 === bytes.length / MINI ? END : (starts[index] ?? 0) + at + 1,
        ((starts[index] ?? 0) + at) * 4,
      );
  const entries = [entry('Root Entry', 5, { child: names.length > 0 ? 1 : NONE })];
  for (const [index, name] of names.entries())
    entries.push(
      entry(name, 2, {
        right: index + 2 > names.length ? NONE : index + 2,
        start: starts[index] ?? 0,
        size: streams[name]?.length ?? 0,
      }),
    );
  const directory = sectors(Buffer.concat(entries));
  const fatCount = 1 + Math.floor((padding + 64) / 128);
  const miniFatAt = fatCount + padding;
  const directoryAt = miniFatAt + 1;
  const smallAt = directoryAt + directory.length / SECTOR;
  entries[0]?.copy(directory);
  directory.writeUInt32LE(smallAt, 116);
  directory.writeUInt32LE(small.length, 120);
  const fat = Buffer.alloc(fatCount * SECTOR, 0xff);
  for (let at = 0; at < fatCount; at++) fat.writeUInt32LE(FAT, at * 4);
  chain(fat, miniFatAt, 1);
  chain(fat, directoryAt, directory.length / SECTOR);
  chain(fat, smallAt, small.length / SECTOR);
  const header = Buffer.alloc(SECTOR);
  Buffer.from('d0cf11e0a1b11ae1', 'hex').copy(header);
  header.writeUInt16LE(0x3e, 24);
  header.writeUInt16LE(3, 26);
  header.writeUInt16LE(0xfffe, 28);
  header.writeUInt16LE(9, 30);
  header.writeUInt16LE(6, 32);
  header.writeUInt32LE(fatCount, 44);
  header.writeUInt32LE(directoryAt, 48);
  header.writeUInt32LE(4096, 56);
  header.writeUInt32LE(miniFatAt, 60);
  header.writeUInt32LE(1, 64);
  header.writeUInt32LE(END, 68);
  header.fill(0xff, 76);
  for (let at = 0; at < fatCount; at++) header.writeUInt32LE(at, 76 + at * 4);
  return Buffer.concat([header, fat, Buffer.alloc(padding * SECTOR), miniFat, directory, small]);
}

function sectors(bytes: Buffer): Buffer {
  return Buffer.concat([bytes], Math.ceil(Math.max(1, bytes.length) / SECTOR) * SECTOR);
}

function chain(fat: Buffer, first: number, count: number): void {
  for (let at = 0; at < count; at++) fat.writeUInt32LE(at + 1 === count ? END : first + at + 1, (first + at) * 4);
}

function entry(name: string, type: number, { right = NONE, child = NONE, start = 0, size = 0 }): Buffer {
  const bytes = Buffer.alloc(128);
  bytes.write(name, 'utf16le');
  bytes.writeUInt16LE((name.length + 1) * 2, 64);
  bytes.writeUInt8(type, 66);
  bytes.writeUInt32LE(NONE, 68);
  bytes.writeUInt32LE(right, 72);
  bytes.writeUInt32LE(child, 76);
  bytes.writeUInt32LE(start, 116);
  bytes.writeUInt32LE(size, 120);
  return bytes;
}
