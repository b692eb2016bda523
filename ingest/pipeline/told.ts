/** Listens to a survey while it is written, or read again: what it counts, and what an archivist wants to know of it. */
import {
  dataOf,
  SurveyCounter,
  type SurveyedFile,
  type SurveyedVolume,
  type SurveyItem,
  type SurveyTotals,
} from '../survey/index.ts';

export interface SurveyAnswer {
  readonly totals: SurveyTotals;
  /** As people call them, in order: `FAT12 "NOVEL 93"`. */
  readonly fileSystems: readonly string[];
  /** For the archivist: files with unread sectors, branches that could not be listed. */
  readonly notes: readonly string[];
}

/** Files that a note names. */
const MOST_NAMED = 10;

export class Told {
  readonly #fileSystems: string[] = [];
  readonly #unread: string[] = [];
  readonly #notes: string[] = [];
  readonly #counter = new SurveyCounter();

  async *listening(items: AsyncIterable<SurveyItem>): AsyncGenerator<SurveyItem> {
    for await (const item of items) {
      if (item.kind === 'volume') this.#volume(item.volume);
      else if (item.kind === 'files') for (const file of item.files) this.#see(file);
      else if (item.kind === 'end') {
        this.#counter.totals.damages += item.damages.length;
        for (const { path, message } of item.damages.slice(0, MOST_NAMED))
          this.#notes.push(`what is in ${path === '' ? 'the root folder' : `"${path}"`} could not be listed whole: ${message}`);
      }
      yield item;
    }
  }

  answer(): SurveyAnswer {
    const { totals } = this.#counter;
    const { withUnread } = totals;
    const names = this.#unread.join(', ');
    const more = withUnread > this.#unread.length ? ` and ${withUnread - this.#unread.length} more` : '';
    const count = withUnread === 1 ? '1 file has' : `${withUnread} files have`;
    const unread = withUnread === 0 ? [] : [`${count} sectors that were never read from the carrier: ${names}${more}`];
    return { totals, fileSystems: this.#fileSystems, notes: [...unread, ...this.#notes] };
  }

  #volume({ fileSystem }: SurveyedVolume): void {
    this.#counter.totals.volumes += 1;
    if (fileSystem === undefined) return;
    const { type, label } = fileSystem;
    this.#fileSystems.push(label === '' ? type : `${type} "${label}"`);
  }

  #see(file: SurveyedFile): void {
    this.#counter.count(file);
    const parts = dataOf(file)?.unread;
    if (parts === undefined || file.isDeleted || this.#unread.length >= MOST_NAMED) return;
    const [first] = parts;
    const range = first === undefined ? '' : `bytes ${first.offset} to ${first.offset + first.length - 1}`;
    this.#unread.push(`${file.path} (${range}${parts.length === 1 ? '' : ' and others'})`);
  }
}
