import { generateKeyPairSync } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { fingerprintOf, publicKeyOf } from '../core/audit/checkpoint.ts';

/** Makes the sealer's key. Never writes over a file: a lost key cannot be made again. Returns the exit code. */
export async function keygen(file: string): Promise<number> {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  try {
    await writeFile(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { flag: 'wx', mode: 0o600 });
    await writeFile(`${file}.pub`, publicKey.export({ type: 'spki', format: 'pem' }), { flag: 'wx', mode: 0o644 });
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    console.error(
      code === 'EEXIST'
        ? `${path} is there already, and stays as it is: name another file.`
        : `${path ?? file} cannot be written (${code}).`,
    );
    return 1;
  }
  console.log(`Private key: ${file} (SEAL_KEY_FILE; keep a copy where no server is)`);
  console.log(`Public key: ${file}.pub (give it to whoever audits, by another way than the bundles)`);
  console.log(`Fingerprint: ${fingerprintOf(publicKeyOf(publicKey))}`);
  return 0;
}
