/**
 * Every format that is told by bytes at a fixed place: one row each, first match wins, so the special stands before the general.
 * Sources: each format's own description; PRONOM signature file 116 for the PUIDs. No PUID means PRONOM has none.
 */

import {
  byte,
  hasUdf,
  isAff4,
  isCdi,
  isD88,
  isDiskCopy,
  isDosBoot,
  isMsa,
  isTeledisk,
  kryoFlux,
  u16,
  type Sample,
} from './signature-checks.ts';

/** What a file with this content is in a deposit. */
export const ContentKind = {
  /** A container that holds a medium. */
  Image: 'image',
  /** Magnetic flux: an image of its own, or what lies beside the decoded one. */
  Flux: 'flux',
  /** Compression around one file, or an archive. */
  Wrapper: 'wrapper',
  /** Logs, photographs, descriptions, the donor's documents. */
  Paper: 'paper',
} as const;
export type ContentKind = (typeof ContentKind)[keyof typeof ContentKind];

export interface Signature {
  readonly id: string;
  readonly title: string;
  readonly kind: ContentKind;
  /** Each pair is an offset in bytes (below zero: from the end) and the bytes there, one per character. All must match. */
  readonly at: readonly (readonly [offset: number, bytes: string])[];
  readonly where?: (sample: Sample) => boolean;
  readonly puid?: string;
  readonly mime?: string;
  /** Extensions that promise this format and no other, separated by spaces; `.img`, `.dsk`, `.bin`, `.raw` promise nothing. */
  readonly extensions?: string;
}

type More = Omit<Partial<Signature>, 'id' | 'title' | 'kind' | 'at'>;
type At = Signature['at'];

const rowsOf =
  (kind: ContentKind) =>
  (id: string, title: string, at: At, more: More = {}): Signature => ({ id, title, kind, at, ...more });
const image = rowsOf(ContentKind.Image);
const flux = rowsOf(ContentKind.Flux);
const wrapper = rowsOf(ContentKind.Wrapper);
const paper = rowsOf(ContentKind.Paper);

/** The program or its version, then the date; LibDsk writes its own name. */
const IMD_START = /^IMD (?:\d\.\d+|[ -~]{1,30}: *\d\d?\/)/;
const APPLESAUCE = '\xff\n\r\n'; // follows the name in WOZ, MOOF and A2R

