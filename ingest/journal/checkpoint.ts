/** Signed checkpoints: what the journal held at a moment, as C2SP tlog-checkpoint and signed-note write it, with Ed25519. */
import { createHash, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { Fault, FaultKind } from '../kernel/index.ts';
import { HASH_SIZE } from './merkle.ts';

export interface Checkpoint {
  /** Which journal: `example.org/archive`. */
  readonly origin: string;
  /** Entries. */
  readonly size: number;
  readonly root: Buffer;
}

/** A private key with the name that its signatures carry. */
export interface Signer {
  readonly name: string;
  readonly key: KeyObject;
}

/** A public key by its name. */
export interface SignerKey {
  readonly name: string;
  /** 32 bytes (RFC 8032). */
  readonly publicKey: Buffer;
}

const ED25519 = 1;
/** What stands before the 32 bytes of an Ed25519 key in its SubjectPublicKeyInfo (RFC 8410). */
const SPKI_HEAD = Buffer.from('302a300506032b6570032100', 'hex');
/** A name has no spaces and no plus: signed-note. */
const NAME = /^[^\s+]{1,200}$/u;

export function publicKeyOf({ name, key }: Signer): SignerKey {
  const der = createPublicKey(key).export({ format: 'der', type: 'spki' });
  return { name, publicKey: der.subarray(SPKI_HEAD.length) };
}

/** The key as people pass it on, signed-note's "verifier key": `name+8 hex+base64`. */
export function verifierKey(key: SignerKey): string {
  const body = Buffer.concat([Buffer.from([ED25519]), key.publicKey]);
  return `${key.name}+${keyId(key).toString('hex')}+${body.toString('base64')}`;
}

/** @throws Fault 'journal/verifier-key' for what is none. */
export function parseVerifierKey(text: string): SignerKey {
  const [name = '', id = '', ...rest] = text.trim().split('+');
  const body = Buffer.from(rest.join('+'), 'base64');
  const key = { name, publicKey: body.subarray(1) };
  if (NAME.test(name) && body.length === 33 && body[0] === ED25519 && keyId(key).toString('hex') === id) return key;
  const message = `"${text.trim().slice(0, 100)}" is no key that checkpoints are verified with; one looks like name+1a2b3c4d+AX…`;
  throw new Fault(FaultKind.Refused, 'journal/verifier-key', message);
}

/** First four bytes of SHA-256(name ‖ LF ‖ 01 ‖ key). */
function keyId({ name, publicKey }: SignerKey): Buffer {
  const hash = createHash('sha256')
    .update(name)
    .update(Buffer.from([0x0a, ED25519]));
  return hash.update(publicKey).digest().subarray(0, 4);
}

/** The signed note. */
export function signedCheckpoint(checkpoint: Checkpoint, signer: Signer): string {
  const text = textOf(checkpoint);
  const signature = Buffer.concat([keyId(publicKeyOf(signer)), sign(null, Buffer.from(text), signer.key)]);
  return `${text}\n\u2014 ${signer.name} ${signature.toString('base64')}\n`;
}

function textOf({ origin, size, root }: Checkpoint): string {
  return `${origin}\n${size}\n${root.toString('base64')}\n`;
}

/**
 * Reads a signed note and believes it when one of `keys` signed it; signatures of others are passed over.
 * @throws Fault 'journal/checkpoint' when it is none, 'journal/unsigned' when no known key signed it as it stands.
 */
export function readCheckpoint(note: string, keys: readonly SignerKey[]): Checkpoint {
  const end = note.indexOf('\n\n');
  const text = note.slice(0, end + 1);
  const [origin = '', digits = '', encoded = '', ...more] = text.split('\n');
  const size = Number(digits);
  const root = Buffer.from(encoded, 'base64');
  const isWell = /^(?:0|[1-9]\d{0,15})$/.test(digits) && Number.isSafeInteger(size) && root.length === HASH_SIZE && origin !== '';
  if (end === -1 || !isWell || root.toString('base64') !== encoded || more.at(-1) !== '') {
    throw new Fault(
      FaultKind.Corrupt,
      'journal/checkpoint',
      'this is no checkpoint of a journal: three lines, an empty one, and signatures',
    );
  }
  const lines = note.slice(end + 2).split('\n');
  if (!lines.some((line) => keys.some((key) => isSignedBy(key, text, line)))) {
    const message = `no known key signed the checkpoint of ${size} entries as it stands: it was altered, or signed with a key that is not known here`;
    throw new Fault(FaultKind.Corrupt, 'journal/unsigned', message, { origin, size });
  }
  return { origin, size, root };
}

function isSignedBy(key: SignerKey, text: string, line: string): boolean {
  const [dash, name, encoded = ''] = line.split(' ');
  const signature = Buffer.from(encoded, 'base64');
  if (dash !== '\u2014' || name !== key.name || signature.length !== 68 || !keyId(key).equals(signature.subarray(0, 4)))
    return false;
  const spki = createPublicKey({ key: Buffer.concat([SPKI_HEAD, key.publicKey]), format: 'der', type: 'spki' });
  return verify(null, Buffer.from(text), spki, signature.subarray(4));
}
