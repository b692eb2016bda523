/**
 * NSRLFile.txt of the NSRL's Reference Data Set, version 2: CSV with a heading, every text in quotes.
 * "SHA-1","MD5","CRC32","FileName","FileSize","ProductCode","OpSystemCode","SpecialCode"; later sets may add "SHA-256".
 * Source: NIST, Data Formats of the NSRL Reference Data Set (RDS) Distribution, 2.x.
 */
import { Fault, FaultKind } from '#ingest/kernel';
import { type DigestsRead, isDigest, linesOf, noDigest } from './lines.ts';

const ALGORITHMS = ['SHA256', 'SHA1', 'MD5'];
const MOST_FIELDS = 64;

/** Whether a first line names columns, one of them a digest's. */
export function isNsrlHeading(line: string): boolean {
  return line.includes(',') && columnsOf(line).length > 0;
}

/** @throws Fault 'known/no-digest', 'known/not-text', 'known/line-cut'. */
export async function* nsrlTextDigests(path: string): AsyncGenerator<DigestsRead> {
  let columns: readonly number[] = [];
  let fieldCount = 0;
  for await (const { lines, first, doneBytes } of linesOf(path)) {
    const digests: string[] = [];
    for (const [index, line] of lines.entries()) {
      if (first + index === 1) {
        columns = columnsOf(line);
        fieldCount = Math.max(...columns) + 1;
      } else if (line !== '') digests.push(digestIn(fieldsOf(line, fieldCount), columns, path, first + index, line));
    }
    yield { digests, doneBytes };
  }
}

function digestIn(fields: readonly string[], columns: readonly number[], path: string, line: number, text: string): string {
  if (fields.length <= Math.max(...columns)) {
    const message = `line ${line} of ${path} ends before its digests do: the file may have been cut off; get it again. Nothing of it was kept`;
    throw new Fault(FaultKind.Truncated, 'known/line-cut', message, { path, line });
  }
  for (const column of columns) {
    const field = fields[column] ?? '';
    if (isDigest(field)) return field;
    if (field !== '') break;
  }
  throw noDigest(path, line, text);
}

/** Which columns hold digests, the strongest first. */
function columnsOf(heading: string): number[] {
  const names = fieldsOf(heading.replace(/^\u00ef\u00bb\u00bf/, ''), MOST_FIELDS).map((name) =>
    name.toUpperCase().replace('-', ''),
  );
  return ALGORITHMS.map((name) => names.indexOf(name)).filter((column) => column !== -1);
}

/** The first so many fields of a line of CSV. A field that the line ends in the middle of is left out. */
function fieldsOf(line: string, most: number): string[] {
  const fields: string[] = [];
  let at = 0;
  while (fields.length < most && at <= line.length) {
    if (line[at] !== '"') {
      const comma = line.indexOf(',', at);
      fields.push(line.slice(at, comma === -1 ? line.length : comma));
      at = comma === -1 ? line.length + 1 : comma + 1;
      continue;
    }
    let end = line.indexOf('"', at + 1);
    while (end !== -1 && line[end + 1] === '"') end = line.indexOf('"', end + 2);
    if (end === -1) return fields;
    fields.push(line.slice(at + 1, end).replaceAll('""', '"'));
    at = end + 2;
  }
  return fields;
}
