import type { Agent as HttpAgent } from 'node:http';
import type { Agent as HttpsAgent } from 'node:https';
import type { IAMClient } from '@aws-sdk/client-iam';
import type { STSClient } from '@aws-sdk/client-sts';
import { until } from '../../../bounded.ts';
import { Failure } from '../../../core/failure.ts';
import { arnParts, partitionOf } from '../policy/names.ts';
import { attempt } from './attempt.ts';

/** Keys in the shape the SDK takes. */
export interface Keys {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Node's agents, as the SDK's request handler takes them. */
export interface Agents {
  readonly httpAgent: HttpAgent;
  readonly httpsAgent: HttpsAgent;
}

export interface ClientSettings {
  /** Where STS and IAM are asked; by default the home region of the account's partition. */
  readonly region?: string | undefined;
  /** Usually left to `AWS_ENDPOINT_URL`, `_IAM`, `_STS`, which the SDK reads. */
  readonly endpoint?: string | undefined;
  /** The broker's own identity; by default the SDK's usual chain. */
  readonly credentials?: Keys | (() => Promise<Keys>) | undefined;
  /** Makes what carries the calls of one client, where a proxy is set; looking up credentials goes by it too. */
  readonly agents?: (() => Agents) | undefined;
}

/** The broker inside one account: clients that carry its role there. */
export interface AccountSession {
  readonly iam: IAMClient;
  readonly sts: STSClient;
}

/** One that was made, or is being made; `entered` once it is there. */
interface Kept {
  readonly session: Promise<AccountSession>;
  readonly freshUntil: number;
  entered?: AccountSession;
}

/** Whom to become. From the plan for endings, from the terms for openings. */
export interface Door {
  readonly brokerRole: string;
  readonly externalId: string;
}

/** Life of the broker's sessions, the most that a role may give a role. */
const SESSION_SECONDS = 3600;
/** Sessions are renewed this long before they lapse (milliseconds). */
const RENEW_MS = 10 * 60_000;
/** Becoming the broker takes at most this long, whoever waits for it (milliseconds). */
const ENTER_MS = 20_000;

const HOME: Readonly<Record<string, string>> = { 'aws-cn': 'cn-north-1', 'aws-us-gov': 'us-gov-west-1' };

/**
 * Sessions of the broker's role by account, made through STS with the external id, kept while they last. Two callers
 * share one; the SDK is loaded with the first.
 */
export class Sessions {
  readonly #settings: ClientSettings;
  readonly #random: () => number;
  readonly #open = new Map<string, Kept>();
  readonly #roots = new Map<string, Promise<STSClient>>();

  constructor(settings: ClientSettings, random: () => number) {
    this.#settings = settings;
    this.#random = random;
  }

