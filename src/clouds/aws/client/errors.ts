import { Failure, type FailureCode } from '../../../core/failure.ts';

/**
 * What to do with an answer that is no success. `again`: the same call, after a pause. `renew`: once more with fresh
 * credentials of the broker. `stop`: nothing here helps.
 */
export type Remedy = 'again' | 'renew' | 'stop';

interface Verdict {
  readonly code: FailureCode;
  readonly remedy: Remedy;
}

const throttled: Verdict = { code: 'PROVIDER_THROTTLED', remedy: 'again' };
const unavailable: Verdict = { code: 'PROVIDER_UNAVAILABLE', remedy: 'again' };
const denied: Verdict = { code: 'PROVIDER_DENIED_US', remedy: 'stop' };
const refused: Verdict = { code: 'PROVIDER_REFUSED', remedy: 'stop' };
const differs: Verdict = { code: 'READ_BACK_DIFFERS', remedy: 'stop' };

/**
 * By wire code. `LimitExceeded` is a quota in IAM: the SDK's own retries would take it for throttling, which is why
 * none are used here.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html
 */
const VERDICTS: Readonly<Record<string, Verdict>> = {
  Throttling: throttled,
  ThrottlingException: throttled,
  ThrottledException: throttled,
  TooManyRequestsException: throttled,
  RequestLimitExceeded: throttled,
  ServiceFailure: unavailable,
  ServiceUnavailable: unavailable,
  InternalFailure: unavailable,
  RequestTimeout: unavailable,
  ConcurrentModification: unavailable,
  EntityTemporarilyUnmodifiable: unavailable,
  EntityAlreadyExists: { code: 'PROVIDER_CONFLICT', remedy: 'stop' },
  // Not an end of anything: a missing object may be one that is not visible yet.
  NoSuchEntity: differs,
  DeleteConflict: differs,
  LimitExceeded: { code: 'PROVIDER_QUOTA', remedy: 'stop' },
  AccessDenied: denied,
  UnrecognizedClient: denied,
  SignatureDoesNotMatch: denied,
  OptInRequired: denied,
  RegionDisabled: denied,
  ExpiredToken: { ...denied, remedy: 'renew' },
  InvalidClientTokenId: { ...denied, remedy: 'renew' },
  MalformedPolicyDocument: refused,
  InvalidInput: refused,
  ValidationError: refused,
  UnmodifiableEntity: refused,
  PolicyNotAttachable: refused,
  PackedPolicyTooLarge: refused,
};

const textAt = (error: object, key: string): string | undefined => {
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
};

/**
 * The code as AWS wrote it on the wire. Modelled errors carry the shape's name, with `Exception` behind it, and the wire
 * code beside it.
 */
export function wireCode(error: unknown): string {
  if (typeof error !== 'object' || error === null) return 'Unknown';
  const code = textAt(error, 'Code') ?? textAt(error, 'name') ?? 'Unknown';
  return VERDICTS[code] ? code : code.replace(/Exception$/, '');
}

function metadataOf(error: unknown): { status: number | undefined; skewCorrected: boolean } {
  const metadata: unknown = typeof error === 'object' && error !== null ? Reflect.get(error, '$metadata') : undefined;
  if (typeof metadata !== 'object' || metadata === null) return { status: undefined, skewCorrected: false };
  const status: unknown = Reflect.get(metadata, 'httpStatusCode');
  return {
    status: typeof status === 'number' ? status : undefined,
    // The SDK has just learnt the server's time; the same call signed anew may pass.
    skewCorrected: Reflect.get(metadata, 'clockSkewCorrected') === true,
  };
}

/** Judges an error of the SDK, of the network, or of a deadline. */
export function judge(error: unknown): Verdict & { readonly wire: string; readonly status: number | undefined } {
  const wire = wireCode(error);
  const { status, skewCorrected } = metadataOf(error);
  const known = VERDICTS[wire];
  // A signature may only have been early or late. Every other answer we know was given to a signature that was taken.
  if (skewCorrected && (known === undefined || wire === 'SignatureDoesNotMatch'))
    return { ...unavailable, wire, status };
  if (known) return { ...known, wire, status };
  if (status === 429) return { ...throttled, wire, status };
  // No status: the request never had an answer (network, abort, or no credentials on this machine).
  if (wire === 'CredentialsProviderError') return { ...denied, wire, status };
  if (status === undefined || status >= 500) return { ...unavailable, wire, status };
  return { ...(status === 403 ? denied : refused), wire, status };
}

/**
 * The failure that the rest of the product sees. The SDK's error is deliberately not its cause: it carries the request,
 * with a session token in its headers.
 */
export function failureOf(error: unknown, what: string, secrets: readonly string[] = []): Failure {
  if (error instanceof Failure) return error;
  const { code, wire, status } = judge(error);
  const said = error instanceof Error ? error.message : '';
  const safe = secrets.reduce((text, secret) => text.replaceAll(secret, '[hidden]'), said).slice(0, 300);
  return new Failure(code, `${what}: ${wire}${safe === '' ? '' : `: ${safe}`}`, {
    detail: { wire, ...(status !== undefined && { status }) },
  });
}

/** Is this failure AWS's answer of this code? */
export const answered = (error: unknown, wire: string): boolean =>
  error instanceof Failure && error.detail.wire === wire;
