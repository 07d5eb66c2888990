import { digestOf } from '../core/canonical.ts';
import { type StoredEvent, SYSTEM_STREAM } from '../core/events.ts';
import type { ChatName } from '../core/policy/directory.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { PolicyParts } from '../core/policy/policy-parts.ts';
import {
  contentProblem,
  type PolicyContent,
  policyChanged,
  securityChannelsOf,
  unexplainedPolicies,
} from '../core/policy/policy-row.ts';
import { readStored } from '../core/policy/stored-policy.ts';
import { written } from '../core/request/event-parts.ts';
import type { Application, PolicyInForce } from '../ports/store.ts';
import { insertEvents, lockStream, type Shift, sealed } from './append.ts';
import type { Database } from './database.ts';
import { beginNews } from './news.ts';
import type { RawTx } from './raw.ts';
import { type EventRecord, eventOf } from './row-codec.ts';

/**
 * The policy in force: the row with the highest number. All of it is checked when it is first seen; after that each call
 * asks only whether that row and the events that name it are still the ones that were checked. PostgreSQL writes a row
 * that is edited anew, so `ctid` and `xmin` tell, whoever edited it.
 */
export function policyReader(
  database: Database,
  clouds: PolicyParts['clouds'],
): () => Promise<PolicyInForce | undefined> {
  let known: { readonly written: string; readonly value: PolicyInForce } | undefined;
  return () =>
    database.raw.read('read the policy in force', async (client) => {
      // Asked by every click and every job: on the driver, by an index, without the policy itself.
      const [newest] = await client.$queryRaw<{ readonly written: string }[]>`
        SELECT concat_ws(' ', p."number", p."ctid", p."xmin", (
          SELECT string_agg(concat_ws(' ', e."seq", e."ctid", e."xmin"), ',' ORDER BY e."seq") FROM "events" AS e
          WHERE e."stream" = 'system' AND e."type" = 'policy_changed' AND e."data" ->> 'number' = p."number"::text
        )) AS "written"
        FROM "policies" AS p ORDER BY p."number" DESC LIMIT ${1}`;
      if (newest === undefined) return undefined;
      if (known?.written === newest.written) return known.value;
      const value = await readInForce(client, clouds);
      if (value !== undefined) known = { written: newest.written, value };
      return value;
    });
}

interface HeadRecord {
  readonly number: number;
  readonly digest: string;
  readonly channels: unknown;
  readonly appliedAt: Date;
  readonly appliedBy: string;
}

/** Every row without its content, and what the log says of them. */
async function readHeads(client: RawTx) {
  // The rows first: each was committed together with its event, so what is read then names all of them.
  const rows = await client.$queryRaw<HeadRecord[]>`
    SELECT "number", "digest", "channels", "applied_at" AS "appliedAt",
      "applied_by" AS "appliedBy"
    FROM "policies" WHERE "number" >= ${1} ORDER BY "number"`;
  const found = await client.$queryRaw<EventRecord[]>`
    SELECT "stream", "seq", "type", "at", "actor", "data", "checkpoint", "prev_hash" AS "prevHash", "hash"
    FROM "events" WHERE "stream" = 'system' AND "type" = 'policy_changed' AND "seq" >= ${1} ORDER BY "seq"`;
  const heads = rows.map(({ channels, ...row }) => ({ ...row, securityChannels: securityChannelsOf({ channels }) }));
  const events = found.map(eventOf);
  return { heads, events, unexplained: unexplainedPolicies(heads, events) };
}

async function readInForce(client: RawTx, clouds: PolicyParts['clouds']): Promise<PolicyInForce | undefined> {
  const { heads, events, unexplained } = await readHeads(client);
  const newest = heads.at(-1);
  if (newest === undefined) return undefined;
  const look = async (number: number) => {
    const content = await readContent(client, number);
    const why = unexplained.get(number) ?? contentWords(number, content, events);
    return { ...readStored(content.policy, clouds), why };
  };
  const { number, digest, appliedAt, appliedBy } = newest;
  const inForce = await look(number);
  const doubt = inForce.why ?? (inForce.problem && `policy ${number} ${inForce.problem}`);
  let { policy } = inForce;
  // Whoever put a row there that the log does not explain must not choose where its alarm goes, or what is looked after.
  for (const head of inForce.why === undefined ? [] : heads.toReversed().slice(1)) {
    if (unexplained.has(head.number)) continue;
    const earlier = await look(head.number);
    if (earlier.why !== undefined) continue;
    policy = earlier.policy;
    break;
  }
  return { number, digest, policy, appliedAt, appliedBy, doubt };
}

async function readContent(client: RawTx, number: number): Promise<PolicyContent> {
  const [row] = await client.$queryRaw<PolicyContent[]>`
    SELECT "digest", "policy", "document" FROM "policies" WHERE "number" = ${number}`;
  if (row === undefined) throw new Error(`policy ${number} is gone`);
  return row;
}

function contentWords(number: number, content: PolicyContent, events: readonly StoredEvent[]): string | undefined {
  const problem = contentProblem(
    content,
    events.find(({ data }) => data.number === number),
  );
  return problem && `policy ${number}: ${problem}`;
}

/** Puts a policy in force with its event. Undefined if another one was put in force since `previous`. */
export function applyPolicy(database: Database, shift: Shift, application: Application) {
  const { policy, document, actor, previous, changes } = application;
  return database.transaction('apply a policy', async (tx): Promise<PolicyInForce | undefined> => {
    const { now, head } = await lockStream(tx, shift, SYSTEM_STREAM);
    const { heads, events, unexplained } = await readHeads(tx);
    if ((heads.at(-1)?.number ?? 0) !== previous) return undefined;
    const before = heads.findLast(({ number }) => !unexplained.has(number));
    const number = previous + 1;
    const applied = { number, digest: digestOf(policy), appliedAt: now, appliedBy: actor };
    await tx.policyVersion.create({ data: { ...applied, policy: written(policy), document } });
    const event = policyChanged({ number, policy, document, operator: actor, changes, before });
    await insertEvents(tx, sealed(SYSTEM_STREAM, head, [event], now, actor));
    // Before the first policy nobody knew whom to tell: whoever it names hears of all that happened.
    if (previous > 0) await beginNews(tx, newChats(policy, events), head.seq);
    return { ...applied, policy, doubt: undefined };
  });
}

/** Chats that no policy before named a channel in. */
const newChats = ({ channels }: Policy, before: readonly StoredEvent[]): readonly ChatName[] => {
  const named = new Set(before.flatMap(({ data }) => Object.keys(Object(data.newSecurityChannels))));
  return Object.keys(channels).filter((chat) => !named.has(chat));
};
