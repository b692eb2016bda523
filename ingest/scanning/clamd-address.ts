/** Where a clamd listens, as a setting spells it: `unix:/run/clamav/clamd.ctl`, `tcp:127.0.0.1:3310`, `tcp:[::1]:3310`. */

export type ClamdAddress = { readonly path: string } | { readonly host: string; readonly port: number };

/** Undefined for a text that is none. */
export function clamdAddress(text: string): ClamdAddress | undefined {
  const path = /^unix:(\/[^\0]+)$/.exec(text)?.[1];
  if (path !== undefined) return { path };
  const [, inBrackets, plain, digits] = /^tcp:(?:\[([0-9a-fA-F:.]+)\]|([^\s:/[\]]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = inBrackets ?? plain;
  const port = Number(digits);
  return host === undefined || port < 1 || port > 65_535 ? undefined : { host, port };
}
