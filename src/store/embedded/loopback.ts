import { lookup } from 'node:dns/promises';
import { BlockList, isIPv6 } from 'node:net';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/**
 * Rejects unless every address of every host of these URLs is this machine's own: what runs without a real database
 * must not reach a real cloud. The message names the first that is not.
 */
export async function assertLoopback(urls: readonly string[]): Promise<void> {
  for (const url of urls) {
    // Said here, because the error of `new URL` carries the address with its password.
    const host = URL.canParse(url) ? hostOf(new URL(url)) : '';
    // A socket in the file system.
    if (host.startsWith('/')) continue;
    if (host === '') throw new Error('An address is not a URL: write it whole, as http://127.0.0.1:4566.');
    const found = await lookup(host, { all: true }).catch(() => []);
    const outside = found.find(({ address }) => !LOOPBACK.check(address, isIPv6(address) ? 'ipv6' : 'ipv4'));
    if (found.length === 0) throw new Error(`${host} has no address: it must be one of this machine (127.0.0.1).`);
    if (outside !== undefined) {
      throw new Error(
        `${host} is ${outside.address}, which is not this machine: use 127.0.0.1, or a database of your own.`,
      );
    }
  }
}

/** Where a client of it connects to: PostgreSQL's also take the host from the query, and the last of several. */
function hostOf({ protocol, hostname, searchParams }: URL): string {
  const named = protocol.startsWith('postgres') ? searchParams.getAll('host').at(-1) : undefined;
  return named || hostname.replace(/^\[(.*)\]$/, '$1');
}
