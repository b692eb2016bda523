/** What every scanner finds: the test file of EICAR, alone or in a tar of any size. It harms nothing. */

/** In two parts, so that no scanner takes this program for it. Source: eicar.org, "Anti Malware Testfile". */
const EICAR = ['X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-', 'STANDARD-ANTIVIRUS-TEST-FILE!$H+H*'];
const BLOCK = 512;
const PIECE = 1 << 18;

/**
 * A file in which a scanner finds the test file, if it looks into files of this size at all: ClamAV calls larger ones than its MaxFileSize clean.
 * @param size in bytes; the file is at least as large as the test itself.
 */
export async function* proof(size: number): AsyncGenerator<Buffer, void, undefined> {
  const test = Buffer.from(EICAR.join(''), 'latin1');
  const beside = size - 5 * BLOCK;
  if (beside < 0) {
    yield await Promise.resolve(test);
    return;
  }
  const content = Buffer.alloc(BLOCK);
  test.copy(content);
  yield Buffer.concat([header('test', test.length), content, header('zeros', beside)]);
  const zeros = Buffer.alloc(PIECE);
  for (let left = beside + 2 * BLOCK; left > 0; left -= PIECE) yield zeros.subarray(0, Math.min(left, PIECE));
}

/** Of one file in a tar. Source: POSIX.1, pax, "ustar Interchange Format". */
function header(name: string, size: number): Buffer {
  const block = Buffer.alloc(BLOCK);
  const octal = (value: number, digits: number): string => value.toString(8).padStart(digits, '0');
  block.write(name, 0, 'latin1');
  block.write('0000644\x000000000\x000000000\0', 100, 'latin1');
  block.write(`${octal(size, 11)}\0${octal(0, 11)}\0`, 124, 'latin1');
  block.write('        0', 148, 'latin1');
  block.write('ustar\x0000', 257, 'latin1');
  const sum = block.reduce((all, byte) => all + byte, 0);
  block.write(`${octal(sum, 6)}\0 `, 148, 'latin1');
  return block;
}
