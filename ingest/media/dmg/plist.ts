/** The `blkx` tables in a disk image's property list (XML), and the names of its partitions. No entity is expanded, no DTD fetched. */
import { SaxesParser } from 'saxes';
import { Fault, FaultKind } from '../../kernel/index.ts';

export interface BlockTable {
  /** `Apple_HFS : 4`, as the image has it. */
  readonly name: string;
  /** The `mish` table. */
  readonly bytes: Buffer;
}

const DEEPEST = 32;
const MOST_TABLES = 4096;
const FED_AT_ONCE = 64 * 1024;

/** @throws Fault 'dmg/plist' for what is no such list. */
export function blockTables(xml: Buffer): BlockTable[] {
  const found: { name: string; data: string[] }[] = [];
  /** Keys from the outermost dict on; '' stands for one of an array. */
  const path: string[] = [];
  let open = 0;
  let text: string[] | undefined;
  const refuse = (what: string, cause?: unknown): Fault =>
    new Fault(FaultKind.Corrupt, 'dmg/plist', `the image's property list is damaged: ${what}`, {}, { cause });
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw refuse(error.message, error);
  });
  parser.on('opentag', ({ name }) => {
    if (++open > DEEPEST) throw refuse(`it is nested more than ${DEEPEST} deep`);
    if (name === 'dict' || name === 'array') {
      if (name === 'dict' && isBlkx(path)) {
        if (found.length >= MOST_TABLES) throw refuse(`it has more than ${MOST_TABLES} tables`);
        found.push({ name: '', data: [] });
      }
      path.push('');
    }
    if (name === 'key' || name === 'string' || name === 'data') text = [];
  });
  parser.on('text', (piece) => void text?.push(piece));
  parser.on('closetag', ({ name }) => {
    open--;
    if (name === 'dict' || name === 'array') path.pop();
    else if (text !== undefined) {
      const last = found.at(-1);
      if (name === 'key') path[path.length - 1] = text.join('').slice(0, 256);
      else if (last !== undefined && isBlkx(path.slice(0, -1))) {
        const key = path.at(-1);
        if (name === 'data' && key === 'Data') last.data = text;
        if (name === 'string' && key === 'Name') last.name = text.join('').slice(0, 256);
      }
      text = undefined;
    }
  });
  try {
    for (let at = 0; at < xml.length; at += FED_AT_ONCE) parser.write(xml.toString('latin1', at, at + FED_AT_ONCE));
    parser.close();
  } catch (error) {
    throw error instanceof Fault ? error : refuse(String(error), error);
  }
  return found.map(({ name, data }) => ({
    name: Buffer.from(name, 'latin1').toString('utf8'),
    bytes: Buffer.from(data.join(''), 'base64'),
  }));
}

function isBlkx(path: readonly string[]): boolean {
  return path.length === 3 && path[0] === 'resource-fork' && path[1] === 'blkx';
}
