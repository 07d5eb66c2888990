import fc from 'fast-check';
import { approveForm } from '../../../src/chat/dialog/approve.ts';
import { attestForm } from '../../../src/chat/dialog/attest.ts';
import { extendForm } from '../../../src/chat/dialog/extend.ts';
import { requestForm } from '../../../src/chat/dialog/request-form.ts';
import { denyForm } from '../../../src/chat/dialog/take-away.ts';
import { cardMessage, postMessage } from '../../../src/chat/slack/render.ts';
import { formModal } from '../../../src/chat/slack/render-form.ts';
import { dated, inert, unescaped } from '../../../src/chat/slack/text.ts';
import { cardOf } from '../../../src/chat/words/card.ts';
import { type Phrase, utc, wordsOf } from '../../../src/chat/words/phrase.ts';
import { entryOf } from '../../../src/chat/words/timeline.ts';
import { refusalWords } from '../../../src/chat/words/words.ts';
import { REQUEST_EVENTS } from '../../../src/core/events.ts';
import type { CloudTerms } from '../../../src/core/policy/cloud.ts';
import type { Actor, Command } from '../../../src/core/request/command.ts';
import { decide } from '../../../src/core/request/decide.ts';
import { digestShown } from '../../../src/core/request/extension.ts';
import type { Facts } from '../../../src/core/request/facts.ts';
import type { Freeze } from '../../../src/core/request/freeze.ts';
import type { AccessRequest } from '../../../src/core/request/request.ts';
import { messageProblems, viewProblems } from '../../../src/demo/slack/blocks.ts';
import { type Ink, readMrkdwn, readPlain } from '../../../src/demo/slack/mrkdwn.ts';
import { AWS_WORDS } from '../../support/definitions.ts';
import {
  accepted,
  aDirectory,
  aPolicy,
  laterPlans,
  MINUTE,
  okFacts,
  personActor,
  START,
  type Step,
  SYSTEM,
  walkTo,
} from '../../support/requests.ts';

const HOMES = ['T0BREAK'];
const capabilities: CloudTerms = {
  nativeEnd: 'exact',
  shortestSeconds: 60,
  openingAllowanceSeconds: 90,
  propagationSeconds: 300,
  caveats: ['Ending early does not stop what was started as arn:aws:iam::111122223333:role/runner.'],
  allows: 'logs:GetLogEvents',
  words: AWS_WORDS,
};
const STATES: readonly Step['state'][] = ['pending', 'granting', 'planned', 'active', 'revoking', 'removed', 'closed'];
const reader = { id: 'U0X', tz: 'UTC', now: 0, personName: () => 'somebody', channelName: () => 'a-channel' };

const card = (request: AccessRequest) => {
  const row = { request, version: 1, seq: 1, chats: {}, drawnVersion: 0, postedSeq: 0, updatedAt: new Date(0) };
  return cardOf({ row, open: [], capabilities, manualCommands: [] });
};
const withTyped = (typed: string): AccessRequest => {
  const { request } = walkTo('pending');
  return {
    ...request,
    details: { ...request.details, purpose: typed, incident: { ...request.details.incident, title: typed } },
  };
};

/** Everything that Slack would make of a message besides words. */
function effects(blocks: unknown): readonly Ink[] {
  if (Array.isArray(blocks)) return blocks.flatMap(effects);
  if (typeof blocks !== 'object' || blocks === null) return [];
  const { type, text, verbatim } = blocks as { type?: unknown; text?: unknown; verbatim?: unknown };
  if (typeof text === 'string') {
    return type === 'mrkdwn' ? readMrkdwn(text, reader, verbatim === true) : readPlain(text);
  }
  return Object.values(blocks).flatMap(effects);
}
const marks = (blocks: unknown): readonly string[] =>
  effects(blocks)
    .filter(({ kind }) => kind !== 'text')
    .map(({ kind }) => kind);

