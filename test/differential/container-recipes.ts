/** Containers that other people's programs make of a disk, and who judges each. */
import { readdirSync } from 'node:fs';
import { run } from '../ingest/media/tools.ts';
import { affcat, ewfexport, imgCat, type Judge, libyal, qemuImg, shell, unpacked } from './container-judges.ts';

export interface Recipe {
  readonly title: string;
  /** Id of our format that must read it. */
  readonly format: string;
  /** The program that makes it. */
  readonly by: string;
  /** Makes a container of `disk.raw` in `folder`. @returns the name of the file to open. */
  readonly make: (folder: string) => string;
  readonly judges: readonly Judge[];
  /** It holds any number of bytes; others round up to sectors, or to a geometry. */
  readonly countsBytes?: true;
  /** It is raw inside: a size of no whole sectors is told. */
  readonly wrapsRaw?: true;
}

type Libyal = Parameters<typeof libyal>[0];

function qemu(title: string, format: string, driver: string, options = '', library?: Libyal): Recipe {
  // Version 1 of QCOW, packed: ends with code 1 and without a word, although what it wrote is good.
  const script = `qemu-img convert -q -f raw -O ${driver} ${options} disk.raw disk.img || test "${driver} ${options}" = 'qcow -c'`;
  return {
    title: `${format}, ${title}`,
    format,
    by: 'qemu-img',
    make(folder) {
      shell(folder, script);
      return 'disk.img';
    },
    judges: [qemuImg(driver), ...(library === undefined ? [] : [libyal(library)])],
  };
}

function vmdk(title: string, options: string): Recipe {
  const recipe = qemu(title, 'vmdk', 'vmdk', `-o subformat=${options}`, 'vmdk');
  return { ...recipe, judges: [...recipe.judges, imgCat('vmdk')] };
}

function ewf(title: string, type: string, compression: string, ...options: string[]): Recipe {
  return {
    title: `ewf, ${title}`,
    format: 'ewf',
    by: 'ewfacquire',
    make(folder) {
      const about = ['-C', 'case', '-D', 'a disk', '-E', '1', '-e', 'nobody', '-N', 'none', '-m', 'fixed', '-M', 'physical'];
      run('ewfacquire', ['-u', '-q', ...about, '-f', type, '-c', compression, ...options, '-t', 'disk', 'disk.raw'], folder);
      return readdirSync(folder).find((name) => /^disk\.[es]01$/i.test(name)) ?? 'no segment';
    },
    judges: [ewfexport, imgCat('ewf')],
    countsBytes: true,
  };
}

function aff(title: string, options: string): Recipe {
  return {
    title: `aff, ${title}`,
    format: 'aff',
    by: 'affconvert',
    make(folder) {
      shell(folder, `affconvert -q ${options} -o disk.aff disk.raw`);
      return 'disk.aff';
    },
    judges: [affcat, imgCat('aff')],
    countsBytes: true,
  };
}

function packed(tool: string, options = ''): Recipe {
  return {
    title: `${tool} ${options}`.trimEnd(),
    format: tool,
    by: tool,
    make(folder) {
      shell(folder, `${tool} ${options} -c disk.raw > disk.raw.packed`);
      return 'disk.raw.packed';
    },
    judges: [unpacked(tool)],
    wrapsRaw: true,
    countsBytes: true,
  };
}

function split(first: string, options: string): Recipe {
  return {
    title: `raw in pieces, from ${first}`,
    format: 'raw',
    by: 'split',
    make(folder) {
      shell(folder, `split -b $(($(stat -c %s disk.raw) / 3 + 1)) ${options} disk.raw part.`);
      return first;
    },
    judges: [imgCat('raw')],
    countsBytes: true,
    wrapsRaw: true,
  };
}

const FORMS = ['monolithicSparse', 'monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat', 'streamOptimized'];
const TYPES = ['encase2', 'encase3', 'encase4', 'encase5', 'encase7', 'ftk', 'linen5', 'linen7', 'ewfx', 'ewf', 'smart'];

