import { Context } from '../../../src/demo/aws/conditions.ts';
import { evaluate, type PolicySets } from '../../../src/demo/aws/evaluator.ts';
import { parsePolicy } from '../../../src/demo/aws/policy-document.ts';
import { allow, deny, document } from './two-accounts.ts';

const NOW = '2030-01-01T12:00:00.000Z';
const policy = (...statements: object[]) => parsePolicy(JSON.stringify(document(...statements)), 'identity');
const on = (Condition: object) => ({ Condition });

interface Case {
  readonly sets: PolicySets;
  readonly action?: string;
  readonly resource?: string;
  readonly context?: Record<string, string | string[]>;
}

function decisionOf({
  sets,
  action = 's3:GetObject',
  resource = 'arn:aws:s3:::bucket/key',
  context = {},
}: Case): string {
  const all = new Context([['aws:CurrentTime', NOW], ...Object.entries(context)]);
  const verdict = evaluate(sets, { action, resource, context: all }, { ignoreDates: false });
  if (verdict.allowed) return 'allowed';
  return `${verdict.explicit ? 'denied' : 'not allowed'} by ${verdict.by}`;
}

const identity = (...statements: object[]): Case => ({ sets: { identity: [policy(...statements)] } });
const whole = policy(allow('*'));

describe('policies together', () => {
  it.each<[promise: string, expected: string, given: Case]>([
    ['nothing allows by itself', 'not allowed by identity', { sets: { identity: [] } }],
    ['an Allow allows', 'allowed', identity(allow('s3:GetObject'))],
    ['a Deny wins over every Allow', 'denied by identity', identity(allow('*'), deny('s3:*'))],
    ['a Deny wins from another policy too', 'denied by identity', { sets: { identity: [whole, policy(deny('*'))] } }],
    ['a boundary allows nothing by itself', 'not allowed by identity', { sets: { identity: [], boundary: [whole] } }],
    [
      'a boundary limits',
      'not allowed by boundary',
      { sets: { identity: [whole], boundary: [policy(allow('ec2:*'))] } },
    ],
    [
      'a boundary denies',
      'denied by boundary',
      { sets: { identity: [whole], boundary: [policy(allow('*'), deny('s3:*'))] } },
    ],
    [
      'a session policy limits',
      'not allowed by session',
      { sets: { identity: [whole], session: [policy(allow('ec2:*'))] } },
    ],
    [
      'an empty session policy set allows nothing',
      'not allowed by session',
      { sets: { identity: [whole], session: [] } },
    ],
    [
      'a service control policy denies',
      'denied by organization',
      { sets: { identity: [whole], organization: [whole, policy(deny('s3:*'))] } },
    ],
  ])('%s', (_promise, expected, given) => {
    expect(decisionOf(given)).toBe(expected);
  });
});

