/** Header extensions of QCOW2: a list of type, length and data between the header and the backing file's name. */
import { Fault, FaultKind, ascii, layout, u32be, u8 } from '../../kernel/index.ts';

const BACKING_FORMAT = 0xe2792aca;
const FEATURE_NAMES = 0x6803f857;
const DATA_FILE = 0x44415441;
const BITMAPS = 0x23852875;

const extension = layout('QCOW2 header extension', 8, { type: [0, u32be], length: [4, u32be] });
const featureName = layout('QCOW2 feature name', 48, { kind: [0, u8], bit: [1, u8], name: [2, ascii(46)] });

export interface Extensions {
  /** Empty when there is none. */
  readonly backingFormat: string;
  readonly dataFile: string;
  readonly bitmapCount: number;
  /** Names of incompatible features, by bit; as they stand there. */
  readonly features: ReadonlyMap<number, string>;
}

/**
 * @param bytes the image's first cluster, or what is there of it.
 * @param start end of the header. @param end where the backing file's name begins, or the first cluster ends.
 * @throws Fault 'qcow2/extension-length'.
 */
export function extensionsOf(bytes: Buffer, start: number, end: number): Extensions {
  const found = { backingFormat: '', dataFile: '', bitmapCount: 0, features: new Map<number, string>() };
  const stop = Math.min(end, bytes.length);
  for (let at = start; at + extension.size <= stop; ) {
    const { type, length } = extension.decode(bytes.subarray(at, at + extension.size));
    if (type === 0) break;
    at += extension.size;
    if (length > stop - at) {
      const message = `a header extension of ${length} bytes (type ${type.toString(16)}) does not fit into the ${stop - at} that are left; the header is damaged`;
      throw new Fault(FaultKind.Corrupt, 'qcow2/extension-length', message, { type, length, at });
    }
    const data = bytes.subarray(at, at + length);
    if (type === BACKING_FORMAT) found.backingFormat = data.toString('utf8');
    else if (type === DATA_FILE) found.dataFile = data.toString('utf8');
    else if (type === BITMAPS && length >= 4) found.bitmapCount = data.readUInt32BE();
    else if (type === FEATURE_NAMES) addFeatures(found.features, data);
    at += Math.ceil(length / 8) * 8;
  }
  return found;
}

function addFeatures(features: Map<number, string>, table: Buffer): void {
  for (let at = 0; at + featureName.size <= table.length; at += featureName.size) {
    const { kind, bit, name } = featureName.decode(table.subarray(at, at + featureName.size));
    if (kind === 0 && bit < 64) features.set(bit, name);
  }
}
