/** Tests run against dist: what ships is what is tested, worker threads included. */
import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts', 'ingest/bagit-js/test/**/*.test.ts'],
    exclude: ['node_modules', 'dist'],
    setupFiles: ['test/seed.ts'],
    testTimeout: 60_000,
    hookTimeout: 60_000,
    pool: 'forks',
  },
});
