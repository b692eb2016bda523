/** The track stream of HFE version 3: cells, and between them operations that begin with the bits 1111. */
import { type Cells, PAST_INDEX, joined } from './cells.ts';

/** As libhxcfe names them; the lowest bit of each stored byte comes first. */
const Opcode = { Nop: 0xf0, SetIndex: 0xf1, SetBitRate: 0xf2, SkipBits: 0xf3, Random: 0xf4 } as const;

const REVERSED = Uint8Array.from({ length: 256 }, (_, byte) => {
  let out = 0;
  for (let i = 0; i < 8; i++) out |= ((byte >> i) & 1) << (7 - i);
  return out;
});

/** Random bits give no cells that could be trusted: zeros, which no checksum holds for. */
export function withoutOpcodes(side: Uint8Array): Cells {
  const cells = new Uint8Array(side.length * 8 + PAST_INDEX);
  let length = 0;
  let skip = 0;
  const take = (byte: number): void => {
    for (let i = 7 - skip; i >= 0; i--) cells[length++] = (byte >> i) & 1;
    skip = 0;
  };
  for (let at = 0; at < side.length; at++) {
    const byte = REVERSED[side[at] ?? 0] ?? 0;
    if ((byte & 0xf0) !== 0xf0) take(byte);
    else if (byte === Opcode.SetBitRate) at++;
    else if (byte === Opcode.SkipBits) skip = (REVERSED[side[++at] ?? 0] ?? 0) & 7;
    else if (byte === Opcode.Random) take(0);
  }
  return joined(cells.subarray(0, length), length);
}
