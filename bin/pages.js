#!/usr/bin/env node
// Writes the pages that are made from the program, whole or in part: `npm run pages`. A test fails when one is out of date.
import { writeFileSync } from 'node:fs';
import { argv } from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { faultsPage } from './pages/faults.js';
import { formatsPage } from './pages/formats.js';
import { readmePage } from './pages/settings.js';

/** By path from the root of the repository. */
export const PAGES = { 'docs/formats.md': formatsPage, 'docs/faults.md': faultsPage, 'README.md': readmePage };

if (import.meta.url === pathToFileURL(argv[1] ?? '').href) {
  for (const [path, make] of Object.entries(PAGES)) {
    writeFileSync(fileURLToPath(new URL(`../${path}`, import.meta.url)), await make());
    process.stdout.write(`${path}\n`);
  }
}
