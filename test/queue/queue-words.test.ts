import { isOfAnother, queueWords } from '../../src/queue/queue-words.ts';

const reply = (said: string): Error => Object.assign(new Error(said), { name: 'ReplyError' });
const coded = (code: string, said = ''): Error => Object.assign(new Error(said), { code });

describe('what a Redis answers (E1)', () => {
  it.each<[said: string, words: RegExp, another: boolean]>([
    ["READONLY You can't write against a read only replica.", /leads to a replica, which takes no writes/, true],
    [
      "ERR Error running script (call to f_1): @user_script:1: @user_script: 1: -READONLY You can't write against a read only replica.",
      /leads to a replica, which takes no writes/,
      true,
    ],
    ['MOVED 3999 127.0.0.1:6381', /one shard of a Redis Cluster or to a replica/, true],
    ["CROSSSLOT Keys in request don't hash to the same slot", /in several places/, false],
    ['LOADING Redis is loading the dataset in memory', /is loading its data/, true],
    ["MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", /lost its primary/, true],
    ['CLUSTERDOWN Hash slot not served', /is down or has slots that no node serves/, true],
    ['NOREPLICAS Not enough good replicas to write.', /too few replicas/, true],
    [
      'UNBLOCKED force unblock from blocking operation, instance state changed (master -> replica?)',
      /has become a replica/,
      true,
    ],
    ['NOAUTH Authentication required.', /wants a password: put it into REDIS_URL/, true],
    ['WRONGPASS invalid username-password pair or user is disabled.', /refuses the user or the password/, false],
    ["NOPERM this user has no permissions to run the 'evalsha' command", /may not do what the queue needs/, false],
    ['MISCONF Redis is configured to save RDB snapshots', /cannot save to its disk/, false],
    ["OOM command not allowed when used memory > 'maxmemory'.", /its memory is full/, false],
    ['ERR max number of clients reached', /takes no more connections/, false],
  ])('%s is said in words, and asked of another connection where that may help', (said, words, another) => {
    expect(queueWords(reply(said))).toMatch(words);
    expect(isOfAnother(reply(said))).toBe(another);
  });

  it.each<[code: string, words: RegExp]>([
    ['SELF_SIGNED_CERT_IN_CHAIN', /an authority that Node does not know: name its file in NODE_EXTRA_CA_CERTS/],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', /an authority that Node does not know/],
    ['ERR_TLS_CERT_ALTNAME_INVALID', /is for another name/],
    ['CERT_HAS_EXPIRED', /has expired or is not valid yet/],
    ['ERR_SSL_WRONG_VERSION_NUMBER', /speaks no TLS/],
  ])('%s of TLS is said in words', (code, words) => {
    expect(queueWords(coded(code))).toMatch(words);
  });

  it('leaves everything else as it was said', () => {
    expect(queueWords(new Error('connect ECONNREFUSED 127.0.0.1:1'))).toBe('connect ECONNREFUSED 127.0.0.1:1');
    expect(queueWords(coded('ECONNREFUSED'))).toBe('ECONNREFUSED');
    expect(isOfAnother(new Error('a job about READONLYNESS'))).toBe(false);
  });
});
