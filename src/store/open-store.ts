import { SYSTEM_STREAM } from '../core/events.ts';
import type { PolicyParts } from '../core/policy/policy-parts.ts';
import type { Decision } from '../core/request/decision.ts';
import type { HistoryOf } from '../core/request/facts.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { insertEvents, lockStream, type Shift, sealed } from './append.ts';
import { change } from './change.ts';
import { chatMemory } from './chat-memory.ts';
import { checkpointReader } from './checkpoints.ts';
import { cloudMemory } from './cloud-memory.ts';
import { LIMITS, type Limits, openDatabase } from './database.ts';
import { instantOf } from './decode.ts';
import { evidenceReader } from './evidence.ts';
import { changeFreeze, readFreeze } from './freeze.ts';
import { lastSweep, noteSweep, sealingLag } from './health.ts';
import { adopt, installation } from './installation.ts';
import { type LockTimes, openLocks } from './lock.ts';
import { freezeNews, policyNews } from './news.ts';
import { applyPolicy, policyReader } from './policies.ts';
import * as queries from './queries.ts';
import { excessPrivileges } from './rights.ts';
import { sessionsOn } from './sessions.ts';
import { troubleMemory } from './troubles.ts';
import { warmStore } from './warm.ts';

export interface StoreOptions {
  /** Address of the database, with the app's role. */
  readonly url: string;
  readonly logger: Logger;
  /** What the policy in force is composed of: nothing is opened by what this process does not know. */
  readonly definitions: Pick<PolicyParts, 'clouds'>;
  /** Connections for statements, 10 by default; locks have up to 30 of their own. */
  readonly connections?: number;
  /** Milliseconds added to the database's clock. For tests alone: no configuration reaches this argument. */
  readonly offsetMs?: () => number;
  /** Shorter limits, for tests that wait for them. */
  readonly limits?: Partial<Limits>;
  readonly lockTimes?: Partial<LockTimes>;
  /** Told at once of a new session that is not as it must be; `readBack` then says what it is. */
  readonly onDoubt?: ((problems: readonly string[]) => void) | undefined;
}

const CONNECTIONS = 10;

/** Decides nothing, about nobody. */
const REFUSED: Decision = { ok: false, refusal: { code: 'unknown_request' } };
const NOTHING_ASKED: HistoryOf = { person: 'warm-up', role: '', incident: '', provider: '', account: '' };

/** The store on PostgreSQL. Nothing is connected until the first call, so a database that is down delays no start. */
export function openStore(options: StoreOptions): Store {
  const { url, logger, definitions, connections = CONNECTIONS, offsetMs, limits, lockTimes, onDoubt } = options;
  const address = { url, setting: 'DATABASE_URL' };
  const { onSession, readBack } = sessionsOn({ address, limits: { ...LIMITS, ...limits }, onDoubt });
  const database = openDatabase({ address, logger, onSession, connections, limits });
  const locks = openLocks({ address, logger, onSession, times: lockTimes });
  const shift: Shift = (at) => (offsetMs === undefined ? at : new Date(at.getTime() + offsetMs()));

  const policyInForce = policyReader(database, definitions.clouds);
  const refused = (one: string, history?: HistoryOf) =>
    change(database, shift, { requestId: one, actor: 'system:start', decide: () => REFUSED, history });

  return {
    clock: {
      now: () =>
        database.raw.read('read the clock', async (client) => {
          const [found] = await client.$queryRaw<{ readonly now: unknown }[]>`
            SELECT date_trunc('milliseconds', clock_timestamp()) AS "now"`;
          return shift(instantOf(found?.now, 'the clock'));
        }),
    },
    chat: chatMemory(database),
    troubles: troubleMemory(database, shift),
    checkpoints: checkpointReader(database),
    cloud: cloudMemory(database, shift),
    evidence: evidenceReader(database),
    change: (requestId, actor, decide, history) => change(database, shift, { requestId, actor, decide, history }),
    find: (requestId) => queries.find(database, requestId),
    due: (before, limit, after) => queries.due(database, before, limit, after),
    pendingNotifications: (limit) => queries.pendingNotifications(database, limit),
    list: (options) => queries.list(database, options),
    inStates: (states, limit, after) => queries.inStates(database, states, limit, after),
    counted: (limit, after) => queries.counted(database, limit, after),
    unended: () => queries.unended(database),
    events: (stream, afterSeq) => queries.events(database, stream, afterSeq),
    streams: () => queries.streams(database),
    record: (actor, events) =>
      database.transaction('record events', async (tx) => {
        const { now, head } = await lockStream(tx, shift, SYSTEM_STREAM);
        const stored = sealed(SYSTEM_STREAM, head, events, now, actor);
        await insertEvents(tx, stored);
        return stored;
      }),
    policyInForce,
    applyPolicy: (application) => applyPolicy(database, shift, application),
    freeze: () => readFreeze(database),
    freezeNews: freezeNews(database),
    policyNews: policyNews(database),
    changeFreeze: (actor, decide) => changeFreeze(database, shift, actor, decide),
    installation: () => installation(database),
    adopt: (how, actor) => adopt(database, shift, how, actor),
    excessPrivileges: () => excessPrivileges(database),
    readBack: () => readBack(database.pool),
    withLock: locks.withLock,
    warm: () =>
      warmStore(database, connections, [
        policyInForce,
        () => readFreeze(database),
        (one) => queries.find(database, one),
        (one) => refused(one),
        (one) => refused(one, { ...NOTHING_ASKED, person: one }),
      ]),
    noteSweep: (everyMs) => noteSweep(database, everyMs),
    lastSweep: () => lastSweep(database),
    sealingLag: (olderMs) => sealingLag(database, olderMs),
    ping: () =>
      database.read('ping', async (prisma) => {
        await prisma.$queryRaw`SELECT 1`;
      }),
    async close() {
      await locks.close();
      await database.close();
    },
  };
}
