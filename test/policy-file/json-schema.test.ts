import { readFileSync } from 'node:fs';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { DEFINITIONS } from '../../src/definitions.ts';
import { knownKeys, policyJsonSchema } from '../../src/policy-file/json-schema.ts';
import { edited, SMALL } from './small-policy.ts';

const committed = JSON.parse(readFileSync('breakglass.schema.json', 'utf8'));

it('is committed as the schema of today; if this fails, run "npm run schema"', () => {
  expect(committed).toEqual(JSON.parse(JSON.stringify(policyJsonSchema(DEFINITIONS))));
});

describe('an editor that follows it', () => {
  const validate = new Ajv2020({ strict: false, validateFormats: false }).compile(committed);

  it.each([
    ['takes the example', readFileSync('breakglass.example.yaml', 'utf8'), true],
    ['takes the small policy', SMALL, true],
    ['underlines an unknown key', edited('organisation: Acme', 'organisation: Acme\nflavour: mint'), false],
    ['underlines a wrong zone', edited('zone: B', 'zone: D'), false],
    ['underlines an account out of quotes', edited('account: "111122223333"', 'account: 111122223333'), false],
    [
      'underlines a duration under its floor',
      edited('channels:', 'timings: { propagationSeconds: 3 }\nchannels:'),
      false,
    ],
  ])('%s', (_promise, text, valid) => {
    expect(validate(parse(text))).toBe(valid);
  });
});

it('knows the keys of every place, over all variants', () => {
  expect(knownKeys(['roles', 0, 'policies', 1], DEFINITIONS)).toEqual(['name', 'document', 'arn', 'sha256']);
  expect(knownKeys(['zones', 'A', 'approvals', 0], DEFINITIONS)).toEqual([
    'who',
    'name',
    'teams',
    'count',
    'assurance',
  ]);
  expect(knownKeys(['nowhere', 'at', 'all'], DEFINITIONS)).toEqual([]);
});
