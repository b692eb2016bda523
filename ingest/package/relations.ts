/** What the files of a payload are to the image, in terms of id.loc.gov: the same in PREMIS and on screens. */
import type { RelationshipSubType, RelationshipType } from '../premis/index.ts';
import type { AcquisitionDocument } from './acquisition-document.ts';
import { FileRole, roleOf } from './package.ts';

export interface Relation {
  readonly type: RelationshipType;
  /** Of the file to the image. */
  readonly subType: RelationshipSubType;
  /** Of the image to the file. */
  readonly inverse: RelationshipSubType;
}

const PART: Relation = { type: 'structural', subType: 'is Included In', inverse: 'includes' };
const SOURCE: Relation = { type: 'derivation', subType: 'is Source Of', inverse: 'has Source' };
const PAPER: Relation = { type: 'reference', subType: 'documents', inverse: 'is Documented In' };

/** For each path in the package; undefined for what is no payload. */
export function relationsOf({ flux = [] }: Pick<AcquisitionDocument, 'flux'>): (path: string) => Relation | undefined {
  const captured = new Set(flux.flatMap(({ files }) => files));
  return (path) => {
    const role = roleOf(path);
    if (role === FileRole.Image) return PART;
    if (role !== FileRole.Submission) return undefined;
    return captured.has(path) ? SOURCE : PAPER;
  };
}
