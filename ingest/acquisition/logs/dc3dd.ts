/** dc3dd's log, hash log and machine log: what was read with which digests, what was written with which, and whether they agree. */
import type { ImagingLog } from '../imaging-log.ts';
import { LogRecordBuilder, wholeNumber } from '../log-record.ts';

const START = /^dc3dd (\S+) started at (.+)$/;
const END = /^dc3dd (completed|aborted|failed) at (.+)$/;
const DIGEST = /^\s*(?:\[(ok|!!)\] )?([0-9a-f]{32,128}) \((md5|sha1|sha256|sha512)\)\s*$/i;
const PIECE = /^\s*(?:\[(ok|!!)\] )?([0-9a-f]{32,128}), sectors \d+ - \d+, [`'](.+)'\s*$/i;
/** Machine log: digest, what it is of, first sector, last sector, file, whether it is right. */
const MACHINE = /^\s*([0-9a-f]{32,128})\| *(.+?) *\| *(\d+)\| *(\d+) *(?:\| (.+?) \| \[(ok|!!)\])?\s*$/i;
const BAD = /^\[!!\].* reading [`'](.+?)' (?:at|from) sector (\d+)(?: to sector (\d+))?/;
const ALGORITHMS: Readonly<Record<number, string>> = { 32: 'md5', 40: 'sha1', 64: 'sha256', 128: 'sha512' };

export const log: ImagingLog = {
  id: 'dc3dd',
  title: 'dc3dd log',
  sources: ['dc3dd 7.2 dc3dd.c, report_…', 'dc3dd --help: log, hlog, mlog'],

  matches: (head) => /^dc3dd \S+ started at /m.test(head),

  async parse(lines) {
    const record = new LogRecordBuilder();
    let side: 'input' | 'output' | undefined;
    for await (const { number, text } of lines) {
      const [, version, startedAt] = START.exec(text) ?? [];
      if (version !== undefined && startedAt !== undefined) {
        record.fact('tool', 'dc3dd', number);
        record.fact('toolVersion', version, number);
        record.time('startedAt', startedAt, number);
        continue;
      }
      const [, ending, endedAt] = END.exec(text) ?? [];
      if (ending !== undefined && endedAt !== undefined) {
        record.last('status', ending, number);
        record.time('endedAt', endedAt, number, 'last');
        continue;
      }
      const [, direction, what, name] = /^(input|output) results for (device|files?) [`'](.*)':?/.exec(text) ?? [];
      if (direction !== undefined) {
        side = direction === 'input' ? 'input' : 'output';
        if (side === 'input' && what === 'device') record.fact('devicePath', name, number);
      } else if (text.startsWith('command line: ')) record.fact('commandLine', text.slice('command line: '.length), number);
      else if (text.startsWith('sector size: ')) record.fact('sectorSize', wholeNumber(/\d+/.exec(text)?.[0] ?? ''), number);
      else if (BAD.test(text)) {
        const [, , first, last = first] = BAD.exec(text) ?? [];
        record.badSectors(Number(first), Number(last), number);
      } else if (side !== undefined) takeResult(record, side, number, text);
    }
    return record.finish();
  },
};

function takeResult(record: LogRecordBuilder, side: 'input' | 'output', line: number, text: string): void {
  const [, count, what] = /^\s*(\d+) (sectors in|bad sectors replaced by zeros)/.exec(text) ?? [];
  if (count !== undefined && side === 'input') {
    record.fact(what === 'sectors in' ? 'sectorCount' : 'badSectorCount', wholeNumber(count), line);
    return;
  }
  const [, mark, digest = '', algorithm = ''] = DIGEST.exec(text) ?? [];
  if (side === 'input' && algorithm !== '') record.digest(algorithm, digest, line);
  const [, pieceMark, pieceDigest = '', file] = PIECE.exec(text) ?? [];
  if (file !== undefined) record.digest(ALGORITHMS[pieceDigest.length] ?? '', pieceDigest, line, file);
  const machine = MACHINE.exec(text);
  const [, hash = '', subject = '', , , of, verdict] = machine ?? [];
  if (side === 'input' && /^\(FINAL/i.test(subject)) record.digest(ALGORITHMS[hash.length] ?? '', hash, line);
  const quoted = /^[`'](.+)'$/.exec(of ?? '')?.[1];
  if (side === 'output' && quoted !== undefined) record.digest(ALGORITHMS[hash.length] ?? '', hash, line, quoted);
  const said = mark ?? pieceMark ?? verdict;
  if (side === 'output' && said !== undefined) record.verified('image', said.toLowerCase() === 'ok', line);
}
