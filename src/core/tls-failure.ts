/** What a TLS handshake failed of, by the codes of Node and OpenSSL. @see https://nodejs.org/api/tls.html#x509-certificate-error-codes */
const PROBLEMS: readonly (readonly [RegExp, TlsProblem])[] = [
  [/SELF_SIGNED_CERT|UNABLE_TO_GET_ISSUER_CERT|UNABLE_TO_VERIFY_LEAF|CERT_UNTRUSTED|INVALID_CA/, 'unknown_authority'],
  [/self.signed certificate|unable to (get (local )?issuer|verify the first) certificate/i, 'unknown_authority'],
  [/ERR_TLS_CERT_ALTNAME|does not match certificate's altnames/i, 'other_name'],
  [/CERT_HAS_EXPIRED|CERT_NOT_YET_VALID|certificate (has expired|is not yet valid)/i, 'out_of_date'],
  [/WRONG_VERSION_NUMBER|wrong version number|PACKET_LENGTH_TOO_LONG|HTTP_REQUEST/i, 'no_tls'],
  [/EPROTO|ERR_SSL_|SSL alert|tlsv1 alert|sslv3 alert/, 'handshake'],
];

/** What kept a TLS connection from standing. */
export type TlsProblem = 'unknown_authority' | 'other_name' | 'out_of_date' | 'no_tls' | 'handshake';

/** What the certificate or the handshake was refused for; undefined where the error is about something else. */
export function tlsProblemOf(error: unknown): TlsProblem | undefined {
  const said = textsOf(error);
  return PROBLEMS.find(([pattern]) => said.some((text) => pattern.test(text)))?.[1];
}

/** Errors inside errors that are looked at: Prisma wraps a driver's own three times. */
const DEPTH_MAX = 6;

/** Codes and messages of an error and of what it was caused by. */
export function textsOf(error: unknown, depth = DEPTH_MAX): readonly string[] {
  if (typeof error === 'string') return [error];
  if (typeof error !== 'object' || error === null || depth === 0) return [];
  const known = error as Readonly<Record<string, unknown>>;
  const own = ['code', 'message', 'originalCode', 'originalMessage', 'reason'].flatMap((key) => {
    const text = known[key];
    return typeof text === 'string' && text !== '' ? [text] : [];
  });
  const inner = [
    known.cause,
    known.meta,
    known.driverAdapterError,
    ...(Array.isArray(known.errors) ? known.errors : []),
  ];
  return [...own, ...inner.flatMap((one) => textsOf(one, depth - 1))];
}