/** Long or doubly checked marks: they win even over a file system that shows through. */
export const CONTAINERS: readonly Signature[] = [
  image('ewf', 'EnCase / Expert Witness evidence file', [[0, 'EVF\t\r\n\xff\0']], {
    puid: 'fmt/803',
    mime: 'application/encase',
    extensions: 'e01 s01',
  }),
  image('ewf-logical', 'EnCase logical evidence file', [[0, 'LVF\t\r\n\xff\0']], { puid: 'fmt/804', extensions: 'l01' }),
  image('ewf2', 'EnCase 7 evidence file (Ex01)', [[0, 'EVF2\r\n\x81\0']], { extensions: 'ex01' }),
  image('ewf2-logical', 'EnCase 7 logical evidence file (Lx01)', [[0, 'LEF2\r\n\x81\0']], { extensions: 'lx01' }),
  image('aff', 'Advanced Forensic Format', [[0, 'AFF10\r\n\0']], { puid: 'fmt/844', extensions: 'aff' }),
  image('aff', 'Advanced Forensic Format, damaged or old', [[0, 'AFF\0']]),
  image('aff4', 'Advanced Forensic Format 4', [[0, 'PK\x03\x04']], { where: isAff4, extensions: 'aff4 af4' }),
  image('vhdx', 'Hyper-V virtual disk (VHDX)', [[0, 'vhdxfile']], { extensions: 'vhdx avhdx' }),
  image('qcow', 'QEMU copy-on-write image, version 1', [[0, 'QFI\xfb\0\0\0\x01']], { extensions: 'qcow' }),
  image('qcow2', 'QEMU copy-on-write image, version 2', [[0, 'QFI\xfb\0\0\0']], {
    where: (s) => [2, 3].includes(byte(s, 7)),
    extensions: 'qcow2',
  }),
  image('vmdk', 'VMware virtual disk', [[0, 'KDMV']], { extensions: 'vmdk' }),
  image('vmdk', 'VMware virtual disk (ESX sparse)', [[0, 'COWD']]),
  image('vmdk', 'VMware virtual disk (SE sparse)', [[0, '\xbe\xba\xfe\xca\0\0\0\0']]),
  image('vmdk', 'VMware virtual disk descriptor', [], {
    where: (s) => /^[\s\xef\xbb\xbf]*# *disk descriptorfile/i.test(s.head.toString('latin1', 0, 1024)),
  }),
  image('vdi', 'VirtualBox disk image', [[64, '\x7f\x10\xda\xbe']], { puid: 'fmt/726', extensions: 'vdi' }),
  image('vhd', 'Virtual PC virtual disk (VHD)', [[-512, 'conectix']], { extensions: 'vhd avhd' }),
  image('vhd', 'Virtual PC virtual disk (VHD), 511-byte footer', [[-511, 'conectix']]),
  image('vhd', 'Virtual PC virtual disk (VHD), end missing', [[0, 'conectix']]),
  image('dmg', 'Apple disk image (UDIF)', [[-512, 'koly']], { puid: 'fmt/1071', mime: 'application/x-apple-diskimage' }),
  image('dmg-encrypted', 'Apple disk image, encrypted', [[0, 'encrcdsa']]),
  image('dmg-encrypted', 'Apple disk image, encrypted (version 1)', [[-8, 'cdsaencr']]),
  image('sparseimage', 'Apple sparse disk image', [[0, 'sprs']], { extensions: 'sparseimage' }),
  image('parallels', 'Parallels virtual disk', [[0, 'WithoutFreeSpace']], { extensions: 'hdd hds' }),
  image('parallels', 'Parallels virtual disk', [[0, 'WithouFreSpacExt']]),
  image('qed', 'QEMU enhanced disk', [[0, 'QED\0']], { extensions: 'qed' }),
  image('bochs', 'Bochs virtual disk', [[0, 'Bochs Virtual HD Image']]),
  image('cloop', 'Compressed loop image', [[0, '#!/bin/sh\n#V2.0 Format']], { extensions: 'cloop' }),
  image('ad1', 'AccessData custom content image', [[0, 'ADSEGMENTEDFILE']], { puid: 'fmt/842', extensions: 'ad1' }),
  image('ad-encrypted', 'AccessData image, encrypted', [[0, 'ADCRYPT']], { puid: 'fmt/843' }),
  image('wim', 'Windows Imaging Format', [[0, 'MSWIM\0\0\0']], { puid: 'fmt/614', extensions: 'wim' }),
  image('partclone', 'Partclone image', [[0, 'partclone-image']]),
  image('luks', 'LUKS encrypted volume', [[0, 'LUKS\xba\xbe']]),
  image('nrg', 'Nero disc image, version 2', [[-12, 'NER5']], { puid: 'fmt/1743', extensions: 'nrg' }),
  image('nrg', 'Nero disc image, version 1', [[-8, 'NERO']], { puid: 'fmt/1743' }),
  image('cdi', 'DiscJuggler disc image', [], { where: isCdi, extensions: 'cdi' }),
  image('chd', 'MAME compressed hunks of data', [[0, 'MComprHD']], { extensions: 'chd' }),
  image('isz', 'UltraISO compressed image', [[0, 'IsZ!']], { extensions: 'isz' }),
  image('daa', 'PowerISO direct access archive', [[0, 'DAA\0']], { extensions: 'daa' }),
  image('b5t', 'BlindWrite description', [[0, 'BWT5 STREAM SIGN']]),
  image('uif', 'MagicISO image', [[-64, 'bbis']], { extensions: 'uif' }),
  image('g64', 'GCR image of a 1541 disk', [[0, 'GCR-1541\0']], { puid: 'fmt/821', extensions: 'g64' }),
  image('g71', 'GCR image of a 1571 disk', [[0, 'GCR-1571\0']], { puid: 'fmt/821', extensions: 'g71' }),
  image('edsk', 'Extended CPC disk image', [[0, 'EXTENDED CPC DSK']]),
  image('dsk', 'CPCEMU disk image', [[0, 'MV - CPC']]),
  image('2img', 'Apple II universal disk image', [[0, '2IMG']], { extensions: '2mg 2img' }),
  image('stx', 'Pasti Atari ST image', [[0, 'RSY\0']], { puid: 'fmt/1904', extensions: 'stx' }),
  image('psi', 'PCE sector image', [[0, 'PSI ']]),
  image('pri', 'PCE bit image', [[0, 'PRI ']]),
  image('86f', '86Box floppy image', [[0, '86BF']], { extensions: '86f' }),
  image('mfi', 'MAME floppy image', [[0, 'MAMEFLOPPYIMAGE']]),
  image('mfi', 'MESS floppy image', [[0, 'MESSFLOPPYIMAGE']]),
  image('hxc-mfm', 'HxC MFM image', [[0, 'HXCMFM\0']]),
  image('fdi', 'Formatted disk image (FDI)', [[0, 'Formatted Disk Image file']]),
  image('apridisk', 'ApriDisk image', [[0, 'ACT Apricot disk image\x1a\x04']]),
  image('sad', 'Sam Coupé disk image', [[0, "Aley's disk backup"]]),
  image('scl', 'TR-DOS archive image', [[0, 'SINCLAIR']], { extensions: 'scl' }),
  image('ldbs', 'LibDsk block store', [[0, 'LBS\x01DSK\x01']]),
  image('nfd', 'T98-Next floppy image', [[0, 'T98FDDIMAGE.R']]),
  image('dim', 'X68000 disk image', [[171, 'DIFC HEADER']]),
  image('fds', 'Famicom Disk System image', [[0, 'FDS\x1a']]),
  image('imd', 'ImageDisk image', [[0, 'IMD ']], {
    where: (s) => IMD_START.test(s.head.toString('latin1', 0, 64)),
    extensions: 'imd',
  }),
  image('dc42', 'Apple Disk Copy 4.2 image', [[82, '\x01\0']], { puid: 'fmt/625', where: isDiskCopy, extensions: 'dc42' }),
  image('td0', 'Teledisk image', [[0, 'TD\0']], { where: isTeledisk, extensions: 'td0' }),
  image('td0', 'Teledisk image, advanced compression', [[0, 'td\0']], { where: isTeledisk }),
  image('msa', 'Magic Shadow Archiver image', [[0, '\x0e\x0f']], { puid: 'fmt/1472', where: isMsa, extensions: 'msa' }),
  image('atr', 'Atari 8-bit disk image', [[0, '\x96\x02']], {
    where: (s) => [128, 256, 512].includes(u16(s, 4)),
    extensions: 'atr',
  }),
  image('cqm', 'CopyQM image', [[0, 'CQ\x14']], { where: (s) => [128, 256, 512, 1024].includes(u16(s, 3)), extensions: 'cqm' }),
  image('d88', 'D88 image of a Japanese PC disk', [], { where: isD88, extensions: 'd88 d77' }),
  flux('hfe', 'HxC floppy emulator image', [[0, 'HXCPICFE']], { extensions: 'hfe' }),
  flux('hfe', 'HxC floppy emulator image, version 3', [[0, 'HXCHFEV3']]),
  flux('scp', 'SuperCard Pro flux image', [[0, 'SCP']], {
    where: (s) => byte(s, 5) >= 1 && byte(s, 5) <= 16 && byte(s, 7) < 168 && byte(s, 10) <= 2,
    extensions: 'scp',
  }),
  flux('ipf', 'Interchangeable Preservation Format', [[0, 'CAPS\0\0\0\x0c']], { extensions: 'ipf' }),
  flux('woz', 'Applesauce disk image, version 1', [[0, `WOZ1${APPLESAUCE}`]], { extensions: 'woz' }),
  flux('woz', 'Applesauce disk image, version 2', [[0, `WOZ2${APPLESAUCE}`]]),
  flux('moof', 'Applesauce Macintosh disk image', [[0, `MOOF${APPLESAUCE}`]], { extensions: 'moof' }),
  flux('a2r', 'Applesauce flux image, version 2', [[0, `A2R2${APPLESAUCE}`]], { extensions: 'a2r' }),
  flux('a2r', 'Applesauce flux image, version 3', [[0, `A2R3${APPLESAUCE}`]]),
  flux('kryoflux', 'KryoFlux stream of one track, version 2.0', [], { puid: 'fmt/655', where: (s) => kryoFlux(s) === '2.00' }),
  flux('kryoflux', 'KryoFlux stream of one track, version 2.2', [], { puid: 'fmt/656', where: (s) => kryoFlux(s) === '2.20' }),
  flux('kryoflux', 'KryoFlux stream of one track', [], { where: (s) => kryoFlux(s) !== undefined }),
];

