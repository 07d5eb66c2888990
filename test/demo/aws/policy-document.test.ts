import { parsePolicy } from '../../../src/demo/aws/policy-document.ts';
import { allow, document } from './two-accounts.ts';

const identity = (value: unknown) => () =>
  parsePolicy(typeof value === 'string' ? value : JSON.stringify(value), 'identity');
const trust = (value: unknown) => () => parsePolicy(JSON.stringify(value), 'trust');
const one = (more: object) => document({ Effect: 'Allow', Action: 's3:GetObject', Resource: '*', ...more });
const lets = (more: object) => document({ Effect: 'Allow', Principal: '*', Action: 'sts:AssumeRole', ...more });
const on = (operator: string, value: unknown) => one({ Condition: { [operator]: { 'aws:CurrentTime': value } } });

describe('an identity policy', () => {
  it.each<[refused: string, value: unknown]>([
    ['what is no JSON', '{'],
    ['what is no object', '[]'],
    ['an unknown version', { ...document(allow('*')), Version: '2030-01-01' }],
    ['an unknown key', { ...document(allow('*')), Statements: [] }],
    ['no statement', { Version: '2012-10-17' }],
    ['an empty list of statements', document()],
    ['an unknown key in a statement', one({ Conditions: {} })],
    ['no effect', document({ Action: '*', Resource: '*' })],
    ['an effect in small letters', one({ Effect: 'allow' })],
    ['Action next to NotAction', one({ NotAction: 'iam:*' })],
    ['neither Action nor NotAction', document({ Effect: 'Allow', Resource: '*' })],
    ['Resource next to NotResource', one({ NotResource: 'arn:aws:s3:::x' })],
    ['neither Resource nor NotResource', document({ Effect: 'Allow', Action: '*' })],
    ['a principal', one({ Principal: '*' })],
    ['an action without a service', one({ Action: 'GetObject' })],
    ['an empty list of actions', one({ Action: [] })],
    ['an action that is a number', one({ Action: 1 })],
    ['a resource that is no ARN', one({ Resource: 'bucket' })],
    ['a resource in no partition', one({ Resource: 'arn:cloud:s3:::x' })],
    ['a Sid with a space', one({ Sid: 'a b' })],
    ['a Sid twice', document(allow('*', '*', { Sid: 'A' }), allow('*', '*', { Sid: 'A' }))],
    ['an unknown operator', on('DateBefore', '2030-01-01T00:00:00Z')],
    ['an unknown set prefix', on('ForSomeValues:DateLessThan', '2030-01-01T00:00:00Z')],
    ['Null with IfExists', on('NullIfExists', 'true')],
    ['Null of something', on('Null', 'maybe')],
    ['a date that is none', on('DateLessThan', 'tomorrow')],
    ['the 30th of February', on('DateLessThan', '2030-02-30T00:00:00Z')],
    ['the hour 25', on('DateLessThan', '2030-02-03T25:00:00Z')],
    ['a date with a variable', on('DateLessThan', `\${aws:PrincipalTag/end}`)],
    ['a number that is none', on('NumericLessThan', 'many')],
    ['a Bool that is none', on('Bool', 'yes')],
    ['an address that is none', on('IpAddress', '300.0.0.0/8')],
    ['a prefix too long', on('IpAddress', '10.0.0.0/33')],
    ['an ARN that is none', on('ArnLike', 'role')],
    ['a condition value that is an object', on('StringEquals', {})],
    ['no condition value', on('StringEquals', [])],
    ['a condition key without a service', one({ Condition: { StringEquals: { key: 'x' } } })],
    ['variables before they existed', { ...one({ Resource: `arn:aws:s3:::\${aws:username}` }), Version: '2008-10-17' }],
  ])('is refused with %s', (_what, value) => {
    expect(identity(value)).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument', status: 400 }));
  });

  it.each<[accepted: string, value: unknown]>([
    ['one statement without a list', { Version: '2012-10-17', Statement: allow('*') }],
    ['no version', { Statement: [allow('*')] }],
    ['an id', { ...document(allow('*')), Id: 'mine' }],
    [
      'booleans and numbers as condition values',
      document(allow('*', '*', { Condition: { Bool: { 'a:b': true }, NumericLessThan: { 'a:c': 3 } } })),
    ],
    ['a date with an offset and fractions', on('DateLessThan', '2030-01-01T00:00:00.123+02:00')],
  ])('may have %s', (_what, value) => {
    expect(identity(value)).not.toThrow();
  });
});

describe('a trust policy', () => {
  it.each<[refused: string, value: unknown]>([
    ['a resource', lets({ Resource: '*' })],
    ['no principal', document({ Effect: 'Allow', Action: 'sts:AssumeRole' })],
    ['an unknown kind of principal', lets({ Principal: { Azure: 'x' } })],
    [
      'an identity provider nobody made',
      lets({ Principal: { Federated: 'arn:aws:iam::222222222222:saml-provider/x' } }),
    ],
    ['a service that is none', lets({ Principal: { Service: 'ecs' } })],
    ['actions beyond STS', lets({ Action: 's3:GetObject' })],
    ['every action', lets({ Action: '*' })],
    ['NotPrincipal', document({ Effect: 'Allow', NotPrincipal: { AWS: '*' }, Action: 'sts:AssumeRole' })],
  ])('is refused with %s', (_what, value) => {
    expect(trust(value)).toThrow(expect.objectContaining({ code: 'MalformedPolicyDocument' }));
  });

  it('may deny everybody, which closes a role for good', () => {
    expect(trust(lets({ Effect: 'Deny', Action: 'sts:*' }))).not.toThrow();
  });
});
