import { entryOf } from '../../src/chat/words/timeline.ts';
import type { StoredEvent } from '../../src/core/events.ts';
import { requestStream } from '../../src/core/events.ts';
import { cloudWordsOf } from '../../src/core/policy/cloud.ts';
import type { Policy } from '../../src/core/policy/policy.ts';
import type { AccessRequest } from '../../src/core/request/request.ts';
import type { Row } from '../../src/core/request/work.ts';
import { DEFINITIONS } from '../../src/definitions.ts';
import type { Role } from '../../src/demo/aws/accounts.ts';
import type { LogEntry } from '../../src/demo/aws/dials.ts';
import type { SeenMessage } from '../../src/demo/slack/screen.ts';
import type { MessageRef } from '../../src/ports/chat-memory.ts';
import type { Store } from '../../src/ports/store.ts';
import { accountOf, COMMANDER, channelOf, slackOf } from './catalog.ts';
import { type Evidence, unapproved } from './eligible.ts';
import { type Frozen, openedWhileFrozen } from './freezes.ts';
import type { Holdings } from './holdings.ts';
import type { Installation } from './installation.ts';
import { offPath } from './path.ts';
import { People } from './people.ts';

/** Everything that is known from outside, when nothing moves any more. */
export interface Scene {
  readonly installation: Installation;
  readonly store: Store;
  readonly policy: Policy;
  readonly evidence: Evidence;
  readonly holdings: Holdings;
  readonly freezes: readonly Frozen[];
  /** What the cloud did for anybody. */
  readonly cloud: readonly LogEntry[];
}

/** One request, with all that was recorded of it. */
export interface Case {
  readonly lane: number;
  readonly zone: string;
  readonly requestId: string;
  readonly row: Row;
  readonly events: readonly StoredEvent[];
}

export async function caseOf(store: Store, row: Row): Promise<Case> {
  const { details } = row.request;
  const lane = Number(/\d+$/.exec(details.requester.id)?.[0]);
  const events = await store.events(requestStream(details.id));
  return { lane, zone: details.terms.role.zone, requestId: details.id, row, events };
}

/** Everything that does not hold of a request that must be over: empty when all is well. */
export async function judge(scene: Scene, one: Case): Promise<readonly string[]> {
  const { policy, evidence, freezes } = scene;
  const { request } = one.row;
  const known = { policy, people: evidence.people, involved: People.of(one.lane), freezes };
  return [
    ...rowProblems(request),
    ...unapproved(one, evidence),
    ...openedWhileFrozen(one.events, freezes),
    ...offPath(one.events, request, known),
    ...cloudProblems(scene, one),
    ...usedTooLate(scene, one),
    ...(await stillUsable(scene, one)),
    ...(await timelineProblems(scene, one)),
    ...scene.installation.house.problems(one, await scene.store.chat.refs(one.requestId, 'plain')),
  ];
}

/** Every request reaches a closed state, and from a plan only with both proofs (A4, D3). */
function rowProblems(request: AccessRequest): readonly string[] {
  if (request.state !== 'closed') return [`the request is ${request.state}`];
  return request.grants.flatMap(({ plan, accessRemoved, sessionsEnded }) => [
    ...(plan && !accessRemoved ? ['closed without proof that access was removed'] : []),
    ...(plan && !sessionsEnded ? ['closed without proof that sessions ended'] : []),
  ]);
}

const planName = ({ row }: Case): string | undefined =>
  row.request.state === 'pending' ? undefined : row.request.grants[0]?.plan?.name;

/** What stands in the cloud has its plan, and what is left of it lets nobody in and nothing through (D1). */
function cloudProblems({ installation, cloud }: Scene, one: Case): readonly string[] {
  const name = planName(one);
  if (name === undefined) return [];
  const made = cloud.filter(({ action, params }) => action === 'CreateRole' && params.RoleName === name);
  const planned = one.events.find(({ type }) => type === 'access_planned');
  const role = installation.stage.aws.roles(accountOf(one.lane)).find((found) => found.name === name);
  return [
    ...(made.length > 1 ? [`the role was made ${made.length} times`] : []),
    ...made.flatMap(({ at }) =>
      planned === undefined || new Date(at) < planned.at ? ['a role was made before its plan'] : [],
    ),
    ...(role === undefined ? ['nothing holds the role’s name any more'] : leftovers(role)),
  ];
}

