/** Logs: on stderr alone, one JSON object a line. */
import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';

it('goes to stderr as JSON, levels below the chosen one not at all', () => {
  const url = new URL('../../../dist/src/common/log.js', import.meta.url).href;
  const script = `import { Log } from ${JSON.stringify(url)}; const log = new Log('info');
    log.log('hello', { job: 'j1' }, 'jobs'); log.debug('quiet'); log.error('bad', new Error('x').stack, 'jobs');`;
  const { stdout, stderr } = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  const lines = stderr
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  expect(stdout).toBe('');
  expect(lines.map(({ level, context }) => ({ level, context }))).toEqual([
    { level: 'info', context: 'jobs' },
    { level: 'error', context: 'jobs' },
  ]);
  expect(lines[0]).toMatchObject({ message: 'hello', params: { job: 'j1' } });
  expect(lines[0]?.['timestamp']).toMatch(/^20\d\d-.*Z$/);
});
