/** What a command prints: one JSON document, or text for people; bars and errors on stderr. */
import { once } from 'node:events';
import { SingleBar } from 'cli-progress';
import { escaped, Fault, type Progress } from '#ingest/kernel';
import type { GlobalOptions } from './exit-code.ts';
import { bytesInWords } from './words.ts';

export class Output {
  readonly #json: boolean;

  constructor({ json }: GlobalOptions) {
    this.#json = json === true;
  }

  /** The document with --json, else the lines: names and titles in them may hold what a terminal would obey. */
  result(document: unknown, lines: () => readonly string[]): void {
    process.stdout.write(
      this.#json
        ? `${JSON.stringify(document)}\n`
        : lines()
            .map((line) => `${escaped(line)}\n`)
            .join(''),
    );
  }

  /** Whether the answer is one JSON document. */
  get isJson(): boolean {
    return this.#json;
  }

  /** A piece of an answer too long to be held whole: text that is printable already. Returns when there is room for more. */
  async piece(text: string): Promise<void> {
    if (!process.stdout.write(text)) await once(process.stdout, 'drain');
  }

  /** A remark on the way; on stderr, and silent with --json. */
  remark(line: string): void {
    if (!this.#json) process.stderr.write(`${escaped(line)}\n`);
  }

  /** Wrong usage, which stderr has been told already. */
  misuse(message: string): void {
    const said = message === '(outputHelp)' ? 'a command is missing' : message.replace(/^error: /, '');
    this.result({ error: { kind: 'refused', code: 'cli/usage', message: said, facts: {} } }, () => []);
  }

  failure(error: Error): void {
    if (this.#json) {
      const shown =
        error instanceof Fault
          ? error.toJSON()
          : { kind: 'unexpected', code: 'cli/unexpected', message: error.message, facts: {} };
      process.stdout.write(`${JSON.stringify({ error: shown })}\n`);
    }
    const text = error instanceof Fault ? `${error.code}: ${escaped(error.message)}` : (error.stack ?? error.message);
    process.stderr.write(`strongroom: ${text}\n`);
  }

  /** A bar on a terminal; nothing elsewhere. The caller stops it. */
  progress(): { report: Progress; stop: () => void } {
    if (this.#json || !process.stderr.isTTY) return { report: () => undefined, stop: () => undefined };
    const bar = new SingleBar({
      format: '{stage} [{bar}] {percentage}%  {done} of {all}  {eta_formatted} left',
      stream: process.stderr,
      hideCursor: true,
      clearOnComplete: true,
    });
    let stage: string | undefined;
    return {
      report(at) {
        const payload = { stage: at.stage.padEnd(9), done: bytesInWords(at.doneBytes), all: bytesInWords(at.totalBytes) };
        if (stage !== at.stage) bar.start(Math.max(1, at.totalBytes), at.doneBytes, payload);
        stage = at.stage;
        bar.update(at.doneBytes, payload);
      },
      stop: () => bar.stop(),
    };
  }
}
