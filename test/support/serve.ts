/** The real program as a process of its own: `strongroom serve` on a fresh home and a free port, and commands beside it. */
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const PROGRAM = fileURLToPath(new URL('../../bin/strongroom.js', import.meta.url));

/** What came back, the body read as what it says it is. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** Whatever the test knows it to be. */
  // oxlint-disable-next-line typescript/no-explicit-any -- answers are judged by expect(), not by the compiler
  readonly json: any;
}

export interface Command {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Serving extends AsyncDisposable {
  readonly home: string;
  /** Without a path. */
  readonly url: string;
  /** What the process printed on stdout when it was ready. */
  readonly said: string;
  readonly pid: number;
  /** Everything logged so far. */
  log(): string;
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
  /** Follows a job's events to its end; the last is `done`, `failed` or `cancelled`. */
  watch(job: string): Promise<{ type: string; data: Answer['json'] }[]>;
  /** Sends SIGTERM and waits. */
  stop(): Promise<{ code: number | null; signal: NodeJS.Signals | null; tookMs: number }>;
}

/** A command on a home, with --json unless the arguments are for people. */
export function strongroom(home: string, ...args: string[]): Promise<Command> {
  return new Promise((resolve) => {
    execFile(process.execPath, [PROGRAM, '--home', home, ...args], { maxBuffer: 1 << 26 }, (error, stdout, stderr) => {
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr });
    });
  });
}

/** A command that must succeed. @throws Error with what it said. */
export async function done(home: string, ...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await strongroom(home, ...args);
  if (code !== 0) throw new Error(`strongroom ${args.join(' ')} ended with ${code}: ${stderr}`);
  return stdout;
}

/** The caller disposes it: the process ends, its home goes unless it was given. */
export async function serve(settings: Record<string, string> = {}, home?: string): Promise<Serving> {
  const folder = home ?? (await mkdtemp(join(tmpdir(), 'strongroom-e2e-')));
  const child = spawn(process.execPath, [PROGRAM, 'serve', '--json', '--home', folder], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, STRONGROOM_PORT: '0', ...settings },
  });
  const ended = once(child, 'exit') as Promise<[number | null, NodeJS.Signals | null]>;
  const logged: string[] = [];
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => logged.push(chunk));
  const log = (): string => logged.join('');
  const line = await Promise.race([
    once(createInterface(child.stdout), 'line').then(([first]) => String(first)),
    ended.then(([code]) => {
      throw new Error(`the server ended with ${code}:\n${log()}`);
    }),
  ]);
  const { url } = JSON.parse(line) as { url?: string };
  if (url === undefined) {
    await ended;
    throw new Error(`the server did not start: ${line}`);
  }

  const ask = async (path: string, init: RequestInit): Promise<Answer> => {
    const response = await fetch(path.startsWith('/') ? `${url}${path}` : `${url}/api/v1/${path}`, init);
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return { status: response.status, headers: response.headers, text, json: isJson ? (JSON.parse(text) as unknown) : undefined };
  };
  const stop: Serving['stop'] = async () => {
    const began = performance.now();
    child.kill('SIGTERM');
    const [code, signal] = await ended;
    return { code, signal, tookMs: performance.now() - began };
  };
  return {
    home: folder,
    url,
    said: line,
    pid: child.pid ?? 0,
    log,
    stop,
    get: (path, headers = {}) => ask(path, { headers }),
    send: (method, path, body, headers = {}) => {
      const json = body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) };
      const type = body === undefined ? {} : { 'content-type': 'application/json' };
      return ask(path, { method, headers: { ...type, ...headers }, ...json });
    },
    watch: async (job) => {
      const text = await (await fetch(`${url}/api/v1/jobs/${job}/events`)).text();
      return eventsIn(text);
    },
    async [Symbol.asyncDispose]() {
      await stop();
      if (home === undefined) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Server-sent events of a finished stream, in order. */
function eventsIn(text: string): { type: string; data: Answer['json'] }[] {
  return text.split('\n\n').flatMap((block) => {
    const fields = new Map(
      block.split('\n').map((each) => [each.slice(0, each.indexOf(':')), each.slice(each.indexOf(':') + 2)]),
    );
    const data = fields.get('data');
    return data === undefined ? [] : [{ type: fields.get('event') ?? 'message', data: JSON.parse(data) as unknown }];
  });
}

/** What lock.json says while the server has the home. */
export async function ownerOf(home: string): Promise<{ url?: string; token?: string; pid: number }> {
  return JSON.parse(await readFile(join(home, 'lock.json'), 'utf8')) as { url?: string; token?: string; pid: number };
}
