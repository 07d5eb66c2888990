import type { Work } from '../../src/core/request/work.ts';
import type { Clock } from '../../src/ports/clock.ts';
import type { BackendSettings } from '../../src/queue/backend.ts';
import type { WorkQueue } from '../../src/queue/open-queue.ts';
import { freshDatabase, withClient } from './database.ts';
import { redisBinary, startRedis } from './redis.ts';
import { until } from './until.ts';

/** One of the two backends, running, for one suite. */
export interface QueueServer {
  readonly settings: BackendSettings;
  /** Loses everything that is queued. */
  wipe(): Promise<void>;
  /** From now on refuses every call that takes a job, at once and on connections that stay; or no more. */
  refuse(refused: boolean): Promise<void>;
  stop(): Promise<void>;
}

type Starter = () => Promise<QueueServer>;

async function redisQueue(binary: string): Promise<QueueServer> {
  const redis = await startRedis(binary);
  return {
    settings: { redisUrl: redis.url, postgresUrl: 'postgres://nobody@127.0.0.1:1/never-used' },
    wipe: async () => {
      await redis.kill();
      await redis.start();
    },
    refuse: async (refused) => {
      const sign = refused ? '-' : '+';
      await redis.ask('ACL', 'SETUSER', 'default', ...['eval', 'evalsha', 'bzpopmin'].map((one) => `${sign}${one}`));
    },
    stop: redis.stop,
  };
}

async function postgresQueue(): Promise<QueueServer> {
  const { appUrl, ownerUrl, drop } = await freshDatabase();
  return {
    settings: { postgresUrl: appUrl },
    wipe: () =>
      withClient(ownerUrl, async (owner) => {
        await owner.query('DELETE FROM bullmq.job');
      }),
    refuse: (refused) =>
      withClient(ownerUrl, async (owner) => {
        const rights = refused ? 'REVOKE ALL ON bullmq.job FROM' : 'GRANT ALL ON bullmq.job TO';
        await owner.query(`${rights} ${owner.escapeIdentifier(new URL(appUrl).username)}`);
      }),
    stop: drop,
  };
}

/** Both backends, for `describe.each`: the same promises hold on each. Says so aloud where Redis cannot be had. */
export function queueBackends(): [name: string, start: Starter][] {
  const binary = redisBinary();
  if (binary === undefined) console.warn('No redis-server found: the queue is tested on PostgreSQL only.');
  const redis: [string, Starter][] = binary === undefined ? [] : [['Redis', () => redisQueue(binary)]];
  return [...redis, ['PostgreSQL', postgresQueue]];
}

/**
 * Adds work to a queue that is there. An add gives up after two seconds, which a busy machine may take for one; added
 * again it is the same job.
 */
export const put = (queue: WorkQueue, works: readonly Work[], now = new Date()): Promise<void> =>
  until(
    () =>
      queue.add(works, now).then(
        () => true,
        () => false,
      ),
    'the queue to take the work',
  );

/** A clock that is `offsetMs` ahead of this process's own. */
export const clockAhead = (offsetMs = 0): Clock => ({ now: async () => new Date(Date.now() + offsetMs) });

/** Work of any kind, due now unless said otherwise. */
export const aWork = (change: Partial<Work> = {}): Work => {
  const dueAt = change.dueAt ?? new Date();
  return { name: 'revoke', requestId: 'R1', grantId: 'R1', dueAt, generation: String(dueAt.getTime()), ...change };
};

/** A logger that keeps its lines. */
export function keepingLogger() {
  const lines: { level: 'info' | 'warn' | 'error'; fields: object; message: string }[] = [];
  const at = (level: 'info' | 'warn' | 'error') => (fields: object, message: string) => {
    lines.push({ level, fields, message });
  };
  return { lines, info: at('info'), warn: at('warn'), error: at('error') };
}
