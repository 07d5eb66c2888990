import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { AwsFault } from './faults.ts';

/** What a client signs with. `sessionToken` only for temporary credentials. */
export interface SigningKeys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** A request as it came in: header names in lower case, `query` without the question mark. */
export interface SignedRequest {
  readonly method: string;
  readonly path: string;
  readonly query: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The claims of an `Authorization` header, not yet proven. */
export interface Claim {
  readonly accessKeyId: string;
  readonly date: string;
  readonly region: string;
  readonly service: string;
  readonly signedHeaders: readonly string[];
  readonly signature: string;
}

/** A request's date may be this far from the server's, either way. */
export const SIGNATURE_AGE_MAX_MS = 5 * 60_000;

const ALGORITHM = 'AWS4-HMAC-SHA256';
const sha256 = (text: string): string => createHash('sha256').update(text, 'utf8').digest('hex');
const hmac = (key: string | Buffer, text: string): Buffer => createHmac('sha256', key).update(text, 'utf8').digest();

const encoded = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

function canonicalQuery(query: string): string {
  const pairs = [...new URLSearchParams(query)].map(([key, value]) => `${encoded(key)}=${encoded(value)}`);
  return pairs.sort().join('&');
}

function signatureOf(request: SignedRequest, claim: Omit<Claim, 'signature'>, amzDate: string, secret: string): string {
  const headers = claim.signedHeaders.map(
    (name) => `${name}:${(request.headers[name] ?? '').trim().replace(/ +/g, ' ')}\n`,
  );
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    headers.join(''),
    claim.signedHeaders.join(';'),
    sha256(request.body),
  ].join('\n');
  const scope = `${claim.date}/${claim.region}/${claim.service}/aws4_request`;
  const toSign = [ALGORITHM, amzDate, scope, sha256(canonical)].join('\n');
  const key = [claim.region, claim.service, 'aws4_request'].reduce(hmac, hmac(`AWS4${secret}`, claim.date));
  return hmac(key, toSign).toString('hex');
}

/**
 * Reads who a request says it is from. Throws `MissingAuthenticationToken` or `IncompleteSignature`.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
 */
export function claimOf(request: SignedRequest): Claim {
  const header = request.headers.authorization;
  if (header === undefined) {
    throw new AwsFault('MissingAuthenticationToken', 403, 'Request is missing Authentication Token');
  }
  const found =
    /^AWS4-HMAC-SHA256 Credential=(\w+)\/(\d{8})\/([\w-]+)\/([\w-]+)\/aws4_request,\s*SignedHeaders=([\w;-]+),\s*Signature=([0-9a-f]{64})$/.exec(
      header,
    );
  const [, accessKeyId = '', date = '', region = '', service = '', names = '', signature = ''] = found ?? [];
  const signedHeaders = names.split(';');
  const mustBeSigned = [
    'host',
    ...Object.keys(request.headers).filter((name) => /^x-amz-(date|security-token)$/.test(name)),
  ];
  if (found === null || !/^\d{8}T\d{6}Z$/.test(request.headers['x-amz-date'] ?? '')) {
    throw new AwsFault('IncompleteSignature', 400, 'Authorization header or X-Amz-Date is missing or malformed.');
  }
  if (mustBeSigned.some((name) => !signedHeaders.includes(name))) {
    throw new AwsFault('SignatureDoesNotMatch', 403, `'${mustBeSigned.join("', '")}' must be signed headers.`);
  }
  return { accessKeyId, date, region, service, signedHeaders, signature };
}

const compact = (at: number): string => new Date(at).toISOString().replace(/[-:]|\.\d{3}/g, '');

function instant(amzDate: string): number {
  const [, y, mo, d, h, mi, s] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(amzDate) ?? [];
  return Date.parse(`${y}-${mo}-${d}T${h}:${mi}:${s}Z`);
}

/** Proves a claim with the key's secret, at the server's `now` (milliseconds). Throws `SignatureDoesNotMatch`. */
export function verifySignature(request: SignedRequest, claim: Claim, secret: string, now: number): void {
  const amzDate = request.headers['x-amz-date'] ?? '';
  const age = now - instant(amzDate);
  const mismatch = (message: string) => new AwsFault('SignatureDoesNotMatch', 403, message);
  if (!amzDate.startsWith(claim.date)) throw mismatch("Date in Credential scope does not match the request's date.");
  if (age > SIGNATURE_AGE_MAX_MS) {
    throw mismatch(
      `Signature expired: ${amzDate} is now earlier than ${compact(now - SIGNATURE_AGE_MAX_MS)} (${compact(now)} - 5 min.)`,
    );
  }
  if (age < -SIGNATURE_AGE_MAX_MS) {
    throw mismatch(
      `Signature not yet current: ${amzDate} is still later than ${compact(now + SIGNATURE_AGE_MAX_MS)} (${compact(now)} + 5 min.)`,
    );
  }
  const expected = Buffer.from(signatureOf(request, claim, amzDate, secret), 'hex');
  const given = Buffer.from(claim.signature, 'hex');
  if (expected.length === given.length && timingSafeEqual(expected, given)) return;
  throw mismatch(
    'The request signature we calculated does not match the signature you provided. Check your AWS Secret Access Key and signing method.',
  );
}

/**
 * The headers that sign a request with these keys, for callers without an SDK (a raw Query request, `/simulate`).
 * `headers` must hold `host`.
 */
export function signatureHeaders(
  request: SignedRequest,
  keys: SigningKeys,
  scope: { readonly region: string; readonly service: string; readonly at: Date },
): Record<string, string> {
  const amzDate = compact(scope.at.getTime());
  const headers: Record<string, string> = {
    ...request.headers,
    'x-amz-date': amzDate,
    ...(keys.sessionToken !== undefined && { 'x-amz-security-token': keys.sessionToken }),
  };
  const signedHeaders = Object.keys(headers).sort();
  const claim = { ...scope, accessKeyId: keys.accessKeyId, date: amzDate.slice(0, 8), signedHeaders };
  const signature = signatureOf({ ...request, headers }, claim, amzDate, keys.secretAccessKey);
  const credential = `${keys.accessKeyId}/${claim.date}/${scope.region}/${scope.service}/aws4_request`;
  return {
    ...headers,
    authorization: `${ALGORITHM} Credential=${credential}, SignedHeaders=${signedHeaders.join(';')}, Signature=${signature}`,
  };
}
