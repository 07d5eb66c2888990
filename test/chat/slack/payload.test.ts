import type { Fields } from '../../../src/demo/slack/json.ts';
import { until } from '../../support/until.ts';
import { ask, cardSeen, openInstallation, type TestInstallation, user, type Who } from './installation.ts';

let installation: TestInstallation;
afterEach(() => installation.close());

const as = (who: Who) => installation.slack.as(user(who));
const form = (payload: unknown) => new URLSearchParams({ payload: JSON.stringify(payload) }).toString();
const lastSent = (kind: string, type?: string): Fields =>
  installation.slack.dials
    .sent()
    .findLast((one) => one.kind === kind && (type === undefined || one.payload.type === type))?.payload ?? {};

type Path = readonly string[];
const WRONG = [null, 5, ['x'], { x: { y: 1 } }, undefined] as const;

/** Where anything stands in a payload that a handler of ours, or Bolt, reads. `*` is every key. */
const READ: Readonly<Record<'command' | 'click' | 'form', readonly string[]>> = {
  command: ['api_app_id', 'team_id', 'user_id', 'channel_id', 'trigger_id', 'text', 'response_url', 'command'],
  click: [
    ...['', 'type', 'api_app_id', 'team', 'team.id', 'user', 'user.id', 'user.team_id', 'trigger_id', 'container'],
    ...['container.message_ts', 'container.channel_id', 'actions', 'actions.0', 'actions.0.action_id'],
    ...[
      'actions.0.block_id',
      'actions.0.type',
      'actions.0.value',
      'response_url',
      'channel',
      'channel.id',
      'enterprise',
    ],
  ],
  form: [
    ...['', 'type', 'api_app_id', 'team', 'team.id', 'user', 'user.id', 'user.team_id', 'view', 'view.id', 'view.hash'],
    ...['view.callback_id', 'view.private_metadata', 'view.blocks', 'view.blocks.0', 'view.blocks.0.type'],
    ...['view.blocks.0.block_id', 'view.state', 'view.state.values', 'view.state.values.*', 'view.state.values.*.*'],
    ...['view.state.values.*.*.value', 'view.state.values.*.*.selected_option', 'view.state.values.*.*.selected_user'],
    ...['view.state.values.*.*.selected_option.value', 'view.type'],
  ],
};

/** Every path of a payload that a pattern means. */
function paths(payload: unknown, pattern: string): readonly Path[] {
  if (pattern === '') return [[]];
  const [head = '', ...rest] = pattern.split('.');
  const here = Object(payload) as Fields;
  const keys = head === '*' ? Object.keys(here) : [head];
  return keys.flatMap((key) => paths(here[key], rest.join('.')).map((path) => [key, ...path]));
}

/** A copy with something else, or nothing, at one place. */
function mutated(payload: unknown, [head, ...rest]: Path, value: unknown): unknown {
  if (head === undefined) return value;
  if (Array.isArray(payload)) return payload.map((one, at) => (String(at) === head ? mutated(one, rest, value) : one));
  const copy = { ...(Object(payload) as Fields) };
  if (rest.length === 0 && value === undefined) delete copy[head];
  else copy[head] = mutated(copy[head], rest, value);
  return copy;
}

const mutations = (kind: keyof typeof READ, payload: unknown) =>
  READ[kind].flatMap((pattern) =>
    paths(payload, pattern).flatMap((path) => WRONG.map((value) => ({ path, body: mutated(payload, path, value) }))),
  );

/** The whole state that an opening would change: every request's version, which each refusal that is kept raises by one, and forms have made none. */
const opened = async () =>
  (await installation.store.list({ limit: 50 })).map(({ request, version }) => [
    request.details.id,
    request.state,
    version - (request.refusedActions?.length ?? 0),
  ]);

