/** The contract of a virus scanner: clean, infected, or not scanned, because. Whatever is not a plain answer is "not scanned". */

/** Why a file was not scanned, as far as programs care; the words go beside it. */
export const WhyNot = {
  /** Nobody answers at its address: no file will be scanned now. */
  Unreachable: 'unreachable',
  /** It takes, or looks into, no file of this size. */
  TooLarge: 'too-large',
  /** It ended the conversation, took too long, or said something that is no verdict: of this file nothing is known. */
  NoVerdict: 'no-verdict',
} as const;
export type WhyNot = (typeof WhyNot)[keyof typeof WhyNot];

export type Verdict =
  | { readonly outcome: 'clean' }
  /** `found` is the scanner's name for it. */
  | { readonly outcome: 'infected'; readonly found: string }
  | { readonly outcome: 'not-scanned'; readonly why: WhyNot; readonly because: string };

export interface ScannerVersion {
  /** `ClamAV`. */
  readonly name: string;
  /** Of the engine: `1.4.6`. */
  readonly version: string;
  /** Version of its signatures: `27829`; undefined where it has only signatures of its keeper's own. */
  readonly signatures: string | undefined;
  /** When these were made, as the scanner says it, in its own local time. */
  readonly signaturesFrom: string | undefined;
}

export interface Scanner {
  /** Where it is, as the setting has it. */
  readonly address: string;
  /** @throws Fault 'scanning/unreachable', 'scanning/no-scanner'. */
  version(): Promise<ScannerVersion>;
  /** Whether it finds the EICAR test file, alone and in a file as large as any that is given to it. @returns why it can't be believed. */
  check(signal?: AbortSignal): Promise<string | undefined>;
  /**
   * One file, from a stream of its own; several at once may run. `bytes` are taken no faster than they are sent, and not to their end when the
   * verdict is there before.
   * @param size in bytes; a larger one than the scanner takes is not sent.
   * @throws what `bytes` throws, and `signal.reason`.
   */
  scan(bytes: AsyncIterable<Uint8Array>, size: number, signal?: AbortSignal): Promise<Verdict>;
}

export function notScanned(why: WhyNot, because: string): Verdict {
  return { outcome: 'not-scanned', why, because };
}
