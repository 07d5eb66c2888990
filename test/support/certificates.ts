import { execFileSync } from 'node:child_process';
import { chmodSync, chownSync, existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

/** Files of a server's certificate and its key, and of the authority that signed it. */
export interface ServerCertificate {
  readonly certFile: string;
  readonly keyFile: string;
  readonly authorityFile: string;
}

export interface Authority {
  /** Its own certificate, in PEM: what clients are to trust. */
  readonly file: string;
  /** A certificate for these names (`IP:127.0.0.1`, `DNS:localhost`). */
  certify(name: string, ...names: readonly string[]): ServerCertificate;
  remove(): Promise<void>;
}

/** Debian's `openssl`. Undefined where a machine has none; CI must have one, and there its absence is an error. */
export function opensslBinary(): string | undefined {
  const places = (process.env.PATH ?? '').split(delimiter).map((folder) => join(folder, 'openssl'));
  const found = places.find((path) => existsSync(path));
  if (found === undefined && process.env.CI) throw new Error('CI needs openssl on the PATH');
  if (found === undefined) console.warn('No openssl found: TLS to PostgreSQL and Redis is not tested.');
  return found;
}

/** As root, PostgreSQL runs as user `postgres`, and takes no key that others may read. */
function giveToPostgres(keyFile: string): void {
  chmodSync(keyFile, 0o600);
  if (process.getuid?.() !== 0) return;
  const [user, group] = ['-u', '-g'].map((which) => Number(execFileSync('id', [which, 'postgres']).toString()));
  if (user !== undefined && group !== undefined) chownSync(keyFile, user, group);
}

const KEY = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];

/** An authority of this suite alone, made anew, for a day or two. */
export async function makeAuthority(openssl: string): Promise<Authority> {
  const folder = await mkdtemp(join(tmpdir(), 'breakglass-tls-'));
  await chmod(folder, 0o755);
  const run = (args: readonly string[]) => execFileSync(openssl, args, { stdio: 'pipe', cwd: folder });
  const file = join(folder, 'authority.crt');
  const key = join(folder, 'authority.key');
  const config = join(folder, 'openssl.cnf');
  await writeFile(config, '[req]\ndistinguished_name=dn\n[dn]\n');
  run(['req', '-x509', '-config', config, ...KEY, '-keyout', key, '-out', file, '-subj', '/CN=test authority']);
  let made = 0;
  return {
    file,
    certify: (name, ...names) => {
      made += 1;
      const certFile = join(folder, `server-${made}.crt`);
      const keyFile = join(folder, `server-${made}.key`);
      const alternatives = `subjectAltName=${[name, ...names].join(',')}`;
      run([
        ...['req', '-x509', '-config', config, ...KEY, '-CA', file, '-CAkey', key, '-subj', '/CN=test server'],
        ...['-keyout', keyFile, '-out', certFile, '-addext', alternatives],
        ...['-addext', 'basicConstraints=critical,CA:FALSE'],
      ]);
      giveToPostgres(keyFile);
      return { certFile, keyFile, authorityFile: file };
    },
    remove: () => rm(folder, { recursive: true, force: true }),
  };
}
