import fc from 'fast-check';
import { approveForm } from '../../../src/chat/dialog/approve.ts';
import { requestForm } from '../../../src/chat/dialog/request-form.ts';
import { listWords, statusWords } from '../../../src/chat/dialog/status.ts';
import { lines } from '../../../src/chat/slack/blocks.ts';
import { cardMessage, noteMessage, sayMessage } from '../../../src/chat/slack/render.ts';
import { formModal } from '../../../src/chat/slack/render-form.ts';
import { cardOf } from '../../../src/chat/words/card.ts';
import { wordsOf } from '../../../src/chat/words/phrase.ts';
import { policyNews } from '../../../src/chat/words/policy-words.ts';
import { clauseWords, whoCan } from '../../../src/chat/words/role-words.ts';
import { type CloudTerms, cloudWordsOf } from '../../../src/core/policy/cloud.ts';
import type { Person } from '../../../src/core/policy/directory.ts';
import type { Clause } from '../../../src/core/policy/policy.ts';
import type { Row } from '../../../src/core/request/work.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { messageProblems, viewProblems } from '../../../src/demo/slack/blocks.ts';
import { aDirectory, aPolicy, KEYS, walkTo } from '../../support/requests.ts';

/*
 * Slack takes 100 options, 50 blocks, 3,000 characters. Whatever list is longer than what is shown of it says how much is
 * left out: for each list, what is shown and what is said to be left out are together all there is.
 */
const HOMES = ['T0BREAK'];
const capabilities: CloudTerms = {
  nativeEnd: 'exact',
  shortestSeconds: 60,
  openingAllowanceSeconds: 90,
  propagationSeconds: 300,
  caveats: [],
  allows: 'logs:GetLogEvents',
  words: cloudWordsOf(DEFINITIONS.clouds, 'aws'),
};
const many = <T>(count: number, make: (at: number) => T): T[] => Array.from({ length: count }, (_, at) => make(at));
const name = (at: number): string => `thing-${String(at).padStart(4, '0')}`;
const shownIn = (text: string): number => new Set(text.match(/thing-\d{4}/g)).size;
/** How many more a text says there are. */
const leftOut = (text: string): number =>
  [...text.matchAll(/(\d+) more\b/g)].reduce((sum, [, count]) => sum + Number(count), 0);
const CLAUSE: Clause = { who: 'group', name: 'Platform', teams: ['platform'], count: 1, assurance: 'chat' };
const counts = fc.integer({ min: 1, max: 400 });

/** How many of `count` things are shown, and how many are said to be left out. */
const LISTS: Readonly<Record<string, (count: number) => string>> = {
  'clauses of a form or card': (count) =>
    JSON.stringify(
      lines(
        many(count, (at) => [`${name(at)} ${'x'.repeat(at % 90)}`]),
        HOMES,
      ),
    ),
  'approvals and caveats on a card': (count) => {
    const { request } = walkTo('pending');
    const row = { request, version: 1, seq: 1, chats: {}, drawnVersion: 0, postedSeq: 0, updatedAt: new Date(0) };
    const card = { ...cardOf({ row, open: [], capabilities, manualCommands: [] }), caveats: many(count, name) };
    const { blocks } = cardMessage(card, HOMES);
    expect(messageProblems(blocks)).toEqual([]);
    expect(viewProblems(formModal(approveForm('01J', card, undefined), HOMES))).toEqual([]);
    return JSON.stringify(blocks);
  },
  'commands to copy': (count) => {
    const { blocks } = noteMessage({ said: ['Run:'], snippets: many(count, name) }, HOMES);
    expect(messageProblems(blocks)).toEqual([]);
    return JSON.stringify(blocks);
  },
  'lines of an answer': (count) => {
    const { blocks } = sayMessage(many(count, (at) => `${name(at)} ${'x'.repeat(at)}`).join('\n'));
    expect(messageProblems(blocks)).toEqual([]);
    return JSON.stringify(blocks);
  },
  'changes of a policy': (count) =>
    policyNews({ data: { number: 2, changes: many(count, name) }, actor: 'operator:ann', id: '01J' }).join('\n'),
  'people on call for a clause': (count) => {
    const people = many(count, someone);
    return wordsOf(clauseWords({ clause: CLAUSE, missing: 1, people, onCall: people }));
  },
  'people who can': (count) => {
    return whoCan([{ clause: CLAUSE, missing: 1, people: many(count, someone), onCall: [] }]);
  },
  roles: (count) => {
    const [role] = aPolicy().roles;
    if (role === undefined) throw new Error('no role');
    return form({ roles: many(count, (at) => ({ ...role, id: name(at), name: name(at) })) }, {});
  },
  'runbooks of everything': (count) => form({ runbooks: runbooks(count) }, {}),
  'runbooks of a role': (count) => form({ runbooks: runbooks(count) }, { role: 'restart-service' }),
};

