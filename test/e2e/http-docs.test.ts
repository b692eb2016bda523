/** docs/api.md, typed into a shell block after block against a real server. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { serve, type Serving } from '../support/serve.ts';

const root = fileURLToPath(new URL('../../', import.meta.url));
let server: Serving;
beforeAll(async () => {
  server = await serve();
});
afterAll(() => server?.[Symbol.asyncDispose]());

it('docs/api.md does what it says, from the accession to the exported package', async () => {
  const page = await readFile(`${root}docs/api.md`, 'utf8');
  const blocks = [...page.matchAll(/^```sh\n(.*?)^```$/gms)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(8);
  const script = ['set -euo pipefail', ...blocks.map((block, n) => `echo "== block ${n + 1}"\n${block}`), 'echo "== end"'].join(
    '\n',
  );
  const { code, output } = await new Promise<{ code: number; output: string }>((resolve) => {
    const env = { ...process.env, STRONGROOM_URL: server.url };
    execFile('bash', ['-c', script], { cwd: root, env, maxBuffer: 1 << 24 }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), output: stdout + stderr }),
    );
  });
  expect({ code, output }).toEqual({ code: 0, output: expect.stringMatching(/== end/) });
  // What the page tells in comments behind a command is what the command prints.
  for (const [, told = ''] of page.matchAll(/^\s+field '?[^#\n]*'? # (.+)$/gm)) expect(output.split('\n')).toContain(told);
  expect(output).toContain('\nok\n');
  expect(output).toMatch(/package\.tar: OK/);
  expect(output).toMatch(/event: done/);
  expect((await server.get('packages')).json.items).toMatchObject([
    { title: 'Marrowby, disk 7', accession: '2026-014', status: 'ok' },
  ]);
});
