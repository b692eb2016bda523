/** Node's system errors, recognised and said in plain words. */

const WORDS: Readonly<Record<string, string>> = {
  ENOENT: 'does not exist',
  EACCES: 'may not be read or written by this user',
  EPERM: 'may not be changed by this user',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EROFS: 'the file system is read-only',
  EIO: 'the device reports a read or write error',
  ELOOP: 'a symbolic link leads back to itself',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'is a folder',
  ENXIO: 'the device is not there',
  ENODEV: 'the device is not there',
  ENOMEDIUM: 'no medium in the drive',
  EMFILE: 'too many open files',
  ENFILE: 'too many open files on this machine',
  EFBIG: 'the file is larger than the file system allows',
  ENAMETOOLONG: 'a name is longer than the file system allows',
  EEXIST: 'exists already',
  EXDEV: 'lies on another file system',
  EBUSY: 'is in use',
};

export function isSystemError(error: unknown): error is NodeJS.ErrnoException & { code: string } {
  return error instanceof Error && typeof (error as NodeJS.ErrnoException).code === 'string' && 'syscall' in error;
}

/** `ENOSPC` → "the disk is full (ENOSPC)". */
export function wordsOfSystemError(error: unknown): string {
  if (!isSystemError(error)) return error instanceof Error ? error.message : String(error);
  const words = WORDS[error.code];
  return words === undefined ? error.message : `${words} (${error.code})`;
}
