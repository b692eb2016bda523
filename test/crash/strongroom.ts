/** The command line as a process of its own: started, killed, and what it said. */
import { type ChildProcess, spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/strongroom.js', import.meta.url));

export interface Ended {
  /** Null when it was killed. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly tookMs: number;
}

export class Running {
  readonly ended: Promise<Ended>;
  isRunning = true;
  private readonly child: ChildProcess;

  constructor(home: string, args: readonly string[]) {
    const began = performance.now();
    const child = spawn(process.execPath, [PROGRAM, '--home', home, '--json', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said.stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (said.stderr += text));
    child.once('exit', () => (this.isRunning = false));
    this.child = child;
    this.ended = new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) => resolve({ ...said, code, tookMs: performance.now() - began }));
    });
  }

  /** At once and without a word: worker threads and all. */
  kill(): void {
    this.child.kill('SIGKILL');
  }
}

export async function strongroom(home: string, ...args: readonly string[]): Promise<Ended> {
  return new Running(home, args).ended;
}

/** Its one JSON document. @throws Error with all it said when there is none, or the exit code is another. */
// oxlint-disable-next-line typescript/no-unnecessary-type-parameters -- what a command promises, the caller knows
export function answerOf<T>({ code, stdout, stderr }: Ended, expectedCode = 0): T {
  if (code !== expectedCode) throw new Error(`exit code ${code}, not ${expectedCode}: ${stdout} ${stderr}`);
  return JSON.parse(stdout) as T;
}

/** The code of the Fault with which it refused; undefined when it did not. */
export function faultOf({ stdout }: Ended): string | undefined {
  if (!stdout.startsWith('{"error"')) return undefined;
  return (JSON.parse(stdout) as { error: { code: string } }).error.code;
}
