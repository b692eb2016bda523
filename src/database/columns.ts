/**
 * Column options that mean the same on SQLite and PostgreSQL: bytes, UTC times, JSON, yes or no.
 * In raw SQL a time is the text of `utcText()`; such texts sort as the times do.
 */
import { type ColumnOptions, FindOperator, type ValueTransformer } from 'typeorm';

type More = Pick<ColumnOptions, 'nullable' | 'default'>;

/** A count of bytes, or any whole number. Numbers that JavaScript can't hold exactly are refused, both ways. */
export function bytes(more: More = {}): ColumnOptions {
  return { ...more, type: 'bigint', transformer: transform(wholeNumber, wholeNumber) };
}

/** A moment, as `Date`; kept as RFC 3339 text in UTC with milliseconds. */
export function utc(more: More = {}): ColumnOptions {
  return { ...more, type: 'varchar', transformer: transform(utcText, dateOf) };
}

/** A bounded piece of JSON; kept as text. Nothing is ever searched inside it. */
export function json(more: More = {}): ColumnOptions {
  return { ...more, type: 'simple-json' };
}

export function yesNo(more: More = {}): ColumnOptions {
  return { ...more, type: 'boolean' };
}

/** `2026-11-22T10:00:00.000Z`. @throws RangeError for no moment at all. */
export function utcText(at: Date): string {
  return at.toISOString();
}

function dateOf(text: string): Date {
  const at = new Date(text);
  if (Number.isNaN(at.getTime())) throw new RangeError(`"${text}" is not a time`);
  return at;
}

/** PostgreSQL answers a bigint as text. @throws RangeError above 2^53−1, where numbers would be rounded silently. */
function wholeNumber(value: number | string): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new RangeError(`${value} is not a whole number up to 2^53−1`);
  return number;
}

/** TypeORM hands find operators (LessThan …) to `to` as well: their value is transformed inside. */
function transform<Stored, Held>(to: (value: Held) => Stored, from: (value: Stored) => Held): ValueTransformer {
  const inside = (value: unknown): unknown => (value === null || value === undefined ? value : to(value as Held));
  return {
    to(value: unknown): unknown {
      if (!(value instanceof FindOperator)) return inside(value);
      value.transformValue({ to: inside, from: inside });
      return value as unknown;
    },
    from: (value: unknown) => (value === null || value === undefined ? value : from(value as Stored)),
  };
}