const NASTY: readonly (readonly [name: string, typed: string])[] = [
  ['mentions', '<!channel> <@U0RILEY> <#C0DEFAULT> <https://evil.example|the runbook>'],
  ['bare links', 'https://evil.example/login and mailto:a@evil.example'],
  ['styles', '*bold* _italic_ ~gone~ `code` ```pre```'],
  ['lines', 'fine\n\n*Approved by*\n> everybody'],
  ['an emoji name', ':white_check_mark: Approved'],
  ['entities', '&lt;!here&gt; &amp;lt;'],
  ['colons', 'INC-12: fix: db'],
  ['unseen characters', '\u202Egnp.exe\u202C zero\u200Bwidth \u2066 tag\u{E0041}'],
  ['a date', '<!date^0^{date}^https://evil.example|now>'],
  ['5,000 letters', 'a'.repeat(5000)],
  ['5,000 ampersands', '&'.repeat(5000)],
  ['2,500 emoji', '😀'.repeat(2500)],
];

/** Open, with more time planned whose clauses Avery filled. */
function extending(): Extract<AccessRequest, { state: 'active' }> {
  const { request, now } = walkTo('active');
  const steps = [
    [personActor('riley'), () => ({ type: 'extend', minutes: 15, digest: request.details.digest })],
    [personActor('avery'), (one) => ({ type: 'approve', digest: digestShown(one) })],
    [SYSTEM, (one) => ({ type: 'issue_extension', plans: laterPlans(one) })],
  ] as const satisfies readonly (readonly [Actor, (request: AccessRequest) => Command])[];
  const planned = steps.reduce<AccessRequest>(
    (one, [actor, command]) => accepted(decide(one, command(one), actor, okFacts(now), now)).next,
    request,
  );
  if (planned.state !== 'active') throw new Error('not open');
  return planned;
}
const said = (phrase: Phrase): string => wordsOf(phrase).replaceAll(/\s+/g, ' ');

