/** Logs to stderr, so that stdout stays the answer: one JSON object a line, or plain text on a terminal. */
import { ConsoleLogger, type LogLevel } from '@nestjs/common';

const LEVELS: Readonly<Record<'error' | 'warn' | 'info' | 'debug', LogLevel[]>> = {
  error: ['fatal', 'error'],
  warn: ['fatal', 'error', 'warn'],
  info: ['fatal', 'error', 'warn', 'log'],
  debug: ['fatal', 'error', 'warn', 'log', 'debug', 'verbose'],
};

const WIRING = new Set(['NestFactory', 'InstanceLoader', 'RoutesResolver', 'RouterExplorer', 'NestApplication']);

export class Log extends ConsoleLogger {
  private readonly debugs: boolean;

  constructor(level: keyof typeof LEVELS, { json = !process.stderr.isTTY } = {}) {
    super({ json, prefix: 'strongroom', logLevels: LEVELS[level], compact: true });
    this.debugs = level === 'debug';
  }

  /** Nest tells of each module and route that it wires; that is for whoever debugs. */
  override log(message: unknown, ...rest: unknown[]): void {
    if (this.debugs || !WIRING.has(String(rest.at(-1)))) super.log(message, ...rest);
  }

  /** What keeps the application from starting is thrown as well, and told by whoever started it. */
  override error(message: unknown, ...rest: unknown[]): void {
    if (rest.at(-1) !== 'ExceptionHandler') super.error(message, ...rest);
  }

  protected override printMessages(
    messages: unknown[],
    context?: string,
    level?: LogLevel,
    _stream?: 'stdout' | 'stderr',
    stack?: unknown,
    params?: Record<string, unknown>,
  ): void {
    super.printMessages(messages, context, level, 'stderr', stack, params);
  }

  /** Times as people and log collectors read them; Nest's "log" is everybody's "info". */
  protected override stringifyJsonLogObject(entry: object): string {
    const { level, timestamp, ...more } = entry as { level: string; timestamp: number };
    const at = new Date(timestamp).toISOString();
    return super.stringifyJsonLogObject({ timestamp: at, level: level === 'log' ? 'info' : level, ...more });
  }
}
