/** What a package can be exported as, by id: every file of exporters/ (the package) and of writers/ (the disk inside). */
import { loadFolder } from '../kernel/index.ts';
import type { Exporter } from './exporter.ts';
import type { MediaWriter } from './media-writer.ts';

export const exporters = await loadFolder<Exporter>(new URL('./exporters/', import.meta.url), 'exporter');
export const mediaWriters = await loadFolder<MediaWriter>(new URL('./writers/', import.meta.url), 'writer');