describe('more time that is written, or was to be', () => {
  const planned = extending();
  const old = planned.grants[0]?.plan.plannedEnd ?? new Date(0);
  const frozen = { ...planned, extension: { ...planned.extension, failedWhy: 'frozen' } } as AccessRequest;

  it('the card names the later end that the cloud may refuse from, not the old one', () => {
    for (const request of [planned, frozen]) {
      const { status } = card(request);
      expect(status).toContainEqual({ at: new Date(old.getTime() + 15 * MINUTE) });
      expect(status).not.toContainEqual({ at: old });
      expect(said(status)).toContain('at the latest.');
    }
  });

  it('a freeze is told as a freeze, and nobody is sent to ask again where that is refused', () => {
    expect(said(card(frozen).status)).toContain('Openings were frozen before 15 minutes more were confirmed');
    const detail = { by: 'Sasha', reason: 'a leak', at: START.toISOString() };
    const line = (why: string, data: Readonly<Record<string, string>>) =>
      said(
        entryOf(
          { type: 'extension_failed', data: { why, ...data } },
          { request: planned, phone: '112', cloud: AWS_WORDS },
        )?.said ?? [],
      );
    const plannedEnd = START.toISOString();
    expect(line('frozen', { ...detail, plannedEnd })).toMatch(
      /frozen by Sasha.*\(a leak\).*cannot be asked for on this access again/,
    );
    expect(line('frozen', detail)).toMatch(/can be asked for again once two security people lift it/);
    expect(line('PROVIDER_CONFLICT', { plannedEnd })).toMatch(
      /did not take it.*the cloud itself refuses from .* at the latest/,
    );
    for (const why of ['frozen', 'PROVIDER_CONFLICT', 'ended_first']) {
      expect(line(why, { ...detail, plannedEnd })).not.toContain('Ask again');
    }
    expect(refusalWords('not_in_this_state', { state: 'extension_frozen' })).toMatch(/^Openings were frozen/);
  });

  it.each(['approvals_missing', 'clock_apart', 'definition_changed'])(
    'more time that was given up for %s does not say that nothing is open',
    (why) => {
      const data = { number: 1, why, seconds: '75', endsAt: START.toISOString() };
      const context = { request: planned, phone: '112', cloud: AWS_WORDS };
      const lines = [
        entryOf({ type: 'extension_failed', data }, context),
        entryOf({ type: 'alarm', data: { what: 'clock_apart', seconds: '75' } }, context),
      ];
      for (const line of lines) expect(said(line?.said ?? [])).not.toMatch(/nothing was opened|access was opened/);
    },
  );

  it('A3: whoever is asked reads that the incident could not be checked this time', () => {
    const { request, now } = walkTo('active');
    const more = { type: 'extend', minutes: 15, digest: request.details.digest } as const;
    const shown = (incident: Facts['incident']) => {
      const { next, events } = accepted(decide(request, more, personActor('riley'), okFacts(now, { incident }), now));
      return events.map((event) =>
        said([
          ...(entryOf(event, { request: next, phone: '112', cloud: AWS_WORDS })?.said ?? []),
          ' | ',
          ...card(next).status,
        ]),
      );
    };
    expect(shown({ ok: false, why: 'down' })).toEqual([
      expect.stringMatching(/15 minutes more \(unverified: .* \| .*15 minutes more \(unverified: /),
    ]);
    expect(shown(okFacts(now).incident)).toEqual([expect.not.stringContaining('unverified')]);
  });

  it('D7: a warning in the last minutes sends nobody to a button that refuses', () => {
    const line = (data: object) =>
      said(
        entryOf(
          { type: 'access_ending_soon', data: { endsAt: START.toISOString(), ...data } },
          { request: walkTo('active').request, phone: '112', cloud: AWS_WORDS },
        )?.said ?? [],
      );
    expect(line({})).toContain('press More time… on the card now');
    expect(line({ tooLateForMore: true })).toContain('if more time is needed, ask again now');
    const frozen = { by: 'Sasha', at: START.toISOString(), reason: 'a leak' };
    expect(line({ frozen })).toMatch(/There is no more time: Openings are frozen by Sasha.*Phone security/);
  });

  it('an alarm that the ending was undone says whose word for it does not count any more', () => {
    const data = { what: 'removal_lost', grantId: 'R1', dropped: [{ id: 'sasha', name: 'Sasha' }] };
    const entry = entryOf({ type: 'alarm', data }, { request: planned, phone: '112', cloud: AWS_WORDS });
    expect(said(entry?.said ?? [])).toContain('Sasha had attested that it ended, which does not count any more.');
  });

  const extra = (count: number) =>
    Array.from({ length: count }, (_, at) => ({ part: 'permissions' as const, name: `${'x'.repeat(200)}${at}` }));

  it('an alarm that open access was changed names what, and so does the card, red, until its end (C4)', () => {
    const { request } = walkTo('active');
    if (request.state !== 'active') throw new Error('not active');
    const altered = [{ part: 'end' }, { part: 'definition', name: 'policy/breakglass/<!here>' }] as const;
    const data = { what: 'access_altered', grantId: 'R1', altered };
    const entry = said(entryOf({ type: 'alarm', data }, { request, phone: '112', cloud: AWS_WORDS })?.said ?? []);
    const changed = { ...request, grants: request.grants.map((grant) => ({ ...grant, altered })) };
    for (const text of [entry, said(card(changed).status)]) {
      expect(text).toMatch(/the end that the cloud itself enforces; the content of the policy \(policy\/breakglass/);
    }
    expect(card(changed)).toMatchObject({ tone: 'alarm', headline: expect.stringContaining('Access open') });
    expect(card(request).tone).toBe('open');
    expect(JSON.stringify(cardMessage(card(changed), HOMES).blocks)).not.toContain('<!here>');
  });

  it('names a few of many changes, so that the card and the line stay what Slack takes', () => {
    const { request } = walkTo('active');
    if (request.state !== 'active') throw new Error('not active');
    const changed = { ...request, grants: request.grants.map((grant) => ({ ...grant, altered: extra(20) })) };
    const data = { what: 'access_altered', grantId: 'R1', altered: extra(20) };
    const entry = entryOf({ type: 'alarm', data }, { request, phone: '112', cloud: AWS_WORDS });
    if (entry === undefined) throw new Error('nothing was told');
    expect(messageProblems(cardMessage(card(changed), HOMES).blocks)).toEqual([]);
    expect(messageProblems(postMessage(entry, HOMES).blocks)).toEqual([]);
    expect(said(entry.said)).toContain('; 14 more.');
  });

  it('an alarm that a tombstone was opened says that it is closed again', () => {
    const entry = entryOf(
      { type: 'alarm', data: { what: 'closed_again' } },
      { request: planned, phone: '112', cloud: AWS_WORDS },
    );
    expect(said(entry?.said ?? [])).toMatch(/opened again what had been ended for good. I closed it.*read back/);
  });

  it('an attestation says whose earlier word does not count any more', () => {
    const data = { person: 'quinn', name: 'Quinn', missing: 1, dropped: [{ id: 'sasha', name: 'Sasha' }] };
    const entry = entryOf({ type: 'ending_attested', data }, { request: planned, phone: '112', cloud: AWS_WORDS });
    expect(said(entry?.said ?? [])).toContain('Sasha, who said so before, could not say it now');
  });
});

describe('a card', () => {
  it.each(STATES)('is taken by Slack in %s, and names request and digest where clicks are checked (B4)', (state) => {
    const { request } = walkTo(state);
    const { blocks } = cardMessage(card(request), HOMES);
    expect(messageProblems(blocks)).toEqual([]);
    const actions = blocks.filter((block) => block.type === 'actions');
    expect(actions.map(({ block_id: id }) => id)).toEqual(actions.map(() => `bg:${request.details.digest}`));
    const values = actions.flatMap(({ elements }) => elements.map((one) => ('value' in one ? one.value : '')));
    expect(new Set(values)).toEqual(new Set(values.length === 0 ? [] : [request.details.id]));
  });

  const own = marks(cardMessage(card(withTyped('plain')), HOMES).blocks);

  it.each(NASTY)('shows what was typed as words and nothing else: %s', (_name, typed) => {
    const { blocks, text } = cardMessage(card(withTyped(typed)), HOMES);
    expect(messageProblems(blocks)).toEqual([]);
    expect(marks(blocks)).toEqual(own);
    expect(readMrkdwn(text, reader).every(({ kind }) => kind === 'text')).toBe(true);
  });

  it('is taken by Slack and stays inert whatever is typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 1200 }), (typed) => {
        const { blocks } = cardMessage(card(withTyped(typed)), HOMES);
        expect(messageProblems(blocks)).toEqual([]);
        expect(marks(blocks)).toEqual(own);
      }),
      { numRuns: 200 },
    );
  });

  it('keeps a purpose with colons whole', () => {
    const shown = JSON.stringify(cardMessage(card(withTyped('INC-12: fix: db')), HOMES).blocks);
    expect(shown).toContain('Purpose: INC-12: fix: db');
  });

  it('is red as soon as an ending failed once (D6)', () => {
    const { request } = walkTo('revoking');
    if (request.state !== 'revoking') throw new Error('not revoking');
    expect(card({ ...request, failures: 1 })).toMatchObject({
      tone: 'alarm',
      headline: expect.stringContaining('could not be ended'),
    });
  });

  it('marks an incident that was not verified (A3) and an approval without second sign-in (B7)', () => {
    const { request } = walkTo('active');
    const asked = (verified: boolean) => ({ ...request.details, incident: { ...request.details.incident, verified } });
    const shownAs = (verified: boolean, incidentVerified: boolean) =>
      JSON.stringify(cardMessage(card({ ...request, details: asked(verified), incidentVerified }), HOMES).blocks);
    const shown = shownAs(false, false);
    expect(shown).toContain('unverified: the incident source did not answer');
    expect(shownAs(false, true)).toContain('unverified when it was asked for; verified since');
    expect(shownAs(true, false)).toContain(
      'verified when it was asked for; the incident source has not answered since',
    );
    expect(shownAs(true, true)).not.toContain('verified');
    const [approval] = request.approvals;
    if (approval === undefined) throw new Error('nobody approved');
    const then = { ...request, approvals: [{ ...approval, incidentVerified: false }] };
    expect(JSON.stringify(cardMessage(card(then), HOMES).blocks)).toContain('the incident was unverified then');
    expect(shown).toContain('chat: no second sign-in was asked');
  });

  it('shows both ends: ours and the planned one (B10)', () => {
    const { request } = walkTo('active');
    if (request.state !== 'active') throw new Error('not active');
    const shown = JSON.stringify(cardMessage(card(request), HOMES).blocks);
    expect(shown).toContain(utc(request.endsAt));
    expect(shown).toContain(utc(request.grants[0]?.plan.plannedEnd ?? new Date(0)));
  });

  it('fits fifty approvals, ten clauses and forty caveats', () => {
    const { request } = walkTo('active');
    const [approval] = request.approvals;
    if (approval === undefined) throw new Error('no approval');
    const crowded = { ...request, approvals: Array.from({ length: 50 }, () => approval) };
    const view = { ...card(crowded), caveats: Array.from({ length: 40 }, () => 'x'.repeat(400)) };
    const { blocks } = cardMessage({ ...view, open: Array.from({ length: 10 }, () => ['y'.repeat(700)]) }, HOMES);
    expect(messageProblems(blocks)).toEqual([]);
    expect(JSON.stringify(blocks)).toContain('more.');
    expect(blocks.length).toBeLessThanOrEqual(50);
  });
});

