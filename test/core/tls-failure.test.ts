import { type TlsProblem, textsOf, tlsProblemOf } from '../../src/core/tls-failure.ts';

const coded = (code: string, message = 'x') => Object.assign(new Error(message), { code });
const within = (error: unknown, times: number): unknown =>
  times === 0 ? error : within(new Error('outer', { cause: error }), times - 1);

it.each<[what: string, error: unknown, problem: TlsProblem | undefined]>([
  ['its own authority, by code', coded('SELF_SIGNED_CERT_IN_CHAIN'), 'unknown_authority'],
  ['its own authority, in words', new Error('unable to get local issuer certificate'), 'unknown_authority'],
  ['another name', coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'other_name'],
  ['a certificate that is over', coded('CERT_HAS_EXPIRED'), 'out_of_date'],
  ['a server without TLS', coded('ERR_SSL_WRONG_VERSION_NUMBER'), 'no_tls'],
  ['a handshake that failed otherwise', coded('EPROTO'), 'handshake'],
  ['a driver’s error inside others', within(coded('CERT_HAS_EXPIRED'), 3), 'out_of_date'],
  ['one of several', new AggregateError([new Error('x'), coded('EPROTO')], 'all failed'), 'handshake'],
  ['a text', 'wrong version number', 'no_tls'],
  ['something else', coded('ECONNREFUSED'), undefined],
  ['nothing', null, undefined],
  ['nothing at all', undefined, undefined],
  ['a number', 7, undefined],
])('%s', (_what, error, problem) => expect(tlsProblemOf(error)).toBe(problem));

it('comes to an end where an error is its own cause', () => {
  const error = coded('EPROTO');
  error.cause = error;
  expect(textsOf(error)).toContain('EPROTO');
});
