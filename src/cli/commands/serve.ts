/** strongroom serve: the archive over HTTP, with its workers and its clock. */
import { randomBytes } from 'node:crypto';
import { Command } from 'commander';
import type { GlobalOptions } from '../exit-code.ts';
import { settingsOf } from '../open-archive.ts';
import { Output } from '../output.ts';
import { openHome } from '../../database/home.ts';
import { acquireHomeLock } from '../../database/home-lock.ts';

export function serveCommand(globals: () => GlobalOptions): Command {
  return new Command('serve')
    .description('runs the archive: HTTP API on loopback, ingests and exports in the background, audits by the clock')
    .action(async () => {
      const settings = settingsOf(globals());
      const output = new Output(globals());
      await openHome(settings.home);
      const command = 'strongroom serve';
      const lock = await acquireHomeLock(settings.home, { command });
      try {
        const token = randomBytes(32).toString('hex');
        const { startServer } = await import('../../server.ts');
        const server = await startServer(settings, token);
        await lock.tell({ command, url: server.url, token });
        output.result({ url: server.url, api: `${server.url}/api/docs`, home: settings.home }, () => [
          `Strongroom answers at ${server.url} (its API is described at ${server.url}/api/docs)`,
          `The archive lies in ${settings.home}. Stop with Ctrl-C.`,
        ]);
        await stopSignal();
        await server.close();
      } finally {
        await lock.release();
      }
    });
}

function stopSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  });
}
