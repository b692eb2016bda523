/** Images that others made: those that Debian packages carry, and file systems made of files of the running system. */
import { copyFileSync, existsSync } from 'node:fs';
import { has, run } from '../ingest/media/tools.ts';

export interface Image {
  readonly title: string;
  /** Ids of the file systems that it has. */
  readonly formats: readonly string[];
  readonly isThere: boolean;
  /** Writes it to `path`; `scratch` is an empty folder. */
  readonly put: (path: string, scratch: string) => void;
}

/** By the packages grub-rescue-pc and ipxe. */
export const PACKAGED: readonly Image[] = [
  '/usr/lib/grub-rescue/grub-rescue-cdrom.iso',
  '/usr/lib/grub-rescue/grub-rescue-floppy.img',
  '/usr/lib/ipxe/ipxe.iso',
].map((file) => ({ title: file, formats: ['iso9660'], isThere: existsSync(file), put: (path) => copyFileSync(file, path) }));

/** Of the base system, with folders, and links in the second. */
const SOURCES = ['/usr/share/perl', '/usr/share/zoneinfo', '/usr/share/perl5/Debian', '/usr/bin'].filter((folder) =>
  existsSync(folder),
);

/** `script` makes `$1` of the folder `tree`, in which there are some 2000 files of 16 MiB in all. */
function made(title: string, formats: readonly string[], by: readonly string[], script: string): Image {
  return {
    title: `${title} of files of this system`,
    formats,
    isThere: by.every((tool) => has(tool)) && SOURCES.length > 0,
    put(path, scratch) {
      const gather = `mkdir tree
        find ${SOURCES.join(' ')} -type f -size -200k | sort | awk 'NR % 2' | head -1200 | while read -r file; do
          mkdir -p "tree$(dirname "$file")" && cp "$file" "tree$file"; done
        : > tree/empty; ln -s usr/share tree/link`;
      run('sh', ['-ec', `${gather}\n${script}`, 'sh', path], scratch);
    },
  };
}

const withMcopy = 'rm tree/link; mcopy -s -Q -i "$1" tree/* ::/';

export const MADE: readonly Image[] = [
  made('ext4', ['ext'], ['mkfs.ext4'], 'truncate -s 64M "$1"; mkfs.ext4 -q -O ^orphan_file,^metadata_csum_seed -d tree "$1"'),
  made(
    'ext4 with small blocks',
    ['ext'],
    ['mkfs.ext4'],
    'truncate -s 64M "$1"; mkfs.ext4 -q -b 1024 -O ^orphan_file,^metadata_csum_seed -d tree "$1"',
  ),
  made('ext2', ['ext'], ['mkfs.ext2'], 'truncate -s 64M "$1"; mkfs.ext2 -q -b 2048 -d tree "$1"'),
  made('FAT16', ['fat'], ['mkfs.vfat', 'mcopy'], `truncate -s 60M "$1"; mkfs.vfat -F 16 "$1" > made; ${withMcopy}`),
  made('FAT32', ['fat'], ['mkfs.vfat', 'mcopy'], `truncate -s 60M "$1"; mkfs.vfat -F 32 -s 1 "$1" > made; ${withMcopy}`),
  made('ISO 9660 with Rock Ridge', ['iso9660'], ['genisoimage'], 'genisoimage -quiet -R -o "$1" tree'),
  made('ISO 9660 with Joliet', ['iso9660'], ['genisoimage'], 'genisoimage -quiet -J -joliet-long -o "$1" tree'),
  made('ISO 9660 by xorriso', ['iso9660'], ['xorriso'], 'xorriso -as mkisofs -quiet -r -o "$1" tree 2> made'),
  made('UDF beside ISO 9660', ['iso9660', 'udf'], ['genisoimage'], 'genisoimage -quiet -R -udf -o "$1" tree'),
];
