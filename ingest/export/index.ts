/**
 * export: a package as something to take away, verified while it is written, the same bytes every time.
 * May import: everything below it, package included. Imported by: pipeline, and src/engine.
 * Entry: exportPackage(exporter, package, target); exporters/ holds one file per kind of result.
 */
export type { Exporter } from './exporter.ts';
export { exporters } from './open.ts';
export { type ExportOptions, type ExportResult, exportPackage } from './export-package.ts';
export { HISTORY_PATH } from './history.ts';
