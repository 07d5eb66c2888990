import { textsOf, tlsProblemOf } from '../core/tls-failure.ts';

const REDIS_TLS = {
  unknown_authority:
    'the certificate of the Redis in REDIS_URL is of an authority that Node does not know: name its file in NODE_EXTRA_CA_CERTS',
  other_name:
    'the certificate of the Redis in REDIS_URL is for another name: write the name that stands in the certificate',
  out_of_date: 'the certificate of the Redis in REDIS_URL has expired or is not valid yet: renew it, or mend the clock',
  no_tls: 'the Redis in REDIS_URL speaks no TLS: write redis:// instead of rediss://, or its TLS port',
  handshake: 'TLS to the Redis in REDIS_URL fails: look at the versions and the client certificates that it asks for',
} as const;

/** Errors of Redis's own, by their first word. @see https://redis.io/docs/latest/develop/reference/protocol-spec/#simple-errors */
const REDIS: readonly (readonly [word: string, words: string])[] = [
  [
    'MOVED',
    'REDIS_URL leads to one shard of a Redis Cluster or to a replica in one: use a Redis without cluster mode, or with one shard, by the address of its primary',
  ],
  ['ASK', 'REDIS_URL leads to one shard of a Redis Cluster that moves its keys: use a Redis without cluster mode'],
  ['CROSSSLOT', 'the server keeps the keys of one queue in several places: use a Redis without cluster mode'],
  [
    'READONLY',
    'REDIS_URL leads to a replica, which takes no writes; it is connected to anew until it leads to the primary',
  ],
  ['NOAUTH', 'Redis wants a password: put it into REDIS_URL, as in rediss://user:password@host'],
  ['WRONGPASS', 'Redis refuses the user or the password of REDIS_URL'],
  [
    'NOPERM',
    'the user of REDIS_URL may not do what the queue needs: allow it all commands but those that BullMQ does not use',
  ],
  ['LOADING', 'Redis is loading its data; it is asked again'],
  ['MASTERDOWN', 'REDIS_URL leads to a replica that has lost its primary; it is connected to anew'],
  ['CLUSTERDOWN', 'the Redis Cluster in REDIS_URL is down or has slots that no node serves'],
  ['NOREPLICAS', 'Redis takes no writes: too few replicas follow it'],
  ['UNBLOCKED', 'Redis has become a replica; it is connected to anew'],
  ['MISCONF', 'Redis takes no writes: it cannot save to its disk'],
  ['OOM', 'Redis takes no writes: its memory is full (maxmemory)'],
  ['ERR max number of clients', 'Redis takes no more connections (maxclients)'],
];

/**
 * What a failed call to the queue means and what to do, where it is known; else what was said. A script's error carries
 * the first word of Redis's own further inside: `ERR Error running script …: -READONLY …` (before Redis 7).
 */
export function queueWords(error: unknown): string {
  const said = error instanceof Error ? error.message : String(error);
  const tls = tlsProblemOf(error);
  if (tls !== undefined) return `${REDIS_TLS[tls]} (${said})`;
  const known = REDIS.find(([word]) => speaksOf(word, error));
  return known === undefined ? said || textsOf(error).join(', ') : `${known[1]} (${known[0]})`;
}

const speaksOf = (word: string, error: unknown): boolean =>
  textsOf(error).some((text) => text.startsWith(`${word} `) || text.includes(` -${word} `) || text === word);

/** What a server says that does not take our writes, and may never again: whoever asks for its name anew may find another. */
const OF_ANOTHER = ['READONLY', 'MOVED', 'MASTERDOWN', 'CLUSTERDOWN', 'NOREPLICAS', 'LOADING', 'UNBLOCKED', 'NOAUTH'];

/** Is this to be asked of another connection? After a failover the name leads elsewhere, and old connections stay. */
export const isOfAnother = (error: unknown): boolean => OF_ANOTHER.some((word) => speaksOf(word, error));

/** Is this what a Redis answered, rather than that it did not? */
export const isReply = (error: unknown): boolean =>
  error instanceof Error && (error.name === 'ReplyError' || REDIS.some(([word]) => speaksOf(word, error)));