describe('a dozen short caveats', () => {
  const view = card(walkTo('pending').request);
  const caveats = Array.from({ length: 12 }, (_, index) => `Outlives the end: thing ${index + 1}.`);

  it('all stand on the card, and what does not fit is counted: none is left out without a word (B10)', () => {
    const shown = (all: readonly string[]) => JSON.stringify(cardMessage({ ...view, caveats: all }, HOMES).blocks);
    for (const caveat of caveats) expect(shown(caveats)).toContain(caveat);
    expect(shown(caveats.map((caveat) => caveat.padEnd(280, '.')))).toContain('… and 7 more.');
  });
});

describe('a timeline post', () => {
  const { request, events } = walkTo('closed');

  // Whoever was refused has heard so, and nobody else needs to.
  const isKeptOnly = (type: string) => type === 'action_refused';

  it('tells every event but a refused click, which is kept for whoever reviews', () => {
    const unsaid = REQUEST_EVENTS.filter(
      (type) => entryOf({ type, data: {} }, { request, phone: '+49 30 123456', cloud: AWS_WORDS }) === undefined,
    );
    expect(unsaid).toEqual(['action_refused']);
  });

  it.each(REQUEST_EVENTS.filter((type) => !isKeptOnly(type)))(
    'has words that Slack takes for %s, even without details',
    (type) => {
      const data = events.find((event) => event.type === type)?.data ?? {};
      for (const content of [data, {}]) {
        const entry = entryOf({ type, data: content }, { request, phone: '+49 30 123456', cloud: AWS_WORDS });
        if (entry === undefined) throw new Error('not told');
        expect(messageProblems(postMessage(entry, HOMES).blocks)).toEqual([]);
      }
    },
  );

  it.each(NASTY)('tells a typed reason as words and nothing else: %s', (_name, reason) => {
    const entry = (text: string) =>
      entryOf(
        { type: 'request_denied', data: { by: 'avery', reason: text } },
        { request, phone: '1', cloud: AWS_WORDS },
      );
    const [typed, plain] = [entry(reason), entry('plain')];
    if (typed === undefined || plain === undefined) throw new Error('not told');
    expect(marks(postMessage(typed, HOMES).blocks)).toEqual(marks(postMessage(plain, HOMES).blocks));
    expect(messageProblems(postMessage(typed, HOMES).blocks)).toEqual([]);
  });
});

