/** The data of one Teledisk sector: a method, then the sector as it is, one pattern repeated, or runs. */
import { Fault, FaultKind } from '../../kernel/index.ts';

/** Fills all of `out`. @param packed begins with the method. @throws Fault 'td0/sector' when it makes more or less. */
export function unpackSector(packed: Buffer, out: Buffer, what: string): void {
  const method = packed[0];
  let made = 0;
  const refuse = (): Fault => {
    const message = `${what} does not unpack to its ${out.length} bytes (method ${method ?? 'missing'}); the image is damaged there`;
    return new Fault(FaultKind.Corrupt, 'td0/sector', message, { size: out.length, packed: packed.length });
  };
  const put = (bytes: Buffer, count: number): void => {
    if (bytes.length === 0 ? count > 0 : bytes.length * count > out.length - made) throw refuse();
    for (let i = 0; i < count; i++) made += bytes.copy(out, made);
  };
  if (method === 0) put(packed.subarray(1), 1);
  else if (method === 1) for (let at = 1; at < packed.length; at += 4) put(pattern(at), packed.readUInt16LE(at));
  else if (method === 2) runs();
  else throw refuse();
  if (made !== out.length) throw refuse();

  function pattern(at: number): Buffer {
    if (at + 4 > packed.length) throw refuse();
    return packed.subarray(at + 2, at + 4);
  }

  function runs(): void {
    for (let at = 1; at < packed.length; ) {
      const [words = 0, count = 0] = packed.subarray(at, at + 2);
      const length = words === 0 ? count : words * 2;
      const start = at + 2;
      if (start + length > packed.length) throw refuse();
      put(packed.subarray(start, start + length), words === 0 ? 1 : count);
      at = start + length;
    }
  }
}
