/** What the packages of the exporters' tests hold. */
import type { Exporter } from '#ingest/export';

function imageWithHoles(): Buffer {
  const image = Buffer.alloc((20 << 20) + 777);
  for (let at = 3 << 20; at < 5 << 20; at += 4) image.writeUInt32LE((at * 2654435761) >>> 0, at);
  image.write('last sector', image.length - 20);
  image.write('lone', (11 << 20) + 4096);
  return image;
}

const long = 'n'.repeat(240);
const ODD_NAMES = [
  'line\nfeed.txt',
  'carriage\rreturn.txt',
  '100%.txt',
  '%0A.txt',
  '%250A',
  ' leading',
  'trailing ',
  'dot.',
  'tab\there',
  'qu"ote\'s',
  'star*?<>|:',
  '-rf',
  '~',
  '#',
  'u\u0308ber NFD',
  'über NFC',
  '日本語/ファイル.img',
  'עברית',
  '\u{1d11e} clef',
  '\uff5e wide',
  'a-b/x',
  'a/x',
  'a.txt',
  `${long}.img`,
  `${long}/${long}/${long}/deep.img`,
  'nbsp\u00a0',
]; // prettier-ignore

export const bags: Record<string, Record<string, string | Uint8Array>> = {
  'one image': {
    'data/image/disk.img': imageWithHoles(),
    'data/submission/disk.log': 'imaged\r\n',
    'metadata/premis.xml': '<premis/>',
    'metadata/fixity/data/image/disk.img.blocks': Buffer.alloc(704, 3),
  },
  'odd names': {
    ...Object.fromEntries(ODD_NAMES.map((name, index) => [`data/submission/${name}`, `content ${index}`])),
    'metadata/fixity/data/submission/50%25\r\n.blocks': 'blocks',
  },
  '200 files, some empty': Object.fromEntries(
    Array.from({ length: 200 }, (_, index) => [
      `data/submission/${index % 7}/photo-${index}.jpg`,
      'x'.repeat((index % 10) * 100),
    ]),
  ),
  'a backslash in a name': { 'data/submission/back\\slash.log': 'imaged' },
  'no payload': { 'metadata/premis.xml': '<premis/>' },
};

/** Names of the bags that the exporter says it can hold. */
export function heldBy(exporter: Exporter): string[] {
  return Object.keys(bags).filter((name) => {
    try {
      for (const path of Object.keys(bags[name] ?? {})) exporter.mustTake?.('id', path);
      return true;
    } catch {
      return false;
    }
  });
}