describe('one statement', () => {
  it.each<[promise: string, expected: string, given: Case]>([
    ['actions match without regard to case', 'allowed', identity(allow('S3:getobject'))],
    ['actions match by wildcard', 'allowed', identity(allow('s3:Get*'))],
    ['a question mark is one character', 'not allowed by identity', identity(allow('s3:GetObject?'))],
    ['a dot is a dot', 'not allowed by identity', { ...identity(allow('*', 'arn:aws:s3:::buck.t/*')) }],
    ['NotAction allows the rest', 'allowed', identity({ Effect: 'Allow', NotAction: 'iam:*', Resource: '*' })],
    [
      'NotAction leaves out what it names',
      'not allowed by identity',
      identity({ Effect: 'Allow', NotAction: 's3:*', Resource: '*' }),
    ],
    [
      'Deny with NotAction denies the rest',
      'denied by identity',
      identity(allow('*'), { Effect: 'Deny', NotAction: 'iam:*', Resource: '*' }),
    ],
    ['another resource is not meant', 'not allowed by identity', identity(allow('*', 'arn:aws:s3:::other/*'))],
    ['resources are told apart by case', 'not allowed by identity', identity(allow('*', 'arn:aws:s3:::BUCKET/*'))],
    [
      'a resource wildcard spans slashes',
      'allowed',
      { ...identity(allow('*', 'arn:aws:s3:::bucket*')), resource: 'arn:aws:s3:::bucket/a/b' },
    ],
    [
      'a resource wildcard stays in its ARN part',
      'not allowed by identity',
      { ...identity(allow('*', 'arn:aws:iam::*:role')), resource: 'arn:aws:iam::1:x:role' },
    ],
    [
      'NotResource leaves out what it names',
      'not allowed by identity',
      identity({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::bucket/*' }),
    ],
    [
      'NotResource takes the rest',
      'allowed',
      identity({ Effect: 'Allow', Action: '*', NotResource: 'arn:aws:s3:::x/*' }),
    ],
    [
      'a variable takes its value',
      'allowed',
      { ...identity(allow('*', `arn:aws:s3:::bucket/\${aws:username}`)), context: { 'aws:username': 'key' } },
    ],
    [
      'a variable without value matches nothing',
      'not allowed by identity',
      identity(allow('*', `arn:aws:s3:::bucket/\${aws:username}`)),
    ],
    ['a variable falls back', 'allowed', identity(allow('*', `arn:aws:s3:::bucket/\${aws:username, 'key'}`))],
    [
      'all conditions must hold',
      'not allowed by identity',
      { ...identity(allow('*', '*', on({ StringEquals: { 'a:b': 'x', 'a:c': 'y' } }))), context: { 'a:b': 'x' } },
    ],
  ])('%s', (_promise, expected, given) => {
    expect(decisionOf(given)).toBe(expected);
  });
});

describe('a condition', () => {
  type Row = [
    operator: string,
    key: string,
    values: string | string[],
    context: Record<string, string | string[]>,
    holds: boolean,
  ];
  const at = 'aws:CurrentTime';
  it.each<Row>([
    ['DateLessThan', at, '2030-01-01T12:00:01Z', {}, true],
    ['DateLessThan', at, '2030-01-01T12:00:00Z', {}, false],
    ['DateLessThanEquals', at, '2030-01-01T12:00:00Z', {}, true],
    ['DateGreaterThanEquals', at, '2030-01-01T12:00:00Z', {}, true],
    ['DateGreaterThan', at, '2030-01-01T12:00:00Z', {}, false],
    ['DateEquals', at, '2030-01-01T13:00:00+01:00', {}, true],
    ['DateNotEquals', at, '2030-01-01T12:00:00Z', {}, false],
    ['DateLessThan', at, '2030-01-02', {}, true],
    ['DateLessThan', at, '1893499201', {}, true],
    ['DateLessThan', 'aws:TokenIssueTime', '2030-01-01T12:00:00Z', {}, false],
    ['DateLessThanIfExists', 'aws:TokenIssueTime', '2030-01-01T12:00:00Z', {}, true],
    ['StringEquals', 'a:b', ['x', 'y'], { 'a:b': 'y' }, true],
    ['StringEquals', 'A:B', 'x', { 'a:b': 'x' }, true],
    ['StringEquals', 'a:b', 'x', { 'a:b': 'X' }, false],
    ['StringEquals', 'a:b', 'x', {}, false],
    ['StringEquals', 'a:b', `\${c:d}`, { 'a:b': 'x', 'c:d': 'x' }, true],
    ['StringNotEquals', 'a:b', `\${c:d}`, { 'a:b': 'x' }, false],
    ['StringEqualsIfExists', 'a:b', 'x', {}, true],
    ['StringEqualsIfExists', 'a:b', 'x', { 'a:b': 'y' }, false],
    ['StringNotEquals', 'a:b', ['x', 'y'], { 'a:b': 'y' }, false],
    ['StringNotEquals', 'a:b', 'x', {}, true],
    ['StringEqualsIgnoreCase', 'a:b', 'x', { 'a:b': 'X' }, true],
    ['StringNotEqualsIgnoreCase', 'a:b', 'x', { 'a:b': 'X' }, false],
    ['StringLike', 'a:b', 'x*z', { 'a:b': 'xyyz' }, true],
    ['StringNotLike', 'a:b', 'x*', { 'a:b': 'xy' }, false],
    ['ArnLike', 'a:b', 'arn:aws:iam::*:role/breakglass/*', { 'a:b': 'arn:aws:iam::1:role/breakglass/bg-1' }, true],
    ['ArnLike', 'a:b', 'arn:aws:iam::*:role/*', { 'a:b': 'no-arn' }, false],
    ['ArnEquals', 'a:b', 'arn:aws:iam::1:role/x', { 'a:b': 'arn:aws:iam::1:role/x' }, true],
    ['ArnNotLike', 'a:b', 'arn:aws:iam::*:role/a*', { 'a:b': 'arn:aws:iam::1:role/b' }, true],
    ['ArnNotEquals', 'a:b', 'arn:aws:iam::1:role/x', { 'a:b': 'arn:aws:iam::1:role/x' }, false],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', '3600', { 'aws:MultiFactorAuthAge': '3599' }, true],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', '3600', { 'aws:MultiFactorAuthAge': 'young' }, false],
    ['NumericLessThan', 'aws:MultiFactorAuthAge', '3600', {}, false],
    ['NumericNotEquals', 'a:b', '1', { 'a:b': 'one' }, false],
    ['Bool', 'aws:MultiFactorAuthPresent', 'true', { 'aws:MultiFactorAuthPresent': 'true' }, true],
    ['Bool', 'aws:MultiFactorAuthPresent', 'true', {}, false],
    ['BoolIfExists', 'aws:MultiFactorAuthPresent', 'true', {}, true],
    ['Null', 'a:b', 'true', {}, true],
    ['Null', 'a:b', 'false', {}, false],
    ['Null', 'a:b', 'false', { 'a:b': 'x' }, true],
    ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', { 'aws:SourceIp': '203.0.113.7' }, true],
    ['IpAddress', 'aws:SourceIp', '2001:db8:10::/48', { 'aws:SourceIp': '2001:db8:10::1' }, true],
    ['IpAddress', 'aws:SourceIp', '203.0.113.0/24', { 'aws:SourceIp': '2001:db8:10::1' }, false],
    ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', { 'aws:SourceIp': '203.0.113.7' }, false],
    ['NotIpAddress', 'aws:SourceIp', '203.0.113.0/24', {}, true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['a', 'b'], { 'aws:TagKeys': ['a', 'b'] }, true],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['a'], { 'aws:TagKeys': ['a', 'b'] }, false],
    ['ForAllValues:StringEquals', 'aws:TagKeys', ['a'], {}, true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['a'], { 'aws:TagKeys': ['a', 'b'] }, true],
    ['ForAnyValue:StringEquals', 'aws:TagKeys', ['a'], {}, false],
    ['ForAnyValue:StringNotEquals', 'aws:TagKeys', ['a'], { 'aws:TagKeys': ['a', 'b'] }, true],
    ['ForAllValues:StringNotEquals', 'aws:TagKeys', ['a'], { 'aws:TagKeys': ['a', 'b'] }, false],
    ['StringNotEquals', 'aws:TagKeys', ['a'], { 'aws:TagKeys': ['a', 'b'] }, false],
  ])('%s %s %j with %j: %s', (operator, key, values, context, holds) => {
    const given = { ...identity(allow('*', '*', on({ [operator]: { [key]: values } }))), context };
    expect(decisionOf(given)).toBe(holds ? 'allowed' : 'not allowed by identity');
  });

  it.each([
    ['NumericLessThan', '3600', 'not a number'],
    ['DateLessThan', '2030-01-01T12:00:00Z', 'not a date'],
    ['IpAddress', '203.0.113.0/24', 'not an address'],
    ['Bool', 'true', 'perhaps'],
  ])('%s on a value nobody can read denies and never allows (fails closed)', (operator, wanted, actual) => {
    const condition = on({ [operator]: { 'a:b': wanted } });
    const context = { 'a:b': actual };
    expect(decisionOf({ ...identity(allow('*', '*', condition)), context })).toBe('not allowed by identity');
    expect(decisionOf({ ...identity(allow('*'), deny('*', '*', condition)), context })).toBe('denied by identity');
  });

  it('on the clock ends nothing while dates are ignored; a cut by token time still does (D3, layers apart)', () => {
    const ended = { DateGreaterThanEquals: { 'aws:CurrentTime': '2029-01-01T00:00:00Z' } };
    const cut = { DateLessThan: { 'aws:TokenIssueTime': '2030-01-01T00:00:00Z' } };
    const context = new Context([
      ['aws:CurrentTime', NOW],
      ['aws:TokenIssueTime', '2029-06-01T00:00:00Z'],
    ]);
    const ask = { action: 's3:GetObject', resource: '*', context };
    const open = { DateLessThan: { 'aws:CurrentTime': '2029-01-01T00:00:00Z' } };
    const clockOnly = { identity: [policy(allow('*', '*', on(open)), deny('*', '*', on(ended)))] };
    expect(evaluate(clockOnly, ask, { ignoreDates: false }).allowed).toBe(false);
    expect(evaluate(clockOnly, ask, { ignoreDates: true }).allowed).toBe(true);
    expect(
      evaluate({ identity: [policy(allow('*'), deny('*', '*', on(cut)))] }, ask, { ignoreDates: true }).allowed,
    ).toBe(false);
  });
});