describe('a signed request that is not as Slack documents it', () => {
  it('is answered below 500 and opens nothing, whatever is wrong at whatever place that is read (B5, A2)', async () => {
    installation = await openInstallation();
    await ask(installation, 'riley');
    await installation.work();
    // Clicks of somebody who may not approve: a field that may be left out must not count as one by chance.
    await as('jordan').click(cardSeen(installation, 'jordan'), 'bg_approve');
    const click = lastSent('interactive', 'block_actions');
    await as('jordan').command('/breakglass', '', 'C0INCIDENT');
    await as('jordan').awaitModal();
    const command = lastSent('slash_commands');
    const sent =
      installation.slack.dials.sent().findLast(({ payload }) => payload.type === 'view_submission')?.payload ?? {};
    const before = await opened();
    const statuses: number[] = [];
    const refused: string[] = [];
    const broken: string[] = [];
    for (const { path, body } of [...mutations('click', click), ...mutations('form', sent)]) {
      const status = await installation.post(form(body));
      statuses.push(status);
      if (status >= 500) broken.push(`${path.join('.')}: ${JSON.stringify(body)}`);
      if (status !== 200) refused.push(path.join('.'));
    }
    for (const { body } of mutations('command', command)) {
      const fields = new URLSearchParams();
      for (const [name, value] of Object.entries(Object(body) as Fields)) {
        if (Array.isArray(value)) for (const one of [...value, ...value]) fields.append(name, String(one));
        else if (value !== null && typeof value !== 'object') fields.append(name, String(value));
      }
      statuses.push(await installation.post(fields.toString()));
    }
    expect(statuses.length).toBeGreaterThan(300);
    expect(broken).toEqual([]);
    expect(statuses.filter((status) => status >= 500)).toEqual([]);
    expect(await opened()).toEqual(before);
    for (const needed of ['user', 'user.team_id', 'team', 'team.id', 'trigger_id', 'api_app_id', 'actions']) {
      expect(refused).toContain(needed);
    }
  });

  it.each<[what: string, body: string, json?: boolean]>([
    ['payload=null', 'payload=null'],
    ['a payload that is a list', 'payload=[]'],
    ['a payload that is a number', 'payload=5'],
    ['a payload that is cut', 'payload=%7B%22type%22'],
    ['two payloads', 'payload=%7B%7D&payload=%7B%7D'],
    ['no field at all', ''],
    ['JSON null', 'null', true],
    ['a JSON list', '[null]', true],
    ['an event that is null', '{"type":"event_callback","event":null}', true],
    ['an event without a person', '{"type":"event_callback","event":{"type":"user_change","user":null}}', true],
    ['a challenge that is none', '{"type":"url_verification","challenge":{}}', true],
    ['a list in a list in a list …', `payload=${'['.repeat(200_000)}`],
    [
      'objects nested deep',
      form({ type: 'block_actions' }).replace('%7D', `%2C%22user%22%3A${'%7B%22a%22%3A'.repeat(20_000)}`),
    ],
  ])('that is %s gets 400, and the next request is heard', async (_what, body, json = false) => {
    installation = await openInstallation();
    expect(await installation.post(body, { json })).toBe(400);
    expect((await as('riley').command('/breakglass', 'list', 'C0INCIDENT')).ok).toBe(true);
  });

  it('that is larger than anything Slack sends gets 413', async () => {
    installation = await openInstallation();
    expect(await installation.post(`payload=${'x'.repeat(2_000_000)}`)).toBe(413);
  });

  it('over Socket Mode is acknowledged and dropped, and the connection goes on', async () => {
    installation = await openInstallation({ socket: true });
    const { dials } = installation.slack;
    for (const type of ['slash_commands', 'interactive', 'events_api', 'error', 'disconnected', 'hello ', 5, null]) {
      for (const payload of [
        null,
        [],
        5,
        'x',
        {},
        { event: null },
        { event: { type: 'error' } },
        { type: 'block_actions' },
      ]) {
        dials.sendOverSockets(JSON.stringify({ envelope_id: 'E1', type, payload }));
        dials.sendOverSockets(JSON.stringify({ type, payload }));
      }
    }
    for (const text of ['', 'null', '[]', '5', '{', '{"type":"disconnecte', '['.repeat(100_000)])
      dials.sendOverSockets(text);
    expect((await as('riley').command('/breakglass', 'list', 'C0INCIDENT')).ok).toBe(true);
    expect(dials.calls('apps.connections.open')).toHaveLength(1);
    expect(installation.logs.filter((line) => line.includes('not as Slack documents it')).length).toBeLessThan(5);
  });
});

describe('a flood of forged requests', () => {
  it('costs at most one line of the log a second for each kind, which says how many it stands for', async () => {
    installation = await openInstallation();
    const begun = performance.now();
    const answers = await Promise.all(
      Array.from({ length: 600 }, (_, at) =>
        installation.post(at % 2 === 0 ? 'payload=null' : 'text=x', at % 2 === 0 ? {} : { unsigned: true }),
      ),
    );
    expect(new Set(answers)).toEqual(new Set([400, 401]));
    const seconds = Math.ceil((performance.now() - begun) / 1_000);
    const lines = installation.logs.filter((line) => line.includes('turned away'));
    expect(lines.length).toBeGreaterThanOrEqual(2);
    expect(lines.length).toBeLessThanOrEqual(2 * (seconds + 1));
    await until(async () => (await installation.post('payload=null')) === 400, 'another');
  });
});
