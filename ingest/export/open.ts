/** The exporters, by id: every file of exporters/. */
import { loadFolder } from '../kernel/index.ts';
import type { Exporter } from './exporter.ts';

export const exporters = await loadFolder<Exporter>(new URL('./exporters/', import.meta.url), 'exporter');
