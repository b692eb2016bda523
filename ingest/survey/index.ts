/**
 * survey: what is inside a disk: volumes, file systems, every file with where it lies, its digests and its format; as DFXML and back.
 * May import: kernel, media, volumes, filesystems, identification, digest.
 * Imported by: package, pipeline and everything above.
 * Entry: surveyOf(media), writeDfxml(items), readDfxml(path), openFile(media, place) for one file's bytes.
 */
export { EntryKind } from '../filesystems/index.ts';
export { DFXML_HEAD_BYTES, type DfxmlMaker, readDfxmlHead } from './dfxml-head.ts';
export { readDfxml } from './dfxml-reader.ts';
export { type FilePlace, openFile, openFiles } from './open-file.ts';
export { type DfxmlHead, type DfxmlMark, type DfxmlResumption, writeDfxml } from './dfxml-writer.ts';
export type {
  ByteRun,
  FileFormat,
  Remark,
  SurveyedDamage,
  SurveyedFile,
  SurveyedFileSystem,
  SurveyedStream,
  SurveyedVolume,
  SurveyTotals,
} from './record.ts';
export {
  dataOf,
  type SurveyedTable,
  type SurveyItem,
  type SurveyOptions,
  type SurveyPosition,
  surveyOf,
} from './survey.ts';
export { SurveyCounter } from './totals.ts';
