import { type TlsProblem, textsOf, tlsProblemOf } from '../core/tls-failure.ts';

/** What servers say to whom comes without TLS: PostgreSQL's own words, and those of Neon, Supabase and Azure. */
const WANTS_TLS =
  /no encryption\b|SSL off\b|connection is insecure|(SSL|TLS) (connection )?is required|requires? (an? )?(SSL|TLS|secure)/i;

/**
 * Why no connection to the database was had and which setting to change, where TLS is the reason.
 * @param setting The setting that holds the database's URL
 */
export function connectionWords(error: unknown, setting = "the database's URL"): string | undefined {
  const said = textsOf(error);
  const wanted = said.find((text) => WANTS_TLS.test(text));
  if (wanted !== undefined) {
    return (
      `the database wants TLS: add sslmode=verify-full to ${setting}, and sslrootcert=FILE with the certificate of the ` +
      `authority that signed the server's (it said: ${wanted.trim().split('\n').at(-1)})`
    );
  }
  const noTls = said.some((text) => /server does not support SSL connections/.test(text));
  const problem = noTls ? 'no_tls' : tlsProblemOf(error);
  if (problem !== undefined) return tlsWords(problem, setting);
  const missing = said.map((text) => /(?:ENOENT|EACCES|EISDIR): .*open '([^']*)'/.exec(text)?.[1]).find(Boolean);
  return missing === undefined
    ? undefined
    : `the file ${missing}, which ${setting} names for TLS, cannot be read: mend its name or its rights`;
}

const tlsWords = (problem: TlsProblem, setting: string): string =>
  ({
    unknown_authority:
      "the database's certificate is of an authority that Node does not know: name its file as sslrootcert=FILE in " +
      `${setting}, or in NODE_EXTRA_CA_CERTS`,
    other_name: `the database's certificate is for another name: write the host that stands in it into ${setting}`,
    out_of_date: "the database's certificate has expired or is not valid yet: renew it, or mend the clock",
    no_tls: `the database speaks no TLS: turn it on in the server, or take sslmode out of ${setting}`,
    handshake: 'TLS to the database fails: look at the versions and the client certificates that it asks for',
  })[problem];
