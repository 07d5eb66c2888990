import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { share, teamsOf } from '../src/core/policy/directory.ts';
import { DOMAINS, PRODUCTION_FLOORS, ZONES } from '../src/core/policy/policy.ts';
import { termsOf } from '../src/core/policy/terms.ts';
import { outlook } from '../src/core/request/decide-request.ts';
import { DEFINITIONS } from '../src/definitions.ts';
import { formatProblem } from '../src/policy-file/problem.ts';
import { readPolicy } from '../src/policy-file.ts';
import { edited, policyOf, SMALL } from './policy-file/small-policy.ts';
import { withAws } from './support/definitions.ts';
import { cases } from './support/long.ts';

const example = readFileSync('breakglass.example.yaml', 'utf8');

/** Problems as printed, each with whether its line is the one marked with `# <<`. */
function problemsOf(text: string) {
  const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, DEFINITIONS);
  const marked = text.split('\n').findIndex((line) => line.includes('# <<')) + 1;
  const problems = read.ok ? read.warnings : read.problems;
  return {
    ok: read.ok,
    marked: problems
      .filter(({ line, severity }) => line === marked && severity === 'error')
      .map(({ message }) => message),
    /** Errors only: the small policy's zone C always warns that no second sign-in is asked. */
    printed: problems.filter(({ severity }) => severity === 'error').map(formatProblem),
  };
}

describe('the example', () => {
  it('lints clean with production floors (only the warnings about zone C without a second sign-in)', () => {
    const read = readPolicy(example, 'breakglass.example.yaml', PRODUCTION_FLOORS, DEFINITIONS);
    expect(read.ok ? read.warnings.map(({ message }) => message) : read.problems).toEqual([
      'clause "Security approver": no second sign-in is asked in zone C; card and log say so',
      'clause "SRE approver": no second sign-in is asked in zone C; card and log say so',
    ]);
  });

  it('covers every zone and every domain (A6, A7)', () => {
    const read = readPolicy(example, 'breakglass.example.yaml', PRODUCTION_FLOORS, DEFINITIONS);
    const roles = read.ok ? read.policy.roles : [];
    expect(new Set(roles.map(({ zone }) => zone))).toEqual(new Set(ZONES));
    expect(new Set(roles.map(({ domain }) => domain))).toEqual(new Set(DOMAINS));
  });

  it('has somebody on call for every clause of every role, whoever asks', () => {
    const read = readPolicy(example, 'breakglass.example.yaml', PRODUCTION_FLOORS, DEFINITIONS);
    if (!read.ok) throw new Error('the example does not lint');
    const { policy } = read;
    const unreached = policy.roles.flatMap((role) => {
      const terms = termsOf(policy, role.id);
      const askers = policy.people.filter((person) => share(teamsOf(policy, person), role.mayAsk));
      return askers.flatMap((asker) =>
        (terms === undefined ? [] : outlook(terms, policy, asker).clauses)
          .filter(({ clause, onCall }) => clause.who === 'group' && onCall.length === 0)
          .map(({ clause }) => `${role.id}, ${asker.id}: ${clause.name}`),
      );
    });
    expect(unreached).toEqual([]);
  });

  it('names its schema for editors', () => {
    expect(example.split('\n')[0]).toBe('# yaml-language-server: $schema=./breakglass.schema.json');
  });
});

