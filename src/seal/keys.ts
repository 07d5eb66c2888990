import { createPrivateKey, type KeyObject } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { fingerprintOf, publicKeyOf } from '../core/audit/checkpoint.ts';

export interface SealKey {
  readonly privateKey: KeyObject;
  /** SPKI in base64. */
  readonly publicKey: string;
  readonly fingerprint: string;
}

/** The key that signs, and the one that shall sign after it. */
export interface SealKeys {
  readonly current: SealKey;
  readonly next: SealKey | undefined;
}

/** Somebody else's rights on a file: whoever reads the key can sign any history. */
const OTHERS = 0o077;

/**
 * Reads an Ed25519 private key in PEM. Rejects with an `Error` that says what to do, and never with what is in the file.
 */
export async function readSealKey(file: string): Promise<SealKey> {
  const found = await stat(file).catch(() => undefined);
  if (found === undefined) {
    throw new Error(`${file} is not there. Make one with \`breakglass audit keygen FILE\`.`);
  }
  if ((found.mode & OTHERS) !== 0) {
    throw new Error(`others than its owner may use ${file}: run \`chmod 600\` on it.`);
  }
  const privateKey = keyIn(await readFile(file, 'utf8'));
  if (privateKey?.asymmetricKeyType !== 'ed25519') {
    throw new Error(`${file} holds no Ed25519 private key in PEM. Make one with \`breakglass audit keygen FILE\`.`);
  }
  const publicKey = publicKeyOf(privateKey);
  return { privateKey, publicKey, fingerprint: fingerprintOf(publicKey) };
}

function keyIn(pem: string): KeyObject | undefined {
  try {
    return createPrivateKey(pem);
  } catch {
    // Its error may quote the file.
    return undefined;
  }
}