export const RECIPES: readonly Recipe[] = [
  qemu('fixed', 'vhd', 'vpc', '-o subformat=fixed,force_size=on', 'vhdi'),
  qemu('dynamic', 'vhd', 'vpc', '-o subformat=dynamic,force_size=on', 'vhdi'),
  qemu('fixed, size by geometry', 'vhd', 'vpc', '-o subformat=fixed', 'vhdi'),
  qemu('dynamic, size by geometry', 'vhd', 'vpc', '-o subformat=dynamic', 'vhdi'),
  qemu('dynamic', 'vhdx', 'vhdx', '-o subformat=dynamic', 'vhdi'),
  qemu('fixed', 'vhdx', 'vhdx', '-o subformat=fixed', 'vhdi'),
  qemu('blocks of 1 MiB', 'vhdx', 'vhdx', '-o block_size=1M', 'vhdi'),
  qemu('blocks of 32 MiB', 'vhdx', 'vhdx', '-o block_size=32M,log_size=4M', 'vhdi'),
  qemu('dynamic', 'vdi', 'vdi'),
  qemu('static', 'vdi', 'vdi', '-o static=on'),
  ...FORMS.map((form) => vmdk(form, form)),
  vmdk('zeroed grains', 'monolithicSparse,zeroed_grain=on'),
  qemu('plain', 'qcow', 'qcow', '', 'qcow'),
  qemu('packed', 'qcow', 'qcow', '-c', 'qcow'),
  qemu('version 2', 'qcow2', 'qcow2', '-o compat=0.10', 'qcow'),
  qemu('version 2, deflate', 'qcow2', 'qcow2', '-c -o compat=0.10', 'qcow'),
  qemu('version 3', 'qcow2', 'qcow2', '-o compat=1.1', 'qcow'),
  qemu('version 3, deflate', 'qcow2', 'qcow2', '-c -o compat=1.1', 'qcow'),
  qemu('version 3, zstd', 'qcow2', 'qcow2', '-c -o compression_type=zstd'),
  qemu('clusters of 512 bytes', 'qcow2', 'qcow2', '-o cluster_size=512', 'qcow'),
  qemu('clusters of 2 MiB, deflate', 'qcow2', 'qcow2', '-c -o cluster_size=2M', 'qcow'),
  qemu('subclusters', 'qcow2', 'qcow2', '-o extended_l2=on,cluster_size=16k'),
  qemu('subclusters, zstd', 'qcow2', 'qcow2', '-c -o extended_l2=on,compression_type=zstd'),
  qemu('tables made before', 'qcow2', 'qcow2', '-o preallocation=metadata', 'qcow'),
  qemu('counts of 1 bit', 'qcow2', 'qcow2', '-o refcount_bits=1', 'qcow'),
  qemu('a data file', 'qcow2', 'qcow2', '-o data_file=clusters.data'),
  qemu('a raw data file', 'qcow2', 'qcow2', '-o data_file=clusters.data,data_file_raw=on'),
  qemu('expanding', 'parallels', 'parallels'),
  ewf('EnCase 6, stored', 'encase6', 'none'),
  ewf('EnCase 6, fast', 'encase6', 'fast'),
  ewf('EnCase 6, best', 'encase6', 'best'),
  ewf('EnCase 6, empty blocks packed', 'encase6', 'empty-block'),
  ewf('EnCase 6, segments of 1 MiB', 'encase6', 'none', '-S', '1048576'),
  ewf('EnCase 6, chunks of 16 sectors', 'encase6', 'fast', '-b', '16'),
  ewf('EnCase 6, chunks of 4096 sectors', 'encase6', 'fast', '-b', '4096'),
  ...TYPES.map((type) => ewf(type, type, 'fast')),
  aff('zlib', '-X6'),
  aff('LZMA', '-L'),
  aff('stored', '-x'),
  aff('pages of 64 KiB', '-s64k'),
  packed('gzip'),
  packed('bzip2'),
  packed('xz'),
  packed('xz', '--block-size=100000 -T2'),
  packed('zstd', '-q'),
  packed('zstd', '-q -19 --long=27'),
  split('part.001', '-d -a3 --numeric-suffixes=1'),
  split('part.000', '-d -a3'),
  split('part.aa', '-a2'),
];
