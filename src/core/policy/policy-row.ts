import { canonical, digestOf, sha256 } from '../canonical.ts';
import { type NewEvent, type StoredEvent, SYSTEM_STREAM } from '../events.ts';
import type { ChatName } from './directory.ts';
import type { Policy } from './policy.ts';

/*
 * A policy decides only if the log explains its row: one `policy_changed` of the system stream names its number, its
 * digest and its text, and where the change is told. Written in the row's own transaction, by `apply` and by the first
 * start alone.
 */

/** What our own log line says while nothing is opened by the policy in force. */
export const DOUBTED = 'nothing is opened by the policy in force; endings go on. Run "breakglass apply FILE"';

/** Where security hears of a policy: a channel of each chat. */
export type SecurityChannels = Readonly<Record<ChatName, string>>;

/** The security channels that a policy names. Of one that another version wrote, whatever can be read as such. */
export const securityChannelsOf = ({ channels }: { readonly channels?: unknown }): SecurityChannels =>
  Object.fromEntries(
    Object.entries(typeof channels === 'object' ? (channels ?? {}) : {}).flatMap(([chat, named]: [string, unknown]) => {
      const security = typeof named === 'object' && named !== null && 'security' in named ? named.security : undefined;
      return typeof security === 'string' ? [[chat, security]] : [];
    }),
  );

/** What a row of `policies` says of itself, without its content. */
export interface PolicyHead {
  readonly number: number;
  readonly digest: string;
  /** The `security` channel of each chat that its content names channels of. */
  readonly securityChannels: SecurityChannels;
  readonly appliedAt: Date;
  readonly appliedBy: string;
}

/** What it holds. `document` is the file as it was written. */
export interface PolicyContent {
  readonly digest: string;
  readonly policy: unknown;
  readonly document: string;
}

interface Change {
  readonly number: number;
  readonly policy: Policy;
  readonly document: string;
  readonly operator: string;
  /** In words. */
  readonly changes: readonly string[];
  /** The policy that was in force until now. */
  readonly before: Pick<PolicyHead, 'digest' | 'securityChannels'> | undefined;
}

/** The event of a policy that is put in force: all that the log must hold of its row, and the channels that are told. */
export const policyChanged = ({ number, policy, document, operator, changes, before }: Change): NewEvent => ({
  type: 'policy_changed',
  data: {
    number,
    operator,
    oldDigest: before?.digest ?? '',
    newDigest: digestOf(policy),
    documentDigest: sha256(document),
    changes,
    oldSecurityChannels: before?.securityChannels ?? {},
    newSecurityChannels: securityChannelsOf(policy),
  },
});

/**
 * Which rows the log does not explain, by number, with the reason in words. Each is held to the newest explained row
 * before it: who could leave that one's channel out of the event would change the policy unheard.
 * @param heads All rows, the lowest number first
 * @param events At least every `policy_changed` of the system stream
 */
export function unexplainedPolicies(
  heads: readonly PolicyHead[],
  events: readonly Pick<StoredEvent, 'stream' | 'type' | 'at' | 'actor' | 'data'>[],
): ReadonlyMap<number, string> {
  const named = events.filter(({ stream, type }) => stream === SYSTEM_STREAM && type === 'policy_changed');
  const unexplained = new Map<number, string>();
  let before: PolicyHead | undefined;
  for (const head of heads) {
    const why = whyUnexplained(
      head,
      named.filter(({ data }) => data.number === head.number),
      before,
    );
    if (why === undefined) before = head;
    else unexplained.set(head.number, why);
  }
  return unexplained;
}

function whyUnexplained(
  head: PolicyHead,
  events: readonly Pick<StoredEvent, 'at' | 'actor' | 'data'>[],
  before: PolicyHead | undefined,
): string | undefined {
  const [event, another] = events;
  if (event === undefined) return `no event in the log put policy ${head.number} in force`;
  if (another !== undefined) return `${events.length} events in the log put a policy ${head.number} in force`;
  const { data } = event;
  if (data.newDigest !== head.digest) return `the log put another policy ${head.number} in force than the one stored`;
  if (event.actor !== head.appliedBy || event.at.getTime() !== head.appliedAt.getTime()) {
    return `the log says otherwise who put policy ${head.number} in force, and when`;
  }
  const notified =
    data.oldDigest === (before?.digest ?? '') &&
    same(data.oldSecurityChannels, before?.securityChannels ?? {}) &&
    same(data.newSecurityChannels, head.securityChannels);
  return notified ? undefined : `the log says otherwise what policy ${head.number} replaced, and who was to be told`;
}

const same = (said: unknown, held: SecurityChannels): boolean =>
  canonical({ channels: said ?? null }) === canonical({ channels: held });

/** Why a stored policy is not what its digest says, or undefined if it is. `named` is the event of its number. */
export function contentProblem(
  { digest, policy, document }: PolicyContent,
  named: Pick<StoredEvent, 'data'> | undefined,
): string | undefined {
  if (digestOf(policy) !== digest) return 'its content is not what its digest says';
  if (named !== undefined && named.data.documentDigest !== sha256(document)) return 'its text is not what the log says';
  return undefined;
}
