import { stringify } from 'yaml';
import { ADAPTERS, type Adapters, definitionsOf } from '../../../src/adapters.ts';
import { PRODUCTION_FLOORS } from '../../../src/core/policy/policy.ts';
import { readPolicy } from '../../../src/policy-file.ts';
import { policyDocument } from '../../support/requests.ts';
import { ECHO } from './definition.ts';
import { echoAccount, echoRole } from './inputs.ts';
import { echoProvider } from './provider.ts';

/** What `main` is given for a process that knows one cloud more. */
const WITH_ECHO: Adapters = {
  ...ADAPTERS,
  clouds: {
    ...ADAPTERS.clouds,
    echo: {
      definition: ECHO,
      open: ({ clock }) => echoProvider({ url: 'http://127.0.0.1:1', client: 'desk', secret: 'none', clock }),
    },
  },
};

/** One file with roles of both. */
function both() {
  const written = policyDocument();
  const badge = (index: number) => ({ kind: 'badge', number: String(1000 + index) });
  return {
    ...written,
    accounts: [...written.accounts, { ...echoAccount() }] as Record<string, unknown>[],
    roles: [...written.roles, { ...echoRole({ mayAsk: ['payments'] }) }] as Record<string, unknown>[],
    people: written.people.map((person, index) => ({ ...person, clouds: { ...person.clouds, echo: badge(index) } })),
  };
}
type Both = ReturnType<typeof both>;

function problemsOf(change: (policy: Both) => void, adapters = WITH_ECHO): readonly string[] {
  const policy = both();
  change(policy);
  const read = readPolicy(stringify(policy), 'breakglass.yaml', PRODUCTION_FLOORS, definitionsOf(adapters));
  return (read.ok ? read.warnings : read.problems)
    .filter(({ severity }) => severity === 'error')
    .map(({ message }) => message);
}

describe('a policy with roles of two clouds in one file', () => {
  it('is right where both are known', () => {
    expect(problemsOf(() => undefined)).toEqual([]);
  });

  it.each<[what: string, change: (policy: Both) => void, said: RegExp]>([
    [
      'an account that its cloud refuses',
      ({ accounts }) => Object.assign(accounts[1] ?? {}, { desk: 'everybody' }),
      /desk is everybody’s/,
    ],
    [
      'a role that its cloud refuses',
      ({ roles }) => Object.assign(roles[3] ?? {}, { zone: 'A', opens: ['valve.*'] }),
      /opens nothing by a wildcard/,
    ],
    ['a member of the other cloud', ({ roles }) => Object.assign(roles[3] ?? {}, { policies: [] }), /policies/],
    [
      'a badge that two people hold',
      ({ people }) => Object.assign(people[1]?.clouds ?? {}, { echo: people[0]?.clouds.echo }),
      /badge/,
    ],
    [
      'a badge that is none',
      ({ people }) => Object.assign(people[0]?.clouds ?? {}, { echo: { kind: 'badge', number: 'x' } }),
      /four digits/,
    ],
    [
      'a propagation time below the floor of one of them',
      (policy) => Object.assign(policy, { timings: { propagationSeconds: 120 } }),
      /300/,
    ],
  ])('is wrong by %s', (_what, change, said) => {
    expect(problemsOf(change)).toEqual([expect.stringMatching(said)]);
  });

  it('an unknown cloud is named, beside those that there are', () => {
    const change = ({ accounts, roles }: Both) => {
      Object.assign(accounts[1] ?? {}, { provider: 'acme' });
      Object.assign(roles[3] ?? {}, { provider: 'acme' });
    };
    const problems = problemsOf(change);
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem).toMatch(/aws.*echo/);
    const alone = problemsOf(() => undefined, ADAPTERS);
    expect(alone.filter((problem) => /aws/.test(problem))).not.toEqual([]);
  });

  it('a person’s identity in an unknown cloud is an error that names those that there are', () => {
    const problems = problemsOf(({ people }) => Object.assign(people[0]?.clouds ?? {}, { acme: { kind: 'badge' } }));
    expect(problems).toEqual([expect.stringMatching(/acme.*aws.*echo/)]);
  });
});