/** What allows something may be left behind both Denies, where it gives nothing; deleting the tombstone takes it along. */
const leftovers = ({ policies: { inline, trust } }: Role): readonly string[] => [
  ...(inline['99-revoked']?.includes('"Effect":"Deny","Action":"*","Resource":"*"') ? [] : ['no unconditional Deny']),
  ...(trust.includes('"Allow"') || !trust.includes('"Deny"') ? ['the trust lets somebody in'] : []),
];

/** Nothing was let through at or after the end that was planned then, nor after the removal was read back (D1). */
function usedTooLate({ cloud }: Scene, one: Case): readonly string[] {
  const name = planName(one);
  if (name === undefined) return [];
  const ends = one.events.filter(({ type }) => type === 'access_planned' || type === 'extension_planned');
  const removed = one.events.find(({ type }) => type === 'access_removed')?.data.readAt;
  const uses = cloud.filter(
    ({ service, action, principal, params }) =>
      (service === 'simulate' && principal.includes(`:assumed-role/${name}/`)) ||
      (action === 'AssumeRole' && params.RoleArn?.endsWith(`/${name}`)),
  );
  return uses.flatMap(({ at, action }) => {
    const end = ends.findLast((event) => event.at <= new Date(at))?.data.plannedEnd;
    if (typeof end !== 'string') return [`${action} at ${at} was let through before anything was planned`];
    if (new Date(at) >= new Date(end)) return [`${action} at ${at} was let through after the planned end, ${end}`];
    const late = typeof removed === 'string' && new Date(at) > new Date(removed);
    return late ? [`${action} at ${at} was let through after the removal was read back, ${removed}`] : [];
  });
}

/** Whatever the requester holds is worth nothing, and there is nothing more to get (D1). */
async function stillUsable({ holdings }: Scene, { requestId }: Case): Promise<readonly string[]> {
  const held = holdings.all.filter((one) => one.requestId === requestId);
  const works = await Promise.all(held.map((one) => holdings.works(one)));
  const [first] = held;
  const again = first !== undefined && (await holdings.mayAssume(first));
  return [...(works.includes(true) ? ['a session still works'] : []), ...(again ? ['the role can be taken on'] : [])];
}

/** One post per event in the thread of the card, none missing and none twice, and the card is there once (E1). */
async function timelineProblems({ installation, store }: Scene, one: Case): Promise<readonly string[]> {
  const { row, events, requestId } = one;
  const refs = await store.chat.refs(requestId, 'slack');
  const card = refs.find(({ kind }) => kind === 'card');
  if (card?.message === undefined) return ['there is no card'];
  const reader = installation.stage.slack.as(slackOf(COMMANDER));
  const shown = reader
    .thread(channelOf(one.lane), card.message)
    .slice(1)
    .filter(({ ephemeral }) => !ephemeral);
  const stored = refs.filter(({ kind }) => kind === 'post');
  const pending = events.filter(
    (event) =>
      entryOf(event, { request: row.request, phone: '', cloud: cloudWordsOf(DEFINITIONS.clouds, 'aws') }) !== undefined,
  );
  return [
    ...(row.chats.slack?.postedSeq === row.seq ? [] : [`told ${row.chats.slack?.postedSeq} of ${row.seq} events`]),
    ...(row.chats.slack?.drawnVersion === row.version
      ? []
      : [`the card shows version ${row.chats.slack?.drawnVersion} of ${row.version}`]),
    ...pending
      .filter(({ seq }) => !stored.some((ref) => ref.seq === seq && ref.message !== undefined))
      .map(({ seq, type }) => `event ${seq} (${type}) has no post`),
    ...postProblems(stored, shown),
  ];
}

const postProblems = (stored: readonly MessageRef[], shown: readonly SeenMessage[]): readonly string[] => [
  ...stored
    .filter(({ message }) => message !== undefined && !shown.some(({ ts }) => ts === message))
    .map(({ seq }) => `the thread lacks the post of event ${seq}`),
  ...shown
    .filter(({ ts }) => !stored.some(({ message }) => message === ts))
    .map(({ words }) => `posted once too often: ${words}`),
];
