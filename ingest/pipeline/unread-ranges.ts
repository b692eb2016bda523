/** What of the disk was never read from the carrier, by every source that tells: bytes there are not the disk's. */
import { readMapfile } from '../acquisition/index.ts';
import type { Range } from '../media/index.ts';
import { imagingOf } from './imaging.ts';
import type { Measured } from './steps/measure.ts';
import type { Received } from './steps/receive.ts';

const MOST_RANGES = 1_000_000;

/** As mapfiles, logs and the container's damage tell, in no order; they may overlap. */
export async function unreadRanges(received: Received, measured: Measured): Promise<Range[]> {
  const ranges: Range[] = [];
  for (const file of received.deposit.mapfiles)
    for await (const { offset, length, status } of (await readMapfile(file)).blocks())
      if (status !== 'rescued' && ranges.length < MOST_RANGES) ranges.push({ offset, length });
  for (const { badRanges } of imagingOf(received)) ranges.push(...badRanges);
  for (const { offset, length } of measured.damage)
    if (offset !== undefined && length !== undefined) ranges.push({ offset, length });
  return ranges;
}
