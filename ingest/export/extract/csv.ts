/**
 * CSV as RFC 4180 has it. A text that a spreadsheet would take for a formula (it begins with = + - @, a tab or a carriage return) gets
 * a ' before it: names on a stranger's disk must not compute anything. Numbers are never changed.
 */

/** One line, with its end; null is an empty cell, yes and no are `true` and `false`. */
export function csvRow(cells: readonly (string | number | boolean | null)[]): string {
  return `${cells.map(cellOf).join(',')}\r\n`;
}

function cellOf(value: string | number | boolean | null): string {
  if (value === null) return '';
  if (typeof value !== 'string') return String(value);
  const harmless = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
