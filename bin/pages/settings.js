// README.md with its table of settings made anew: names, defaults and words are what readSettings() itself says.
import { readFileSync } from 'node:fs';
import { relative } from 'node:path';

const README = new URL('../../README.md', import.meta.url);
const BETWEEN = /(<!-- settings: made by npm run pages -->\n)[\s\S]*?(<!-- end of settings -->)/;
/** No setting takes it, so that each tells what it would take. */
const WRONG = { toString: () => 'wrong' };

export async function readmePage() {
  const { readSettings } = await import(new URL('../../dist/src/config/settings.js', import.meta.url).href);
  const defaults = readSettings({});
  const rows = Object.entries(defaults).map(([key, value]) => {
    const name = `STRONGROOM_${key.replaceAll(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase()}`;
    return `| \`${name}\` | \`${shown(key, value)}\` | ${wordsOf(readSettings, key)} |`;
  });
  const table = ['| setting | default | is |', '| --- | --- | --- |', ...rows].join('\n');
  return readFileSync(README, 'utf8').replace(BETWEEN, (_, before, after) => `${before}\n${table}\n\n${after}`);
}

function shown(key, value) {
  if (key === 'home') return `./${relative(process.cwd(), value)}`;
  if (!/Bytes/.test(key)) return String(value);
  const power = Math.floor(Math.log2(value) / 10);
  return `${value / 1024 ** power} ${['bytes', 'KiB', 'MiB', 'GiB', 'TiB'][power]}`;
}

function wordsOf(readSettings, key) {
  try {
    readSettings({}, { [key]: WRONG });
  } catch (error) {
    const words = /"wrong"; it is (.*)$/.exec(error.message)?.[1];
    if (words !== undefined) return words;
    throw error;
  }
  throw new TypeError(`the setting ${key} takes anything`);
}
