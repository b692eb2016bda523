/** Opens the archive that a command speaks to: its home here, or the server that has the home. */
import { Fault, FaultKind } from '#ingest/kernel';
import { userOfThisProcess } from '../config/agents.ts';
import { readSettings, type Settings } from '../config/settings.ts';
import { openHome } from '../database/home.ts';
import { acquireHomeLock, homeOwner } from '../database/home-lock.ts';
import type { Archive } from './archive.ts';
import type { GlobalOptions } from './exit-code.ts';
import type { LocalArchive } from './local-archive.ts';
import { RemoteArchive } from './remote-archive.ts';

export interface Opening {
  /** What the user typed, for whoever finds the home in use. */
  readonly command: string;
  /** Whether it changes anything: then the home's lock is needed. */
  readonly writes: boolean;
  /** Whether a home that is not there yet is made. */
  readonly creates: boolean;
}

export function settingsOf({ home }: GlobalOptions): Settings {
  return readSettings(process.env, { home });
}

/** The application is only loaded when it is needed: that takes longer than most commands. The caller disposes. @throws Fault 'home/…', 'database/…'. */
export async function openArchive(options: GlobalOptions, { command, writes, creates }: Opening): Promise<Archive> {
  const settings = settingsOf(options);
  await openHome(settings.home, { create: creates });
  const person = userOfThisProcess();
  try {
    const lock = await acquireHomeLock(settings.home, { command: `strongroom ${command}` });
    try {
      const local = await import('./local-archive.ts');
      const app = await local.startContext({ settings, access: 'write', person, roles: [] });
      return interruptible(new local.LocalArchive(app, () => lock.release()));
    } catch (error) {
      await lock.release();
      throw error;
    }
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'home/in-use') throw error;
    const owner = await homeOwner(settings.home);
    if (owner?.url !== undefined && owner.token !== undefined) return new RemoteArchive(owner.url, owner.token);
    if (writes) throw error;
    const local = await import('./local-archive.ts');
    const app = await local.startContext({ settings, access: 'read', person, roles: [] });
    return new local.LocalArchive(app, () => Promise.resolve());
  }
}

/** Ctrl-C stops the work in an orderly way; a second one ends the process at once. */
function interruptible(archive: LocalArchive): LocalArchive {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    const message = `stopped by ${signal}; nothing was left half-done`;
    process.once(signal, () => archive.interrupt(new Fault(FaultKind.Refused, 'cli/interrupted', message, { signal })));
  }
  return archive;
}
