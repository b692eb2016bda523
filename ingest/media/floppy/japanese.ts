/** Text of Japanese computers: Shift JIS, up to the first NUL. */
import { escaped } from '../../kernel/index.ts';

export function japanese(bytes: Buffer): string {
  const end = bytes.indexOf(0);
  return escaped(new TextDecoder('shift_jis').decode(end === -1 ? bytes : bytes.subarray(0, end))).trim();
}