describe('a file that is not YAML', () => {
  // biome-ignore format: a table
  it.each<[promise: string, text: string, message: string]>([
    ['an empty file', '# << nothing', 'the file is empty'],
    ['a key given twice', edited('organisation: Acme', 'organisation: Acme\norganisation: Acme # <<'), 'this key stands here twice: keep one of them'],
    ['several documents', `${SMALL}--- # <<\nversion: 1\n`, 'several documents'],
    ['a tab', edited('  A:\n', '\tA: # <<\n'), 'use spaces'],
    ['an open bracket', edited('channels: { slack: { default: C0ONE, security: C0TWO } }', 'channels: { slack: { default: C0ONE, security: C0TWO\nxx: 1 # <<'), 'not readable as YAML'],
    ['an unknown tag', edited('organisation: Acme', 'organisation: !secret Acme # <<'), 'not readable as YAML'],
    ['an unknown alias', edited('organisation: Acme', 'organisation: *acme # <<'), '*acme names nothing'],
  ])('%s is refused at its line', (_promise, text, message) => {
    const { ok, marked } = problemsOf(text);
    expect(ok).toBe(false);
    expect(marked.join('\n')).toContain(message);
  });

  it('refuses aliases that expand without measure, quickly and without expanding them', () => {
    const levels = Array.from(
      { length: 30 },
      (_, at) => `l${at + 1}: &l${at + 1} [${Array(9).fill(`*l${at}`).join(', ')}]`,
    );
    const { ok, printed } = problemsOf(`l0: &l0 [x]\n${levels.join('\n')}\n`);
    expect(ok).toBe(false);
    expect(printed.join('\n')).toContain('f.yaml:2: aliases (*name) expand to more than can be read');
  });

  it.each([
    ['nested thousands deep', '['.repeat(200_000)],
    ['longer than any configuration', `x: "${'y'.repeat(5_000_001)}"`],
    ['binary', '\u0000\u0001\u0002'],
    ['a plain text', 'hello'],
    ['a list', '- 1\n- 2'],
  ])('never throws: %s', (_name, text) => {
    const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, DEFINITIONS);
    expect(read.ok).toBe(false);
  });
});

describe('a file that does not fit the schema', () => {
  // biome-ignore format: a table
  it.each<[promise: string, passage: string, replacement: string, message: string]>([
    ['an unknown key, with the one that was meant', 'maxMinutes: 60', 'maxMinuts: 60 # <<\n    maxMinutes: 60', 'unknown key "maxMinuts" in zones.A: did you mean "maxMinutes"?'],
    ['an unknown key like no other', 'organisation: Acme', 'organisation: Acme\nflavour: mint # <<', 'unknown key "flavour": remove it, or use one of: version, organisation'],
    ['an unknown key in one of two variants', 'teams: [sre], assurance: chat }\n    unverified', 'team: [sre], teams: [sre], assurance: chat } # <<\n    unverified', 'unknown key "team" in zones.B.approvals[0]: did you mean "teams"?'],
    ['a missing key, at what should hold it', '  C:\n    maxMinutes: 15', '  C: # <<', 'zones.C.maxMinutes is missing: add it (a number)'],
    ['a number where a text is wanted', 'account: "111122223333"', 'account: 111122223333 # <<', 'roles[0].account is a number: put it in quotes'],
    ['a missing choice', '    zone: B\n', '', 'roles[0].zone is missing: add it, one of: A, B, C'],
    ['a missing constant', 'version: 1\n', '', 'version is missing: add it (1)'],
    ['a key like no word', 'organisation: Acme', 'organisation: Acme\n__proto__: x # <<', 'unknown key "__proto__": remove it'],
    ['nothing where a number is wanted', 'minutes: 15', 'minutes: # <<', 'runbooks[0].minutes is empty: write a number'],
    ['half a minute', 'minutes: 15', 'minutes: 1.5 # <<', 'runbooks[0].minutes is a number: write a whole number'],
    ['a wrong choice, with the one that was meant', 'domain: production', 'domain: producton # <<', 'must be one of: production, security, network, observability, backup; did you mean "production"?'],
    ['a wrong kind of clause', 'who: requester', 'who: requestor', 'zones.A.approvals[0].who must be one of: group, requester; did you mean "requester"?'],
    ['an account of eleven digits', 'account: "111122223333"', 'account: "11112222333" # <<', 'must be 12 digits, in quotes'],
    ['an id with a space', 'id: restart', 'id: re start # <<', 'roles[0].id must be 1 to 40 of a-z'],
    ['a zone without clauses', 'approvals: [{ who: requester, name: Self, assurance: chat }]', 'approvals: [] # <<', 'no clause never means "no approval"'],
    ['an empty list', 'mayAsk: [serving]', 'mayAsk: [] # <<', 'roles[0].mayAsk is empty: give it at least one entry'],
    ['a duration above the most', 'maxMinutes: 60', 'maxMinutes: 721 # <<', 'zones.A.maxMinutes must be at most 720'],
    ['a duration under the floor of production', 'channels:', 'timings: { propagationSeconds: 3 } # <<\nchannels:', 'timings.propagationSeconds must be at least 300 seconds'],
    ['a policy that is neither inline nor managed', 'name: restart\n        document', 'nam: restart # <<\n        document', 'unknown key "nam" in roles[0].policies[0]: did you mean "name"?'],
    ['an address that is none', 'https://runbooks.example/hangs', 'ftp://x # <<', 'must be an address that begins with https://'],
    ['a wrong key of a map', 'onCall: { sre', 'onCall: { "S R E": [], sre', 'the key onCall.S R E must be 1 to 40'],
  ])('%s', (_promise, passage, replacement, message) => {
    const { ok, marked, printed } = problemsOf(edited(passage, replacement));
    expect(ok).toBe(false);
    expect((replacement.includes('# <<') ? marked : printed).join('\n')).toContain(message);
  });

  it('prints file, line, what is wrong and what to do', () => {
    expect(problemsOf(edited('domain: production', 'domain: prod')).printed).toEqual([
      'f.yaml:34: roles[0].domain must be one of: production, security, network, observability, backup',
    ]);
  });

  it('never repeats a value, which may be a secret in the wrong place', () => {
    const { printed } = problemsOf(
      edited('externalId: acme-prod', 'externalId: "hunter2 hunter2"\n    domain: xoxb-1'),
    );
    expect(printed.join('\n')).not.toMatch(/hunter2|xoxb/);
    expect(printed.length).toBe(2);
  });
});