describe('the forms', () => {
  const policy = aPolicy();
  const directory = aDirectory(policy);
  const [person] = directory.people;
  if (person === undefined) throw new Error('nobody');
  const frozen = undefined;
  const form = { id: 'F1', policy, directory, person, capabilities: () => capabilities, frozen };

  it.each([{}, { role: 'rotate-keys' }, { role: 'restart-service', runbook: 'service-down', minutes: '30' }])(
    'of a request is taken by Slack: %j',
    (values) => expect(viewProblems(formModal(requestForm({ ...form, values }), HOMES))).toEqual([]),
  );

  it('of a request is taken by Slack whatever stands in it already', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary' }),
        fc.string({ unit: 'binary', maxLength: 3000 }),
        (incident, purpose) => {
          expect(viewProblems(formModal(requestForm({ ...form, values: { incident, purpose } }), HOMES))).toEqual([]);
        },
      ),
      { numRuns: 100 },
    );
  });

  it('of a request carries nothing but its id', () => {
    expect(formModal(requestForm({ ...form, values: {} }), HOMES).private_metadata).toBe('F1');
  });

  it('of a request says how severe the incident must be, where the zone of the role asks for it', () => {
    const { zones } = policy;
    const requests = { ...policy, zones: { ...zones, C: { ...zones.C, minSeverity: 2 } } };
    const shown = (role: string) =>
      JSON.stringify(formModal(requestForm({ ...form, policy: requests, values: { role } }), HOMES));
    expect(shown('rotate-keys')).toContain('The incident must be of severity 2 or worse (1 is the worst).');
    expect(shown('restart-service')).not.toContain('severity');
  });

  it('of a request offers at most 100 roles and says how to ask for the others', () => {
    const [role] = policy.roles;
    if (role === undefined) throw new Error('no role');
    const roles = Array.from({ length: 250 }, (_, at) => ({ ...role, id: `role-${at}`, name: `Role ${at}` }));
    const view = formModal(requestForm({ ...form, policy: { ...policy, roles }, values: {} }), HOMES);
    expect(viewProblems(view)).toEqual([]);
    expect(JSON.stringify(view)).toContain('150 more roles do not fit');
  });

  it.each(NASTY)('of an approval and a denial are taken by Slack: %s', (_name, typed) => {
    const { request } = walkTo('pending');
    const nasty = { ...request, details: { ...request.details, purpose: typed } };
    expect(viewProblems(formModal(approveForm('F1', card(nasty), undefined), HOMES))).toEqual([]);
    expect(viewProblems(formModal(denyForm('F1', 'A role', undefined), HOMES))).toEqual([]);
    expect(viewProblems(formModal(attestForm('F1', card(nasty), undefined), HOMES))).toEqual([]);
  });
});

