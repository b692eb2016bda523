/** What can be said of docker/ without an engine: it copies what exists, drops root, and opens no port to strangers. */
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

const root = new URL('../../', import.meta.url);
const text = (path: string): string => readFileSync(new URL(path, root), 'utf8');

/** Instructions in order, continued lines joined, comments left out. */
const instructions = text('docker/Dockerfile')
  .replaceAll(/^\s*#.*\n/gm, '')
  .replaceAll(/\\\n\s*/g, ' ')
  .split('\n')
  .filter((line) => line.trim() !== '')
  .map((line) => ({ word: line.split(' ', 1)[0]!, rest: line.slice(line.indexOf(' ') + 1) }));
const lastStage = instructions.slice(instructions.findLastIndex(({ word }) => word === 'FROM'));
const sources = instructions
  .filter(({ word, rest }) => word === 'COPY' && !rest.startsWith('--from='))
  .flatMap(({ rest }) => rest.split(' ').slice(0, -1));
const compose = text('docker/compose.yml').replaceAll(/^\s*#.*\n/gm, '');

describe('docker/Dockerfile', () => {
  it('uses known instructions only', () => {
    const known = 'FROM WORKDIR ENV RUN COPY LABEL USER VOLUME EXPOSE STOPSIGNAL HEALTHCHECK ENTRYPOINT CMD'.split(' ');
    expect(instructions.filter(({ word }) => !known.includes(word))).toEqual([]);
  });

  it('copies what the repository is made of, and .dockerignore lets it through', () => {
    const allowed = [...text('.dockerignore').matchAll(/^!(.+)$/gm)].map((line) => line[1]!);
    expect(sources.filter((source) => !allowed.some((path) => source === path || source.startsWith(`${path}/`)))).toEqual([]);
    const rooms = ['src', 'schemas', 'bin']; // the other files of the list stand from the first commit on
    expect(sources.filter((source) => !rooms.includes(source) && !existsSync(new URL(source, root)))).toEqual([]);
  });

  it('takes stages from stages that exist', () => {
    const named = new Set(instructions.filter(({ word }) => word === 'FROM').map(({ rest }) => / AS (\w+)$/.exec(rest)?.[1]));
    const asked = instructions.flatMap(({ rest }) => /^--from=(\w+)/.exec(rest)?.[1] ?? []);
    expect(asked.filter((stage) => !named.has(stage))).toEqual([]);
  });

  it('runs as an ordinary user, after everything that needs root', () => {
    const user = lastStage.findIndex(({ word }) => word === 'USER');
    expect(lastStage[user]?.rest).toBe('node');
    expect(lastStage.findLastIndex(({ word }) => word === 'RUN')).toBeLessThan(user);
  });

  it('asks the live endpoint, and leaves the address to listen on alone', () => {
    expect(lastStage.find(({ word }) => word === 'HEALTHCHECK')?.rest).toContain('/api/v1/health/live');
    expect(lastStage.filter(({ rest }) => rest.includes('STRONGROOM_HOST'))).toEqual([]);
  });

  it('gives its commands as lists that JSON can read', () => {
    const lists = lastStage.filter(({ word }) => ['ENTRYPOINT', 'CMD', 'HEALTHCHECK'].includes(word));
    for (const { rest } of lists) expect(JSON.parse(rest.slice(rest.indexOf('[')))).toBeInstanceOf(Array);
  });
});

describe('docker/compose.yml', () => {
  it('publishes no port and sets no address: the server stays on loopback', () => {
    expect(compose).toMatch(/^ {4}network_mode: host$/m);
    expect(compose).not.toMatch(/^ +ports:|STRONGROOM_HOST/m);
  });

  it('keeps the home that the image names, in a volume that is declared', () => {
    const home = /STRONGROOM_HOME=(\S+)/.exec(lastStage.map(({ rest }) => rest).join('\n'))?.[1];
    expect(compose).toContain(`- archive:${home}\n`);
    expect(compose).toMatch(/^volumes:\n {2}archive:$/m);
  });
});
