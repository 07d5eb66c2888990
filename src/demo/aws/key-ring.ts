import { randomBytes } from 'node:crypto';
import { type Tag, uniqueId } from './accounts.ts';
import { AwsFault } from './faults.ts';
import { claimOf, type SignedRequest, type SigningKeys, verifySignature } from './sigv4.ts';

/** What belongs to temporary credentials beside the keys. */
export interface Session {
  /** `role`: of AssumeRole or of a sign-in through Identity Center. `user`: an IAM user's, as of GetSessionToken. */
  readonly of: 'role' | 'user';
  readonly account: string;
  /** Unique id of the role or user. A role made again has another one, so old sessions stay dead. */
  readonly entityId: string;
  readonly name: string;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
  readonly sourceIdentity: string | undefined;
  /** Session policies; `undefined` where none was passed, which limits nothing. */
  readonly policies: readonly string[] | undefined;
  readonly tags: readonly Tag[];
  readonly transitiveTagKeys: readonly string[];
  /** Condition keys that the sign-in put on the session, such as `identitystore:UserId` or the time of MFA. */
  readonly facts: Readonly<Record<string, string>>;
  readonly mfaAt: Date | undefined;
}

/** Whose key signed a request: a user by unique id, or a session. */
export type KeyHolder =
  | { readonly kind: 'user'; readonly account: string; readonly userId: string }
  | { readonly kind: 'session'; readonly session: Session };

interface Key {
  readonly secret: string;
  readonly token: string | undefined;
  readonly holder: KeyHolder;
}

const secretOf = (): string => randomBytes(30).toString('base64');

/** All access keys, in memory only: each start has new secrets, and the sessions of an earlier start are unknown. */
export class KeyRing {
  readonly #keys = new Map<string, Key>();

  /** Makes a long-lived key for a user. */
  issueUserKey(account: string, userId: string): SigningKeys {
    const accessKeyId = uniqueId('AKIA', 16);
    const secretAccessKey = secretOf();
    this.#keys.set(accessKeyId, {
      secret: secretAccessKey,
      token: undefined,
      holder: { kind: 'user', account, userId },
    });
    return { accessKeyId, secretAccessKey };
  }

  /** Makes temporary credentials for a session. */
  issueSession(session: Session): Required<SigningKeys> {
    const accessKeyId = uniqueId('ASIA', 16);
    const secretAccessKey = secretOf();
    const sessionToken = randomBytes(96).toString('base64');
    this.#keys.set(accessKeyId, { secret: secretAccessKey, token: sessionToken, holder: { kind: 'session', session } });
    return { accessKeyId, secretAccessKey, sessionToken };
  }

  /**
   * Who signed this request? Throws as AWS does: `InvalidClientTokenId` for a key it does not know, `ExpiredToken`,
   * `SignatureDoesNotMatch`, `MissingAuthenticationToken`, `IncompleteSignature`.
   */
  authenticate(request: SignedRequest, now: Date): KeyHolder & { readonly region: string; readonly service: string } {
    const claim = claimOf(request);
    const key = this.#keys.get(claim.accessKeyId);
    if (key === undefined || key.token !== request.headers['x-amz-security-token']) {
      throw unknownToken();
    }
    verifySignature(request, claim, key.secret, now.getTime());
    if (key.holder.kind === 'session' && key.holder.session.expiresAt <= now) {
      throw new AwsFault('ExpiredToken', 403, 'The security token included in the request is expired');
    }
    return { ...key.holder, region: claim.region, service: claim.service };
  }
}

/** The answer to a key, token or session that means nothing (any more). */
export const unknownToken = (): AwsFault =>
  new AwsFault('InvalidClientTokenId', 403, 'The security token included in the request is invalid.');
