import { oneLine } from '../../../src/chat/words/phrase.ts';
import { allowsWords, whoCan } from '../../../src/chat/words/role-words.ts';
import { refusalWords, whyWords } from '../../../src/chat/words/words.ts';
import { cut } from '../../../src/core/cut.ts';
import { cloudTermsOf } from '../../../src/core/policy/cloud.ts';
import { termsOf } from '../../../src/core/policy/terms.ts';
import { outlook } from '../../../src/core/request/decide-request.ts';
import { REFUSAL_CODES } from '../../../src/core/request/refusal.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { aDirectory, aPolicy } from '../../support/requests.ts';

describe('a refusal in words', () => {
  it.each(REFUSAL_CODES)('%s is whole sentences without markup or code, short enough for a field', (code) => {
    const words = refusalWords(code);
    expect(words).toMatch(/^[A-Z].*\.$/s);
    expect(words).not.toMatch(/[`*_<>]|undefined|\[object/);
    expect(words).not.toContain(code.includes('_') ? code : '\0');
    expect(words.length).toBeLessThan(300);
  });

  it('names whom it is about when that is not the reader', () => {
    expect(refusalWords('suspended', { who: 'Riley' })).toMatch(/^Riley is suspended/);
    expect(refusalWords('suspended')).toMatch(/^The directory lists you/);
  });

  it.each(['PROVIDER_DENIED_US', 'too_little_time_left', 'approvals_missing'])('tells why %s ended it', (why) => {
    expect(whyWords(why)).toMatch(/^[A-Z].*\.$/s);
  });
});

describe('what a role means, in words', () => {
  const policy = aPolicy();

  it('names the actions that its documents allow, each once, and counts those that do not fit', () => {
    const terms = termsOf(policy, 'read-logs');
    if (terms === undefined) throw new Error('no role');
    const Action = Array.from({ length: 20 }, (_, at) => `logs:Get${at}`);
    const document = {
      Version: '2012-10-17',
      Statement: [
        { Effect: 'Allow', Action, Resource: '*' },
        { Effect: 'Deny', Action: 's3:*', Resource: '*' },
      ],
    };
    const described = {
      ...terms,
      role: {
        ...terms.role,
        policies: [
          { name: 'a', document },
          { name: 'b', document },
        ],
      },
    };
    const words = allowsWords(described, cloudTermsOf(DEFINITIONS.clouds, described));
    expect(words).toContain('logs:Get0, logs:Get1');
    expect(words).toContain('and 8 more');
    expect(words).not.toContain('s3:*');
  });

  it('names who can approve, and says when nobody can or nobody knows', () => {
    const terms = termsOf(policy, 'restart-service');
    const directory = aDirectory(policy);
    const [riley] = directory.people;
    if (terms === undefined || riley === undefined) throw new Error('incomplete');
    const clauses = outlook(terms, directory, riley).clauses.map((one) => ({ ...one, missing: one.places }));
    expect(whoCan(clauses)).toBe('These can: Avery, Blake.');
    // Whoever was of the requester's team since it was asked cannot give more time either (B1).
    const after = outlook(terms, directory, riley, { avery: ['payments'] }).clauses;
    expect(whoCan(after.map((one) => ({ ...one, missing: one.places })))).toBe('These can: Blake.');
    const joined = outlook(terms, directory, riley, { riley: ['platform'] });
    expect([joined.clauses[0]?.people, joined.fillable]).toEqual([[], false]);
    expect(whoCan([])).toMatch(/Nobody can/);
    expect(whoCan(undefined)).toMatch(/directory does not answer/);
  });
});

describe('typed text', () => {
  it.each([
    ['one\ntwo\r\n\tthree', 'one two three'],
    ['zero\u200Bwidth\u2060 \u202Ereversed', 'zerowidth reversed'],
    ['  around  ', 'around'],
    ['half \uD800 a character', 'half a character'],
  ])('%j is put on one line without what nobody sees', (typed, shown) => expect(oneLine(typed)).toBe(shown));

  it('is cut with an ellipsis, never inside a character', () => {
    expect(cut('😀😀😀', 4)).toBe('😀…');
    expect(cut('abc', 3)).toBe('abc');
    expect(cut('abcd', 3)).toBe('ab…');
  });
});
