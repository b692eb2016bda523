// docs/formats.md: what this version reads, and what it recognises and keeps, out of the registry and the table of signatures.
const built = (path) => import(new URL(`../../dist/${path}.js`, import.meta.url).href);

/** Kinds of content, in the page's order, in an archivist's words. */
const CHAPTERS = {
  image: ['Disk images', 'kept whole and unchanged as the image of a package; not looked into.'],
  flux: ['Magnetic flux', 'kept: as the image when there is no other, else beside it.'],
  wrapper: ['Compression and archives', 'kept as it came; what is inside is not unpacked.'],
  paper: ['Papers', 'logs, photographs, descriptions and documents, kept in `data/submission/`.'],
};

export async function formatsPage() {
  const { formats } = await built('ingest/media/registry');
  const { schemes } = await built('ingest/volumes/registry');
  const { fileSystems } = await built('ingest/filesystems/registry');
  const { CONTAINERS, OTHERS, MEDIA } = await built('ingest/media/signatures');
  const rows = [...CONTAINERS, ...OTHERS].filter(({ id }) => !formats.has(id));
  return `# Formats

Made from the program by \`npm run pages\`. Formats are told by content, never by a file's name. What the name promises besides is
recorded in \`metadata/acquisition.json\` when it is something else.

## Read: the disk inside is measured

The medium (the disk that was imaged) has a size and a SHA-256 of its own in the catalogue.

### Images that wrap nothing

The medium is the bytes of the image itself, of all its pieces when it came split (\`disk.001\`, \`disk.002\` …).

${readTable([...formats.values()].filter(({ isWhole }) => isWhole))}

### Containers

The medium is read out of the container, without unpacking it anywhere; the container's own checksums and digests are compared. What
belongs together (segments, extents, a snapshot and its parents, a sheet and its tracks) is deposited together. Ranges that the
container never had from the carrier are listed as absent in \`metadata/acquisition.json\`; \`inspect\` counts them.

${readTable([...formats.values()].filter(({ isWhole }) => !isWhole))}

What a medium begins with gives it the name that PRONOM has for it:

${table(MEDIA)}

## Inside the disk: volumes

Every table of a medium is read, tables inside volumes too, and what none of them names is told as unallocated.

${readTable([...schemes.values()])}

## Inside the disk: file systems

Every entry is listed with its times, attributes, byte runs and digests, deleted ones as far as the structures still tell. What stands side by side on
one volume (ISO 9660, UDF, HFS) is listed side by side.

${readTable([...fileSystems.values()])}

## Recognised and kept

${Object.entries(CHAPTERS)
  .map(
    ([kind, [title, words]]) =>
      `### ${title}\n\n${words[0].toUpperCase()}${words.slice(1)}\n\n${table(rows.filter((row) => row.kind === kind))}`,
  )
  .join('\n\n')}

Whatever is not in these tables is kept too: as a raw image when it is the one image of a deposit, as a paper otherwise.
`;
}

function readTable(rows) {
  return ['| id | format | sources |', '| --- | --- | --- |', ...rows.map(readRow)].join('\n');
}

function readRow({ id, title, sources }) {
  return `| \`${id}\` | ${title} | ${sources.join('; ')} |`;
}

/** One line for each id and title; the PUIDs that its signatures have. */
function table(signatures) {
  const lines = new Map();
  for (const { id, title, puid } of signatures) {
    const key = `| \`${id}\` | ${title} |`;
    const puids = lines.get(key) ?? new Set();
    if (puid !== undefined) puids.add(puid);
    lines.set(key, puids);
  }
  const body = [...lines].map(([key, puids]) => `${key} ${puids.size === 0 ? '—' : [...puids].join(', ')} |`);
  return ['| id | format | PRONOM |', '| --- | --- | --- |', ...body].join('\n');
}
