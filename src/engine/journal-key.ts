/** Who signs this archive's journal: a key that is made at the first start and stays in the home, readable by its owner alone. */
import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { mkdir, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { originIn, parseVerifierKey, publicKeyOf, type SignerKey, type Signing, verifierKey } from '#ingest/journal';
import { durableFolder, durableWrite, Fault, FaultKind, isSystemError, syncFolder } from '#ingest/kernel';

const KeyFile = z.object({
  origin: z.string().min(1),
  /** PKCS #8, PEM. */
  privateKey: z.string(),
  /** Verifier keys of those who signed this journal before: of a home that was lost. */
  trusted: z.array(z.string()),
});

/** In the journal's folder: the keys of all who ever signed it, one per line, for whoever verifies it without the home. */
const PUBLIC_NAME = 'keys.txt';

const keyPath = (home: string): string => join(home, 'keys', 'journal.json');

/**
 * The key of `home`. A home without one gets one: then the journal that lies there, if any, is believed as it stands.
 * @throws Fault 'engine/journal-key' when the file can't be used.
 */
export async function journalSigning(home: string, journalFolder: string): Promise<Signing> {
  const text = (await readOrUndefined(keyPath(home))) ?? (await makeKey(home, journalFolder));
  const signing = signingOf(text, home);
  await publish(journalFolder, publicKeyOf(signing.signer));
  return signing;
}

/** The keys that may have signed the journal: of the home, or where it has none yet those that lie with the journal. */
export async function journalKeys(home: string, journalFolder: string): Promise<SignerKey[]> {
  const text = await readOrUndefined(keyPath(home));
  if (text === undefined) return publishedKeys(journalFolder);
  const { signer, trusted = [] } = signingOf(text, home);
  return [publicKeyOf(signer), ...trusted];
}

async function makeKey(home: string, journalFolder: string): Promise<string> {
  const origin = (await originIn(journalFolder)) ?? `strongroom/${uuidv7()}`;
  const trusted = (await publishedKeys(journalFolder)).map(verifierKey);
  const privateKey = generateKeyPairSync('ed25519').privateKey.export({ format: 'pem', type: 'pkcs8' });
  const text = `${JSON.stringify({ origin, privateKey, trusted }, null, 2)}\n`;
  await mkdir(join(home, 'keys'), { recursive: true, mode: 0o700 });
  await syncFolder(home);
  await durableWrite(keyPath(home), text, 0o600);
  return text;
}

function signingOf(text: string, home: string): Signing {
  try {
    const { origin, privateKey, trusted } = KeyFile.parse(JSON.parse(text));
    return { origin, signer: { name: origin, key: createPrivateKey(privateKey) }, trusted: trusted.map(parseVerifierKey) };
  } catch (error) {
    const message =
      `${keyPath(home)} is not the key that this archive signs its journal with; put it back from a backup. ` +
      'Without it: move the file away, and a new key is made that goes on from what the journal now says';
    throw new Fault(FaultKind.Corrupt, 'engine/journal-key', message, { home }, { cause: error });
  }
}

/** Adds a key to those that lie with the journal, before it signs for the first time. */
async function publish(journalFolder: string, key: SignerKey): Promise<void> {
  const line = `${verifierKey(key)}\n`;
  if ((await readOrUndefined(join(journalFolder, PUBLIC_NAME)))?.includes(line) === true) return;
  await durableFolder(journalFolder);
  await using handle = await open(join(journalFolder, PUBLIC_NAME), 'a');
  await handle.appendFile(line);
  await handle.sync();
  await syncFolder(journalFolder);
}

async function publishedKeys(journalFolder: string): Promise<SignerKey[]> {
  const text = (await readOrUndefined(join(journalFolder, PUBLIC_NAME))) ?? '';
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map(parseVerifierKey);
}

async function readOrUndefined(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (isSystemError(error) && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