  /** The session behind this door. Rejects with `Failure`; a failed try is forgotten, so the next one is made anew. */
  async enter(door: Door, signal: AbortSignal): Promise<AccountSession> {
    const key = keyOf(door);
    const known = this.#open.get(key);
    if (known && known.freshUntil > performance.now()) return await orStopped(known.session, signal);
    this.#drop(key);
    const session = this.#become(door);
    const made: Kept = { session, freshUntil: performance.now() + SESSION_SECONDS * 1000 - RENEW_MS };
    this.#open.set(key, made);
    session.then(
      (entered) => {
        made.entered = entered;
      },
      () => {
        if (this.#open.get(key) === made) this.#open.delete(key);
      },
    );
    return await orStopped(session, signal);
  }

  /**
   * Forgets this session behind this door, so that the next call makes another. One that was made anew since stays: the
   * refusal of a call that began before it comes late.
   */
  leave(door: Door, used: AccountSession | undefined): void {
    const key = keyOf(door);
    if (this.#open.get(key)?.entered === used) this.#drop(key);
  }

  #drop(key: string): void {
    const known = this.#open.get(key);
    this.#open.delete(key);
    known?.session.then(destroy, () => undefined);
  }

  /** Resolves when STS says who the broker is. Rejects with `Failure` where it has no credentials, or none that count. */
  async identity(partition: string, signal: AbortSignal): Promise<void> {
    const { GetCallerIdentityCommand } = await import('@aws-sdk/client-sts');
    const ask = (stop: AbortSignal) =>
      this.#asRoot(partition, stop, (root) => root.send(new GetCallerIdentityCommand({}), { abortSignal: stop }));
    await attempt({ what: 'asking the cloud who we are', signal, random: this.#random }, ask);
  }

  /** Lets go of every connection. A later call opens new ones. */
  release(): void {
    for (const { session } of this.#open.values()) session.then(destroy, () => undefined);
    for (const root of this.#roots.values()) {
      root.then(
        (client) => client.destroy(),
        () => undefined,
      );
    }
    this.#open.clear();
    this.#roots.clear();
  }

  #clientSettings(partition: string) {
    const { region, endpoint, agents } = this.#settings;
    return {
      region: region ?? HOME[partition] ?? 'us-east-1',
      // Our own loop decides what is tried again: the SDK takes IAM's quota errors for throttling.
      maxAttempts: 1,
      ...(endpoint !== undefined && { endpoint }),
      ...(agents !== undefined && { requestHandler: agents() }),
    };
  }

  #root(partition: string): Promise<STSClient> {
    const known = this.#roots.get(partition);
    if (known) return known;
    const made = this.#newRoot(partition);
    this.#roots.set(partition, made);
    return made;
  }

  async #newRoot(partition: string): Promise<STSClient> {
    const { credentials, agents } = this.#settings;
    const { STSClient } = await import('@aws-sdk/client-sts');
    // The SDK hands the handler on to STS, and to nothing else that its chain asks (Identity Center).
    const chain = async (handler: Agents) =>
      (await import('@aws-sdk/credential-provider-node')).defaultProvider({
        clientConfig: { requestHandler: handler },
      });
    const looked = credentials ?? (agents === undefined ? undefined : await chain(agents()));
    return new STSClient({ ...this.#clientSettings(partition), ...(looked !== undefined && { credentials: looked }) });
  }

  /**
   * A question of the broker as itself. The SDK looks its keys up without heeding the signal, and waits for an answer that
   * never comes with every later question too: then the next one is asked by a client of its own.
   */
  async #asRoot<T>(partition: string, signal: AbortSignal, ask: (root: STSClient) => Promise<T>): Promise<T> {
    const root = this.#root(partition);
    try {
      return await until(signal, root.then(ask));
    } catch (error) {
      if (signal.aborted && this.#roots.get(partition) === root) {
        this.#roots.delete(partition);
        root.then(
          (client) => client.destroy(),
          () => undefined,
        );
      }
      throw error;
    }
  }

  async #become(door: Door): Promise<AccountSession> {
    const partition = partitionOf(door.brokerRole);
    const [{ IAMClient }, { STSClient, AssumeRoleCommand }] = await Promise.all([
      import('@aws-sdk/client-iam'),
      import('@aws-sdk/client-sts'),
    ]);
    const account = arnParts(door.brokerRole)?.account ?? '';
    const what = `taking on the broker's role in account ${account}`;
    const answer = await attempt(
      { what, signal: AbortSignal.timeout(ENTER_MS), secrets: [door.externalId], random: this.#random },
      (signal) =>
        this.#asRoot(partition, signal, (root) =>
          root.send(
            new AssumeRoleCommand({
              RoleArn: door.brokerRole,
              RoleSessionName: 'breakglass-broker',
              ExternalId: door.externalId,
              DurationSeconds: SESSION_SECONDS,
            }),
            { abortSignal: signal },
          ),
        ),
    );
    const { AccessKeyId, SecretAccessKey, SessionToken } = answer.Credentials ?? {};
    if (!AccessKeyId || !SecretAccessKey || !SessionToken) {
      throw new Failure('PROVIDER_UNAVAILABLE', `${what}: the answer held no credentials`);
    }
    const credentials = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken };
    // Each with agents of its own: whoever is done closes them.
    const settings = () => ({ ...this.#clientSettings(partition), credentials });
    return { iam: new IAMClient(settings()), sts: new STSClient(settings()) };
  }
}

function destroy({ iam, sts }: AccountSession): void {
  iam.destroy();
  sts.destroy();
}

const keyOf = (door: Door): string => `${door.brokerRole} ${door.externalId}`;

/** Waits no longer than the signal, while others may go on waiting for the same promise. */
async function orStopped<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return await new Promise<T>((resolve, reject) => {
    const stop = () => reject(new Failure('PROVIDER_UNAVAILABLE', 'stopped while taking on the broker role'));
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
