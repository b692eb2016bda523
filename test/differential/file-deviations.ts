/** Where other programs are known to be wrong, or have another opinion: by program and image, each with the reason. */
import type { Difference } from './listing.ts';

interface Deviation {
  readonly peer: string;
  readonly images: RegExp;
  /** Of the paths; without it, the program reads nothing of the image, or not this tree of it. */
  readonly paths?: RegExp;
  readonly because: string;
}

const TSK = 'The Sleuth Kit';
const ZIP = '7-Zip';
const XORRISO = 'xorriso';

export const DEVIATIONS: readonly Deviation[] = [
  // FAT
  {
    peer: TSK,
    images: /^fat\/(?:atari-st|atari-st-820k|dos1-160k|dos1-320k|dos2-360k|msx)$/,
    because: 'takes a volume for FAT only by 55 AA at the end of its first sector, which these systems did not write',
  },
  {
    peer: ZIP,
    images: /^fat\/(?:atari-st|atari-st-820k|dos1-160k|dos1-320k|dos2-360k|msx)$/,
    because: 'takes a volume for FAT only by 55 AA at the end of its first sector, which these systems did not write',
  },
  {
    peer: TSK,
    images: /^fat\/(?:fat16|fat32|floppy)$/,
    paths: /^n{251}(?:\.txt|)$|^n+\.?t?x?t?$/,
    because: 'cuts a name of 255 characters',
  },
  // exFAT
  {
    peer: TSK,
    images: /^exfat\/awkward$/,
    paths: /^reserved\.bin$/,
    because: 'gives what lies in the clusters behind the valid length, where the file has zeros (specification 7.6.5)',
  },
  { peer: TSK, images: /^exfat\/boot-copy$/, because: 'does not look for the copy of a damaged boot region' },
  {
    peer: TSK,
    images: /^exfat\/texfat$/,
    paths: /^changed\.bin$/,
    because: 'follows the first FAT where the boot sector says that the second is active',
  },
  // HFS
  {
    peer: 'hfsutils',
    images: /^hfs\/many$/,
    because: 'nothing is wrong with it, but it would be started some thousand times; the truth of the fixture is its own',
  },
  // NTFS
  { peer: TSK, images: /^ntfs\//, paths: /^\$Secure$/, because: 'fiwalk digests its stream $SDS as if that were the file' },
  { peer: TSK, images: /^ntfs\/damaged$/, because: 'does not look into $MFTMirr when the first record of the $MFT is lost' },
  { peer: ZIP, images: /^ntfs\/damaged$/, because: 'does not look into $MFTMirr when the first record of the $MFT is lost' },
  { peer: ZIP, images: /^ntfs\/sectors-4096$/, because: 'does not open NTFS with sectors of 4096 bytes' },
  { peer: ZIP, images: /^ntfs\//, paths: /^\$/, because: 'shows structures of the file system in a folder of their own' },
  // ISO 9660
  ...[TSK, ZIP, XORRISO].flatMap((peer): Deviation[] => [
    { peer, images: /^iso9660\/blocks512$/, because: 'does not open a disc with blocks of 512 bytes' },
    { peer, images: /^iso9660\/high-sierra$/, because: 'does not know High Sierra' },
    {
      peer,
      images: /^iso9660\/pieces$/,
      because: 'refuses interleaved files, files in pieces and a type M table that is not there',
    },
    { peer, images: /^iso9660\/sessions$/, because: 'is not told where the last session begins, and reads the first' },
  ]),
  {
    peer: TSK,
    images: /^iso9660\/both$/,
    paths: /^(?:9 2b87a9fa|12 33460514)/,
    because: 'reads the Joliet tree, from which one file is hidden as another is from the tree of Rock Ridge',
  },
  {
    peer: ZIP,
    images: /^iso9660\/both$/,
    paths: /^n+\.txt$|^only-ridge\.txt$|^hidden\/only-joliet\.txt$/,
    because: 'reads the Joliet tree, from which one file is hidden as another is from the tree of Rock Ridge',
  },
  {
    peer: TSK,
    images: /^iso9660\/rock-ridge$/,
    paths: /^0 d41d8cd9/,
    because: 'takes the place-holders of moved folders, and links, for empty files',
  },
  {
    peer: ZIP,
    images: /^iso9660\/rock-ridge$/,
    paths: /^(?:deep|rr_moved|RR_MOVED)\/|^(?:rr_moved|RR_MOVED)$|^n+(?:\.txt)?$/,
    because: 'leaves moved folders where they were moved to, and cuts the longest name',
  },
  ...[ZIP, XORRISO].map((peer): Deviation => {
    return {
      peer,
      images: /^iso9660\/level4$/,
      paths: /^archive\.tar\.gz$|^ARCHIVE_TAR\.GZ$/,
      because: 'reads the first tree, not the enhanced one of ISO 9660:1999',
    };
  }),
  { peer: TSK, images: /^iso9660\/zisofs2?$/, because: 'gives packed files as they lie there' },
  { peer: ZIP, images: /^iso9660\/zisofs2?$/, paths: /^(?:holes|pattern)$/, because: 'gives packed files as they lie there' },
  // UDF
  {
    peer: ZIP,
    images: /^udf\/(?!bridge$)/,
    because: 'opens no UDF with other blocks than 2048 bytes, or without ISO 9660 beside it',
  },
  // HFS+
  {
    peer: ZIP,
    images: /^hfsplus\/(?:everything|odd|wrapped)$/,
    because: 'shows forks and attributes as files, follows a folder that is its own parent, and does not follow hard links',
  },
  {
    peer: TSK,
    images: /^hfsplus\/(?:everything|odd|wrapped)$/,
    paths: /^with attributes$|^packed\/|[\u2400-\u2421^]|Private D/,
    because: 'reads no file that is packed into an attribute, and writes control characters in another way',
  },
];
export function isUnreadable(peer: string, image: string): boolean {
  return DEVIATIONS.some((each) => each.paths === undefined && each.peer === peer && each.images.test(image));
}

export function deviates(peer: string, image: string, { path }: Difference): boolean {
  return DEVIATIONS.some((each) => each.paths?.test(path) === true && each.peer === peer && each.images.test(image));
}
