/** The command line as its users start it: a process of its own, over a home of its own. */
import { spawn } from 'node:child_process';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

export const PROGRAM = fileURLToPath(new URL('../../bin/strongroom.js', import.meta.url));

export interface Run {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** The document that --json prints. */
  readonly json: any; // oxlint-disable-line typescript/no-explicit-any -- judged by its schema
}

/** Runs `strongroom --home HOME …`; killed after a minute, so that a hang is a failure. */
export async function strongroom(home: string, ...args: string[]): Promise<Run> {
  const child = spawn(process.execPath, [PROGRAM, '--home', home, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  const [stdout, stderr] = [[] as Buffer[], [] as Buffer[]];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  const text = Buffer.concat(stdout).toString();
  return {
    code,
    stdout: text,
    stderr: Buffer.concat(stderr).toString(),
    json: args.includes('--json') && text !== '' ? JSON.parse(text) : undefined,
  };
}

/** Nothing half-written: staging is empty, and the archive says of itself that it works. */
export async function expectUntouched(home: string): Promise<void> {
  expect(await readdir(join(home, 'locations/main/staging'))).toEqual([]);
  const { code, json } = await strongroom(home, 'doctor', '--json');
  expect({ code, ill: json.checks.filter(({ ok }: { ok: boolean }) => !ok) }).toEqual({ code: 0, ill: [] });
}

/** Plain words: a code and a sentence, and no trace of the program's inside. */
export function expectPlain({ stderr }: Run): void {
  expect(stderr).not.toMatch(/^\s+at /m);
  expect(stderr).not.toMatch(/node:internal|\.js:\d+/);
}