/** Short marks, and formats that are no image: asked only when no file system was recognised. */
export const OTHERS: readonly Signature[] = [
  wrapper('gzip', 'gzip', [[0, '\x1f\x8b\x08']], { puid: 'x-fmt/266', mime: 'application/gzip', extensions: 'gz adz ipz' }),
  wrapper('bzip2', 'bzip2', [[0, 'BZh']], {
    puid: 'x-fmt/268',
    mime: 'application/x-bzip2',
    where: (s) => s.head.toString('latin1', 4, 10) === '1AY&SY',
    extensions: 'bz2',
  }),
  wrapper('xz', 'xz', [[0, '\xfd7zXZ\0']], { puid: 'fmt/1098', mime: 'application/x-xz', extensions: 'xz' }),
  wrapper('zstd', 'Zstandard', [[0, '\x28\xb5\x2f\xfd']], { mime: 'application/zstd', extensions: 'zst' }),
  wrapper('7z', '7-Zip archive', [[0, '7z\xbc\xaf\x27\x1c']], {
    puid: 'fmt/484',
    mime: 'application/x-7z-compressed',
    extensions: '7z',
  }),
  wrapper('rar', 'RAR archive', [[0, 'Rar!\x1a\x07']], { mime: 'application/vnd.rar', extensions: 'rar' }),
  wrapper('zip', 'ZIP archive', [[0, 'PK\x03\x04']], { puid: 'x-fmt/263', mime: 'application/zip', extensions: 'zip' }),
  wrapper('tar', 'tar archive', [[257, 'ustar']], { puid: 'x-fmt/265', mime: 'application/x-tar', extensions: 'tar' }),
  paper('pdf', 'PDF document', [[0, '%PDF-']], { mime: 'application/pdf', extensions: 'pdf' }),
  paper(
    'jpeg',
    'JPEG picture, JFIF 1.00',
    [
      [0, '\xff\xd8\xff\xe0'],
      [6, 'JFIF\0\x01\0'],
    ],
    { puid: 'fmt/42', mime: 'image/jpeg', extensions: 'jpg jpeg' },
  ),
  paper(
    'jpeg',
    'JPEG picture, JFIF 1.01',
    [
      [0, '\xff\xd8\xff\xe0'],
      [6, 'JFIF\0\x01\x01'],
    ],
    { puid: 'fmt/43', mime: 'image/jpeg' },
  ),
  paper(
    'jpeg',
    'JPEG picture, JFIF 1.02',
    [
      [0, '\xff\xd8\xff\xe0'],
      [6, 'JFIF\0\x01\x02'],
    ],
    { puid: 'fmt/44', mime: 'image/jpeg' },
  ),
  paper('jpeg', 'JPEG picture', [[0, '\xff\xd8\xff']], { mime: 'image/jpeg' }),
  paper('png', 'PNG picture', [[0, '\x89PNG\r\n\x1a\n']], { mime: 'image/png', extensions: 'png' }),
  paper('gif', 'GIF picture', [[0, 'GIF8']], { mime: 'image/gif', extensions: 'gif' }),
  paper('tiff', 'TIFF picture', [[0, 'II*\0']], { puid: 'fmt/353', mime: 'image/tiff', extensions: 'tif tiff' }),
  paper('tiff', 'TIFF picture', [[0, 'MM\0*']], { puid: 'fmt/353', mime: 'image/tiff' }),
  paper('heif', 'HEIF picture', [[4, 'ftyphei']], { mime: 'image/heic', extensions: 'heic' }),
  paper('ole2', 'OLE2 document (Office 97–2003)', [[0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1']], { puid: 'fmt/111' }),
  paper('sqlite', 'SQLite database', [[0, 'SQLite format 3\0']], { puid: 'fmt/729', mime: 'application/x-sqlite3' }),
  // Sheets of discs, where they are cut or damaged: else their formats know them.
  paper('mds', 'Alcohol disc description (of an .mdf)', [[0, 'MEDIA DESCRIPTOR']], { puid: 'fmt/1759', extensions: 'mds' }),
  paper('ccd', 'CloneCD control file', [[0, '[CloneCD]']], { puid: 'fmt/1760', extensions: 'ccd' }),
  paper('cue', 'CUE sheet', [], { where: () => false, extensions: 'cue' }),
  paper('rtf', 'Rich text', [[0, '{\\rtf']], { mime: 'application/rtf', extensions: 'rtf' }),
];

/** What a medium itself begins with: the name PRONOM has for an image whose bytes are the medium's. */
export const MEDIA: readonly Signature[] = [
  image('udf-bridge', 'UDF-ISO 9660 bridge disc', [[32769, 'CD001']], { puid: 'fmt/1739', where: hasUdf }),
  image('iso9660', 'ISO 9660 disk image file', [[32769, 'CD001']], { puid: 'fmt/468' }),
  image('udf', 'UDF disc image', [[32769, 'BEA01']], { puid: 'fmt/1738', where: hasUdf }),
  image('high-sierra', 'High Sierra disc image', [[32777, 'CDROM']]),
  image('exfat', 'exFAT disc image', [[0, '\xebv\x90EXFAT   ']], { puid: 'fmt/1609' }),
  image('ntfs', 'NTFS volume', [[3, 'NTFS    ']]),
  image('fat', 'FAT disk image', [[54, 'FAT']], { puid: 'fmt/1087', where: isDosBoot }),
  image('fat', 'FAT disk image', [[82, 'FAT32']], { puid: 'fmt/1087', where: isDosBoot }),
  image('amiga', 'Amiga disk file', [[0, 'DOS']], {
    puid: 'fmt/1361',
    where: (s) => byte(s, 3) >= 0 && byte(s, 3) <= 7 && s.size % 901_120 === 0,
  }),
  image('hfs', 'Hierarchical File System', [[1024, 'BD']], { puid: 'fmt/1105' }),
  image('hfs-plus', 'Hierarchical File System Plus', [[1024, 'H+\0\x04']], { puid: 'fmt/1742' }),
  image('hfs-plus', 'Hierarchical File System Plus', [[1024, 'HX\0\x05']], { puid: 'fmt/1742' }),
  image(
    'apm',
    'Apple partition map disk image',
    [
      [0, 'ER\x02\0'],
      [512, 'PM'],
    ],
    { puid: 'fmt/1740' },
  ),
  image('gpt', 'disk with a GUID partition table', [[512, 'EFI PART']]),
  image('ext', 'ext2, ext3 or ext4 file system', [[1080, '\x53\xef']]),
  image('mbr', 'disk with a boot record', [[510, '\x55\xaa']]),
];
