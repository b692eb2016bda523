import { fileSystems, openFileSystems, LISTING_LIMITS, contentOf } from '#ingest/filesystems';
import { fileSource } from '#ingest/media';
import { createHash } from 'node:crypto';
const [img, id, mode] = process.argv.slice(2);
const src = await fileSource(img);
const t0 = process.hrtime.bigint(); const c0 = process.cpuUsage();
const fs = id === '-' ? (await openFileSystems(src)).found[0] : await fileSystems.get(id).open(src, { codePage: 'cp437' });
let n = 0; const kinds = {}; let damages = [];
for await (const b of fs.entries(LISTING_LIMITS)) for (const e of b) {
  n++; if (e.kind === 'damage') { damages.push(e); continue; }
  if (mode === 'md5' && !e.isDeleted && e.kind === 'file') {
    const c = await contentOf(e.streams[0]); const h = createHash('md5');
    for (let at = 0; at < c.size; at += 1 << 20) h.update(await c.read(at, Math.min(1 << 20, c.size - at)));
    console.log(h.digest('hex') + ' ' + c.size + ' ' + e.path);
  }
  if (mode === 'ls') console.log(e.isDeleted ? '*' : ' ', e.kind, e.streams[0]?.size, e.path, e.facts, e.attributes, e.faults?.map((f) => f.code));
}
const ms = Number(process.hrtime.bigint() - t0) / 1e6; const cpu = process.cpuUsage(c0);
console.error(fs.format, fs.type, fs.label, n, 'entries', ms.toFixed(0), 'ms', 'cpu', ((cpu.user + cpu.system) / 1000).toFixed(0), 'ms', Math.round(n / ms * 1000), '/s', 'damages', damages.length, damages.slice(0, 3).map((d) => d.path + ': ' + d.fault.message), 'rss', Math.round(process.memoryUsage().rss / 1e6));
