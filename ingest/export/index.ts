/**
 * export: a package as something to take away, verified while it is written, the same bytes every time.
 * May import: everything below it, package included. Imported by: pipeline, and src/engine.
 * Entry: exportPackage(exporter, package, target), exporters/ holds one file per kind of result; exportMedium(writer, medium,
 * target) for the disk inside as another container, writers/ holds one file per container; extractFiles(files, target) for files inside.
 */
export type { Exporter } from './exporter.ts';
export { exporters, mediaWriters } from './open.ts';
export { exportMedium, type MediumExportResult } from './export-medium.ts';
export type { DiskFacts, MediaWriter } from './media-writer.ts';
export type { StoredMedium } from './surveyed-disk.ts';
export { type ExportOptions, type ExportResult, exportPackage } from './export-package.ts';
export { HISTORY_PATH } from './history.ts';
export { csvRow } from './extract/csv.ts';
export { extractedZip, extractFiles } from './extract/extract.ts';
export type { ExtractedFile, Extraction, FilesToExtract } from './extract/extraction.ts';
