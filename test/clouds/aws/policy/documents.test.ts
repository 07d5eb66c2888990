import { documentText, meaningOf, sameDocument } from '../../../../src/clouds/aws/policy/documents.ts';
import { descriptionText, tagList, tagValue } from '../../../../src/clouds/aws/policy/text.ts';

describe('comparing what was written with what is read', () => {
  const text = (statement: object) => JSON.stringify({ Version: '2012-10-17', Statement: [statement] });
  const base = { Effect: 'Allow', Action: ['s3:GetObject', 's3:ListBucket'], Resource: 'arn:aws:s3:::a' };

  it.each([
    ['the order of actions', { ...base, Action: ['s3:ListBucket', 's3:GetObject'] }],
    ['a list of one', { ...base, Resource: ['arn:aws:s3:::a'] }],
    ['the order of keys', { Resource: base.Resource, Action: base.Action, Effect: 'Allow' }],
  ])('does not mind %s', (_what, other) => {
    expect(sameDocument(text(base), text(other))).toBe(true);
  });

  it.each([
    ['another effect', { ...base, Effect: 'Deny' }],
    ['one action more', { ...base, Action: [...base.Action, 's3:PutObject'] }],
    ['a condition', { ...base, Condition: { Bool: { 'aws:SecureTransport': 'true' } } }],
    ['another resource', { ...base, Resource: '*' }],
  ])('sees %s', (_what, other) => {
    expect(sameDocument(text(base), text(other))).toBe(false);
  });

  it('takes text that is no document for nothing of ours', () => {
    expect(sameDocument(text(base), 'garbage')).toBe(false);
    expect(meaningOf('garbage')).toMatch(/^[0-9a-f]{64}$/);
  });

  it('takes a document that can be read in two ways for nothing of ours, whichever reading is', () => {
    const whole = text(base);
    for (const twice of [
      whole.replace('"Effect":"Allow"', '"Effect":"Deny","Effect":"Allow"'),
      whole.replace('"Effect":"Allow"', '"Effect":"Allow","Effect":"Deny"'),
      whole.replace('"Effect"', '"__proto__":{},"Effect"'),
    ]) {
      expect(twice).not.toBe(whole);
      expect(sameDocument(whole, twice)).toBe(false);
    }
  });

  it('does not confuse the order of statements, whose place people rely on when they read', () => {
    const two = (a: object, b: object) => JSON.stringify({ Version: '2012-10-17', Statement: [a, b] });
    const deny = { ...base, Effect: 'Deny' };
    expect(sameDocument(two(base, deny), two(deny, base))).toBe(false);
  });
});

describe('text for IAM', () => {
  it('says in ASCII whatever a document holds', () => {
    const document = { Statement: 'ü 漢 🚒 \u2028' };
    expect(documentText(document)).toMatch(/^[\x20-\x7e]+$/);
    expect(JSON.parse(documentText(document))).toEqual(document);
  });

  it.each([
    ['plain text_.:/=+-@ 1', 'plain text_.:/=+-@ 1'],
    ['Zoë 漢字', 'Zoë 漢字'],
    ['<@U1> & "quotes"\nnext', '_@U1_ _ _quotes_ next'],
    ['🚒', '_'],
    ['\ud800', '_'],
  ])('turns %j into a tag value', (given, value) => {
    expect(tagValue(given)).toBe(value);
  });

  it('cuts what is too long, never through a character', () => {
    const long = `${'a'.repeat(252)}𠀀𠀀𠀀`;
    expect(tagValue(long)).toBe(`${'a'.repeat(252)}...`);
    expect(descriptionText('é'.repeat(2000))).toHaveLength(1000);
    expect(descriptionText('a\tb 漢')).toBe('a b ?');
  });

  it('lists nobody as nothing', () => {
    expect(tagList([])).toBe('');
  });
});
