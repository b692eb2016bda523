/** All that is recognised; of marks that are equally strong the first is believed. */
import { apfs } from './apfs.ts';
import { encryptedKinds } from './encrypted.ts';
import { linuxKinds } from './linux.ts';
import { memberKinds } from './members.ts';
import { otherKinds } from './others.ts';
import { packedKinds } from './packed.ts';
import type { Kind } from './recognised.ts';
import { unixKinds } from './unix.ts';

export const kinds: readonly Kind[] = [
  ...encryptedKinds,
  apfs,
  ...linuxKinds,
  ...unixKinds,
  ...packedKinds,
  ...memberKinds,
  ...otherKinds,
];
