/** Names that the DFXML of a survey is written and read with. docs/package.md describes it; the schema is DFXML 2.0.0-beta.0. */

export const DFXML = 'http://www.forensicswiki.org/wiki/Category:Digital_Forensics_XML';
/** What DFXML has no word for: elements at the end, attributes anywhere, both allowed by its schema. */
export const SURVEY = 'urn:strongroom:survey:1';
export const DFXML_VERSION = '2.0.0-beta.0';

/** `name_type` and `meta_type` (as The Sleuth Kit counts) of each kind of entry. */
export const NAME_TYPES = {
  file: ['r', 1],
  directory: ['d', 2],
  pipe: ['p', 3],
  character: ['c', 4],
  block: ['b', 5],
  link: ['l', 6],
  socket: ['s', 8],
  whiteout: ['w', 9],
  unknown: ['-', 0],
} as const;

/** The elements of times, in the schema's order. */
export const TIMES = [
  ['modified', 'mtime'],
  ['changed', 'ctime'],
  ['accessed', 'atime'],
  ['created', 'crtime'],
  ['deleted', 'dtime'],
  ['backedUp', 'bkup_time'],
] as const;

/** The stored name, where the path tells it: then its bytes are not written besides. */
export function impliedName(path: string, encoding: string): Buffer {
  return Buffer.from(path.slice(path.lastIndexOf('/') + 1), encoding === 'utf-16le' ? 'utf16le' : 'utf8');
}

/** How a stream that is not the data is called: what macOS and NTFS say themselves. */
export function streamPath(path: string, kind: string, name: string): string {
  if (kind === 'resource') return `${path}/..namedfork/rsrc`;
  return kind === 'alternate' ? `${path}:${name}` : `${path}:@${name}`;
}
