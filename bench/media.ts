/** The disk inside a container, read from front to back, against the program that others would take: qemu-img convert, ewfverify. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { fileSource, openImage, passingWindowsOf } from '#ingest/media';
import { type BenchCase, remove, seconds, shell } from './case.ts';

/** Bytes of the disk: half noise, half text that packs well, in turns of 32 KiB. */
const SIZE = Number(process.env['BENCH_MEDIA_BYTES'] ?? 1 << 30);
const TURN = 32 << 10;

function halfNoise(path: string): void {
  const fd = openSync(path, 'wx');
  const text = Buffer.alloc(TURN, 'Strongroom keeps what it was given, and can prove it. ');
  for (let at = 0; at < SIZE; at += 64 * TURN)
    writeSync(fd, Buffer.concat(Array.from({ length: 64 }, (_, i) => (i % 2 === 0 ? randomBytes(TURN) : text))));
  closeSync(fd);
}

function mediaCase(name: string, target: number, file: string, make: string, peer: string): BenchCase {
  let folder = '';
  const inFolder = (command: string): string => `cd ${folder} && ${command}`;
  return {
    name: `media/${name}`,
    target,
    async prepare(dir) {
      folder = join(dir, 'media');
      shell(`mkdir ${folder}`);
      halfNoise(join(folder, 'disk.raw'));
      shell(inFolder(`(${make}) >/dev/null 2>&1; rm disk.raw; cat ${file} >/dev/null`));
    },
    ours: () =>
      seconds(async () => {
        await using image = await openImage([{ name: file, open: () => fileSource(join(folder, file)) }], false);
        let read = 0;
        for await (const { bytes } of passingWindowsOf(image.media)) read += bytes.length;
        if (read !== SIZE) throw new Error(`${read} of ${SIZE} bytes`);
      }),
    floor: () => seconds(() => shell(inFolder(`${peer} >/dev/null 2>&1; rm -f out.raw`))),
    async dispose() {
      remove(folder);
    },
  };
}

function ofQemu(name: string, target: number, format: string, options: string): BenchCase {
  const make = `qemu-img convert -f raw -O ${format} ${options} disk.raw disk.image`;
  const peer = `qemu-img convert -f ${format} -O raw disk.image out.raw`;
  return mediaCase(`${name}, against qemu-img convert -O raw`, target, 'disk.image', make, peer);
}

export const cases: readonly BenchCase[] = [
  ofQemu('qcow2', 1, 'qcow2', ''),
  ofQemu('qcow2, deflate', 2, 'qcow2', '-c'),
  ofQemu('vmdk', 1, 'vmdk', ''),
  ofQemu('vmdk, streamOptimized', 2, 'vmdk', '-o subformat=streamOptimized'),
  ofQemu('vhd', 1, 'vpc', '-o force_size=on'),
  ofQemu('vhdx', 1, 'vhdx', ''),
  ofQemu('vdi', 1, 'vdi', ''),
  mediaCase(
    'ewf, against ewfverify',
    2,
    'disk.E01',
    'ewfacquire -u -q -c fast -f encase6 -S 8EiB -t disk disk.raw',
    'ewfverify -q disk.E01',
  ),
];
