/** The option --volume of the commands that look into disks. */
import { InvalidArgumentError } from 'commander';

export function volumeNumber(text: string): number {
  const value = Number(text);
  if (/^\d{1,7}$/.test(text)) return value;
  throw new InvalidArgumentError('a number from 0.');
}
