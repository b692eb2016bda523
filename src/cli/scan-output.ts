/** A virus scan as people read it. */
import type { ScanView } from '../scanning/scanning.dto.ts';
import { inWords, scannerInWords } from '../scanning/scan-summary.ts';

const MOST_SHOWN = 100;

/** What a scan found, for people. */
export function scanLines({ state, endedAt, summary }: ScanView): string[] {
  if (summary === null) return state === 'never' ? [] : ['virus scan: begun and not finished; "strongroom scan" goes on with it'];
  const { infectedFiles, infected, reasons, gaps, scanners } = summary;
  return [
    `virus scan${endedAt === null ? ' (a new one is not finished)' : ` ${endedAt}`}: ${inWords(summary)}, by ${scanners.map(scannerInWords).join(' and ')}`,
    ...infectedFiles.slice(0, MOST_SHOWN).map(({ volume, path, stream, found }) => {
      return `  INFECTED ${found}: ${path}${stream === null ? '' : ` (${stream})`}${volume === null ? '' : ` in volume ${volume} of the disk`}`;
    }),
    ...(infected > MOST_SHOWN ? [`  … and ${infected - MOST_SHOWN} more: strongroom search --infected --package ID`] : []),
    ...reasons.map(({ because, files }) => `  ${files} not scanned, because ${because}`),
    ...gaps.map((gap) => `  not scanned: ${gap}`),
  ];
}
