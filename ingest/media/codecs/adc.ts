/** Apple Data Compression, of old disk images (UDCO). It carries no checksum. Source: described in QEMU's and dmg2img's readers. */
import { type Codec, corrupt, tooLong } from './codec.ts';

export const adc: Codec = (packed, size) => {
  const out = Buffer.allocUnsafeSlow(size);
  let filled = 0;
  for (let at = 0; at < packed.length; ) {
    const control = packed[at++] ?? 0;
    const isLiteral = control >= 0x80;
    const isLong = control >= 0x40;
    const length = isLiteral ? (control & 0x7f) + 1 : isLong ? (control & 0x3f) + 4 : (control >> 2) + 3;
    const taken = isLiteral ? length : isLong ? 2 : 1;
    if (taken > packed.length - at) return Promise.reject(corrupt('ADC', new Error('the data end too early')));
    if (length > size - filled) return Promise.reject(tooLong('ADC', size));
    if (isLiteral) packed.copy(out, filled, at, at + length);
    else {
      const distance = (isLong ? packed.readUInt16BE(at) : (control & 3) * 256 + (packed[at] ?? 0)) + 1;
      if (distance > filled) return Promise.reject(corrupt('ADC', new Error('a distance reaches before the beginning')));
      for (let to = filled; to < filled + length; to++) out[to] = out[to - distance] ?? 0;
    }
    at += taken;
    filled += length;
  }
  return Promise.resolve(out.subarray(0, filled));
};
