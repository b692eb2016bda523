/** Counts what a survey tells, while it is told: the same whether it is made or read again. */
import { EntryKind } from '../filesystems/index.ts';
import type { SurveyedFile, SurveyTotals } from './record.ts';

export class SurveyCounter {
  readonly totals: { -readonly [K in keyof SurveyTotals]: number } = {
    volumes: 0,
    files: 0,
    directories: 0,
    deleted: 0,
    bytes: 0,
    withUnread: 0,
    withFaults: 0,
    damages: 0,
  };

  count({ kind, isDeleted, streams, remarks = [] }: SurveyedFile): void {
    const { totals } = this;
    if (isDeleted) totals.deleted += 1;
    else if (kind === EntryKind.Directory) totals.directories += 1;
    else {
      totals.files += 1;
      totals.bytes += streams[0]?.size ?? 0;
      if (streams.some((stream) => stream.unread !== undefined)) totals.withUnread += 1;
      if (remarks.length > 0 || streams.some((stream) => stream.remark !== undefined)) totals.withFaults += 1;
    }
  }
}