it('never throws, and always says where: a line of the small policy lost, doubled or cut', () => {
  const lines = SMALL.trimEnd().split('\n');
  const cut = fc.tuple(fc.nat(lines.length - 1), fc.constantFrom('lose', 'double', 'cut', 'indent'), fc.nat(60));
  fc.assert(
    fc.property(fc.array(cut, { minLength: 1, maxLength: 4 }), (changes) => {
      const text = changes
        .reduce((now, [at, how, column]) => {
          const line = now[at] ?? '';
          const put = { lose: [], double: [line, line], cut: [line.slice(0, column)], indent: [`  ${line}`] }[how];
          return now.toSpliced(at, 1, ...put);
        }, lines)
        .join('\n');
      const read = readPolicy(text, 'f.yaml', PRODUCTION_FLOORS, DEFINITIONS);
      const problems = read.ok ? read.warnings : read.problems;
      expect(read.ok || problems.some(({ severity }) => severity === 'error')).toBe(true);
      for (const { line, message } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(text.split('\n').length);
        expect(message).not.toMatch(/undefined|NaN|\[object|stand-in/);
      }
      expect(problems.map(({ line }) => line)).toEqual(problems.map(({ line }) => line).sort((a, b) => a - b));
    }),
    { numRuns: cases(150, 2000) },
  );
});

describe('every problem at once', () => {
  it('reports duplicate keys, misfits and dead references in one pass, in the order of the file', () => {
    let text = edited('organisation: Acme', 'organisation: Acme\norganisation: Acme');
    text = edited('mayAsk: [serving]', 'mayAsk: [servng]', text);
    text = edited('role: restart', 'role: restrat', text);
    text = edited('name: Cy', 'nam: Cy', text);
    expect(problemsOf(text).printed).toEqual([
      'f.yaml:3: this key stands here twice: keep one of them',
      'f.yaml:40: unknown team "servng": did you mean "serving"?',
      'f.yaml:51: unknown role "restrat": did you mean "restart"?',
      'f.yaml:73: people[2].name is missing: add it (a text)',
      'f.yaml:74: unknown key "nam" in people[2]: did you mean "name"?',
    ]);
  });

  it('does not call something unknown that is there with a fault of its own', () => {
    const text = edited('maxMinutes: 30\n    mayAsk', 'maxMinuts: 30\n    mayAsk', edited('name: SRE }', 'nam: SRE }'));
    expect(problemsOf(text).printed.join('\n')).not.toContain('unknown role');
    expect(problemsOf(text).printed.join('\n')).not.toContain('unknown team');
  });

  it.each(['zones', 'accounts', 'roles', 'teams', 'people', 'directory', 'onCall'])(
    'says nothing false about the rest when %s cannot be read at all',
    (section) => {
      const text = SMALL.replace(new RegExp(`^${section}:[^]*?(?=^\\w)`, 'm'), `${section}: 1\n`);
      const { ok, printed } = problemsOf(text);
      expect(ok).toBe(false);
      expect(printed.map((line) => line.replace(/^f\.yaml:\d+: /, ''))).toEqual([
        expect.stringContaining(`${section} is a number: write`),
      ]);
    },
  );

  it('keeps the line of an entry that stands behind a broken one', () => {
    const text = edited(
      '  - id: bo',
      '  - id: bo\n    colour: red',
      edited('teams: [security]\n    chats', 'teams: [secrity] # <<\n    chats'),
    );
    expect(problemsOf(text).marked).toEqual(['unknown team "secrity": did you mean "security"?']);
  });
});

describe('documents', () => {
  const complaining = withAws({
    lintRole: () => [{ path: ['policies', 0, 'document', 'Statement'], message: 'allows too much: narrow it' }],
  });

  it('are judged by the cloud, at their own line (C4)', () => {
    const read = readPolicy(SMALL, 'f.yaml', PRODUCTION_FLOORS, complaining);
    expect(read.ok ? [] : read.problems.filter(({ severity }) => severity === 'error').map(formatProblem)).toEqual([
      'f.yaml:45: role "restart", policies[0].document.Statement: allows too much: narrow it',
    ]);
  });

  it('are judged by AWS where nobody says otherwise: lint, apply and the bot cannot forget it', () => {
    expect(problemsOf(SMALL).ok).toBe(true);
    const { ok, marked } = problemsOf(edited('Action: "ecs:UpdateService",', 'Action: "*", # <<\n           '));
    expect(ok).toBe(false);
    expect(marked.join('\n')).toMatch(/^role "restart", policies\[0\]\.document\.Statement\[0\]/);
  });

  it('leave the faults of an account to the account, told once', () => {
    const { printed } = problemsOf(edited('policy/guard/b', 'policy/breakglass/b'));
    expect(printed).toEqual([expect.stringMatching(/^f\.yaml:27: the boundary lives under \/breakglass\//)]);
  });

  it('are judged although something else does not fit', () => {
    const read = readPolicy(edited('name: Cy', 'nam: Cy'), 'f.yaml', PRODUCTION_FLOORS, complaining);
    expect(read.ok ? [] : read.problems.map(formatProblem)).toContain(
      'f.yaml:45: role "restart", policies[0].document.Statement: allows too much: narrow it',
    );
  });
});

it('reads the small policy with every default', () => {
  const { timings, zones } = policyOf();
  expect(timings).toEqual({
    decisionSeconds: 900,
    openingAllowanceSeconds: 90,
    propagationSeconds: 300,
    warnSeconds: 300,
    lostSeconds: 300,
    extendUntilSeconds: 120,
    remindSeconds: 120,
    remindAgainSeconds: 300,
    escalateSeconds: 480,
    commanderSeconds: 660,
    pageEverySeconds: 300,
  });
  expect(zones.B.minutesOffered).toEqual([15, 30, 60]);
});