describe('the banner of a freeze', () => {
  const { request } = walkTo('pending');
  const open = walkTo('active').request;
  if (open.state !== 'active') throw new Error('not open');
  const policy = aPolicy();
  const directory = aDirectory(policy);
  const [person] = directory.people;
  if (person === undefined) throw new Error('nobody');
  const form = { id: 'F1', policy, directory, person, capabilities: () => capabilities, values: {} };
  const frozen: Freeze = {
    at: new Date('2026-03-01T12:00:00Z'),
    by: { id: 'sasha', name: '*S* <!channel>' },
    reason: `<https://evil.example|x> ${'y'.repeat(500)}`,
    all: true,
    lifts: [],
  };

  it.each([
    ['asking', formModal(requestForm({ ...form, frozen }), HOMES)],
    ['approving', formModal(approveForm('F1', card(request), frozen), HOMES)],
    ['denying', formModal(denyForm('F1', 'A role', frozen), HOMES)],
    [
      'extending',
      formModal(
        extendForm({ id: 'F1', request: open, needs: [], whileUnverified: undefined, capabilities, frozen }),
        HOMES,
      ),
    ],
    ['attesting', formModal(attestForm('F1', card(request), frozen), HOMES)],
  ])('stands on top of the form of %s, as plain words, whatever was typed (B11)', (_what, view) => {
    expect(viewProblems(view)).toEqual([]);
    expect(view.blocks[0]).toMatchObject({
      text: {
        type: 'plain_text',
        text: expect.stringContaining('Openings are frozen by *S* &lt;!channel&gt; since 2026-03-01 12:00 UTC'),
      },
    });
  });
});

describe('inert text', () => {
  it('is read back by Slack as words alone, whatever was typed', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (typed) => {
        expect(readMrkdwn(`Said: ${inert(typed)}.`, reader, true).every(({ kind }) => kind === 'text')).toBe(true);
      }),
    );
  });

  it('shows &, < and > as they were typed', () => {
    expect(unescaped(inert('a < b & c > d'))).toBe('a < b & c > d');
  });
});

it('a time is shown in the reader’s zone and in UTC', () => {
  const at = new Date('2026-03-01T14:31:20Z');
  expect(dated(at)).toBe('<!date^1772375480^{date_short_pretty} {time}|01 Mar 2026, 14:31 UTC> (14:31 UTC)');
});