const someone = (at: number): Person => ({
  id: name(at),
  name: name(at),
  teams: ['platform'],
  chats: { slack: [] },
  clouds: {},
  suspended: false,
});
const runbooks = (count: number) => {
  const [runbook] = aPolicy().runbooks;
  if (runbook === undefined) throw new Error('no runbook');
  return many(count, (at) => ({ ...runbook, id: name(at), title: name(at) }));
};
function form(change: Parameters<typeof aPolicy>[0], values: { role?: string; runbook?: string }): string {
  const policy = aPolicy(change);
  const directory = aDirectory(policy);
  const person = directory.people.find(({ id }) => id === 'riley');
  if (person === undefined) throw new Error('no riley');
  const drawn = { id: '01J', policy, directory, person, values, capabilities: () => capabilities, frozen: undefined };
  const view = formModal(requestForm(drawn), HOMES);
  expect(viewProblems(view)).toEqual([]);
  return JSON.stringify(view.blocks);
}

it.each(Object.keys(LISTS))('%s: what is not shown is counted in words', (list) => {
  fc.assert(
    fc.property(counts, (count) => {
      const text = LISTS[list]?.(count) ?? '';
      expect([count, shownIn(text) + leftOut(text)]).toEqual([count, count]);
    }),
    { numRuns: 40, examples: [[1], [100], [101], [150], [400]] },
  );
});

it.each(['role', 'runbook'] as const)('a chosen %s is in the menu, however far down the list it stands', (what) => {
  const [role] = aPolicy().roles;
  if (role === undefined) throw new Error('no role');
  const chosen = name(149);
  const text =
    what === 'role'
      ? form({ roles: many(150, (at) => ({ ...role, id: name(at), name: name(at) })) }, { role: chosen })
      : form({ runbooks: runbooks(150) }, { role: 'restart-service', runbook: chosen });
  expect(text).toMatch(
    new RegExp(`"initial_option":\\{[^}]*\\{[^}]*\\}[^}]*"value":"${chosen}"|"initial_option":\\{.*?"${chosen}"`),
  );
  expect(text).toContain(`50 more ${what}s do not fit into this menu: type /breakglass and the ${what}'s id`);
});

describe('open requests', () => {
  const rows = (count: number): readonly Row[] => {
    const { request } = walkTo('pending');
    return many(count, (at) => ({
      request: { ...request, details: { ...request.details, id: name(at) } },
      version: 1,
      seq: 1,
      chats: {},
      drawnVersion: 0,
      postedSeq: 0,
      updatedAt: new Date(0),
    }));
  };
  /** What the two commands read, of a store that holds so many. */
  const deps = (count: number) =>
    ({
      broker: {
        whyNotRead: async () => undefined,
        view: async (row: Row) => ({ row, open: [], capabilities, manualCommands: [] }),
      },
      store: {
        freeze: async () => undefined,
        list: async ({ limit }: { limit: number }) => rows(count).slice(0, limit),
      },
    }) as unknown as Parameters<typeof listWords>[0];
  const caller: Parameters<typeof listWords>[1] = {
    actor: { type: 'person', key: KEYS.riley },
    key: KEYS.riley,
  };

  it.each([
    ['list', (count: number) => listWords(deps(count), caller)],
    ['status', (count: number) => statusWords(deps(count), caller, undefined)],
  ])('%s says that there are more than it shows, and only then', async (_name, say) => {
    for (const count of [1, 19, 20, 21, 60]) {
      const text = await say(count);
      expect([count, shownIn(text) < count]).toEqual([count, text.includes('and more')]);
    }
  });
});
