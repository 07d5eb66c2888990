import { call, closeStages, openStage, type Stage } from './stage.ts';

let stage: Stage;
beforeEach(async () => {
  stage = await openStage();
});
afterEach(closeStages);

const posted = async (args: object = {}) =>
  String((await call(stage.slack, 'chat.postMessage', { channel: 'C0INC', text: 'hello', ...args })).ts);

describe('the Web API refuses', () => {
  it.each<[string, string, object, string]>([
    ['a method that is not there', 'chat.shout', {}, 'unknown_method'],
    [
      'an argument that is not there',
      'chat.postMessage',
      { channel: 'C0INC', text: 'x', colour: 'red' },
      'invalid_arguments',
    ],
    ['a missing argument', 'chat.postMessage', { text: 'x' }, 'invalid_arguments'],
    ['a channel that is not there', 'chat.postMessage', { channel: 'C0NONE', text: 'x' }, 'channel_not_found'],
    ['a private channel without the bot', 'chat.postMessage', { channel: 'C0HIDDEN', text: 'x' }, 'channel_not_found'],
    ['a channel without the bot', 'chat.postMessage', { channel: 'C0NOBOT', text: 'x' }, 'not_in_channel'],
    ['a message without words', 'chat.postMessage', { channel: 'C0INC' }, 'no_text'],
    ['an endless message', 'chat.postMessage', { channel: 'C0INC', text: 'x'.repeat(40_001) }, 'msg_too_long'],
    [
      'a thread that is not there',
      'chat.postMessage',
      { channel: 'C0INC', text: 'x', thread_ts: '1.000001' },
      'thread_not_found',
    ],
    ['a message to itself', 'chat.postMessage', { channel: 'U0BOT', text: 'x' }, 'cannot_dm_bot'],
    ['blocks that are no list', 'chat.postMessage', { channel: 'C0INC', blocks: '{}' }, 'invalid_blocks_format'],
    [
      'blocks with too many words in all',
      'chat.postMessage',
      {
        channel: 'C0INC',
        blocks: Array.from({ length: 5 }, () => ({
          type: 'section',
          text: { type: 'mrkdwn', text: 'x'.repeat(2900) },
        })),
      },
      'msg_blocks_too_long',
    ],
    [
      'metadata without a payload',
      'chat.postMessage',
      { channel: 'C0INC', text: 'x', metadata: { event_type: 'e' } },
      'invalid_metadata_format',
    ],
    [
      'too much metadata',
      'chat.postMessage',
      { channel: 'C0INC', text: 'x', metadata: { event_type: 'e', event_payload: { a: 'x'.repeat(16_001) } } },
      'metadata_too_large',
    ],
    [
      'a change of a message that is not there',
      'chat.update',
      { channel: 'C0INC', ts: '1.000001', text: 'x' },
      'message_not_found',
    ],
    [
      'an ephemeral for somebody who is not there',
      'chat.postEphemeral',
      { channel: 'C0SECRET', user: 'U0BO', text: 'x' },
      'user_not_in_channel',
    ],
    ['an unknown person', 'users.info', { user: 'U0NONE' }, 'user_not_found'],
    ['a direct message to an unknown person', 'conversations.open', { users: 'U0NONE' }, 'user_not_found'],
    ['a direct message to a bot', 'conversations.open', { users: 'U0BOT' }, 'cannot_dm_bot'],
    [
      'the replies of a message that is not there',
      'conversations.replies',
      { channel: 'C0INC', ts: '1.000001' },
      'thread_not_found',
    ],
    ['a trigger id out of thin air', 'views.open', { trigger_id: '1.2.a', view: {} }, 'invalid_trigger_id'],
    ['a view that is not open', 'views.update', { view_id: 'V0NONE', view: {} }, 'not_found'],
    ['a scope the app lacks', 'users.lookupByEmail', { email: 'a@b.example' }, 'missing_scope'],
  ])('%s', async (_promise, method, args, error) => {
    expect(await call(stage.slack, method, args)).toMatchObject({ ok: false, error });
  });

  it('invalid blocks, and says which and where', async () => {
    const blocks = [{ type: 'section', text: { type: 'mrkdwn', text: 'x'.repeat(3001) } }];
    expect(await call(stage.slack, 'chat.postMessage', { channel: 'C0INC', blocks })).toMatchObject({
      error: 'invalid_blocks',
      response_metadata: { messages: ['[ERROR] must be less than 3001 characters [json-pointer:/blocks/0/text/text]'] },
    });
  });

  it('no token, a wrong token, and the wrong kind of token', async () => {
    expect(await call(stage.slack, 'auth.test', {}, '')).toMatchObject({ error: 'not_authed' });
    expect(await call(stage.slack, 'auth.test', {}, 'xoxb-other')).toMatchObject({ error: 'invalid_auth' });
    expect(await call(stage.slack, 'apps.connections.open', {})).toMatchObject({ error: 'not_allowed_token_type' });
  });

  it('what the scopes do not cover, naming the scope', async () => {
    const bare = await openStage({ app: { scopes: ['commands'], commands: [] } });
    expect(await call(bare.slack, 'conversations.history', { channel: 'C0SECRET' })).toMatchObject({
      error: 'missing_scope',
      needed: 'groups:history',
      provided: 'commands',
    });
    expect(await call(bare.slack, 'chat.postMessage', { channel: 'C0INC', text: 'x' })).toMatchObject({
      needed: 'chat:write',
    });
  });

  it("an archived channel, a removed bot, and somebody else's message", async () => {
    const ts = await posted();
    const theirs = stage.slack.as('U0ANA').post('C0INC', 'mine');
    expect(await call(stage.slack, 'chat.update', { channel: 'C0INC', ts: theirs.ts, text: 'x' })).toMatchObject({
      error: 'cant_update_message',
    });
    expect(await call(stage.slack, 'chat.delete', { channel: 'C0INC', ts: theirs.ts })).toMatchObject({
      error: 'cant_delete_message',
    });
    stage.slack.dials.archive('C0INC');
    expect(await call(stage.slack, 'chat.postMessage', { channel: 'C0INC', text: 'x' })).toMatchObject({
      error: 'is_archived',
    });
    stage.slack.dials.archive('C0INC', false);
    stage.slack.dials.removeFrom('C0INC');
    expect(await call(stage.slack, 'chat.update', { channel: 'C0INC', ts, text: 'x' })).toMatchObject({
      error: 'not_in_channel',
    });
  });
});

describe('messages', () => {
  it('in a thread come back in order, with metadata only when asked for', async () => {
    const ts = await posted();
    const metadata = { event_type: 'breakglass_event', event_payload: { event_id: 'e1' } };
    await posted({ thread_ts: ts, text: 'one', metadata });
    await posted({ thread_ts: ts, text: 'two', reply_broadcast: true });
    const plain = await stage.app.client.conversations.replies({ channel: 'C0INC', ts });
    expect(plain.messages?.map(({ text }) => text)).toEqual(['hello', 'one', 'two']);
    expect(plain.messages?.[1]).not.toHaveProperty('metadata');
    const full = await stage.app.client.conversations.replies({ channel: 'C0INC', ts, include_all_metadata: true });
    expect(full.messages?.[1]).toMatchObject({ metadata });
    expect(full.messages?.[0]).toMatchObject({ reply_count: 2, thread_ts: ts });
    const shown = stage.slack.as('U0BO').messages('C0INC');
    expect(shown.map(({ text }) => text)).toEqual(['hello', 'two']);
  });

  it('come in pages, newest first in the history', async () => {
    for (const text of ['1', '2', '3']) await posted({ text });
    const first = await call(stage.slack, 'conversations.history', { channel: 'C0INC', limit: 2 });
    expect(first).toMatchObject({ messages: [{ text: '3' }, { text: '2' }], has_more: true });
    const { next_cursor } = first.response_metadata as { next_cursor: string };
    expect(
      await call(stage.slack, 'conversations.history', { channel: 'C0INC', cursor: next_cursor, limit: 2 }),
    ).toMatchObject({
      messages: [{ text: '1' }],
      has_more: false,
    });
  });

  it('keep their blocks and metadata when chat.update names neither, and lose blocks to an empty list', async () => {
    const metadata = { event_type: 'e', event_payload: { n: 1 } };
    const ts = await posted({ blocks: [{ type: 'divider', block_id: 'd' }], metadata });
    const kept = await call(stage.slack, 'chat.update', { channel: 'C0INC', ts, text: 'new' });
    const long = { channel: 'C0INC', ts, text: 'x'.repeat(4001) };
    expect(await call(stage.slack, 'chat.update', long)).toMatchObject({ error: 'msg_too_long' });
    expect(kept.message).toMatchObject({ text: 'new', blocks: [{ block_id: 'd' }], metadata });
    const bare = await call(stage.slack, 'chat.update', { channel: 'C0INC', ts, blocks: [] });
    expect(bare.message).toMatchObject({ blocks: [] });
  });

  it('to one person stay with that person', async () => {
    await call(stage.slack, 'chat.postEphemeral', { channel: 'C0INC', user: 'U0ANA', text: 'psst' });
    expect(
      stage.slack
        .as('U0ANA')
        .messages('C0INC')
        .map(({ text }) => text),
    ).toEqual(['psst']);
    expect(stage.slack.as('U0BO').messages('C0INC')).toEqual([]);
    expect(await call(stage.slack, 'conversations.history', { channel: 'C0INC' })).toMatchObject({ messages: [] });
    await call(stage.slack, 'chat.postMessage', { channel: 'U0BO', text: 'direct' });
    expect(
      stage.slack
        .as('U0BO')
        .dms()
        .map(({ text }) => text),
    ).toEqual(['direct']);
  });
});

describe('people', () => {
  it('are told apart: guests, strangers, bots, the deactivated', async () => {
    const info = async (user: string) => (await call(stage.slack, 'users.info', { user })).user;
    expect(await info('U0GUEST')).toMatchObject({
      is_restricted: true,
      is_ultra_restricted: false,
      team_id: 'T0LOCAL',
    });
    expect(await info('U0OTHER')).toMatchObject({ is_stranger: true, team_id: 'T0ELSE' });
    expect(await info('U0BOT')).toMatchObject({ is_bot: true });
    await stage.slack.dials.changePerson('U0BO', { deleted: true });
    expect(await info('U0BO')).toMatchObject({ deleted: true });
    expect(await call(stage.slack, 'conversations.open', { users: 'U0BO' })).toMatchObject({ error: 'user_disabled' });
  });
});

describe('the dials', () => {
  it('rate-limit with 429 and Retry-After, for as many calls as they say', async () => {
    stage.slack.dials.rateLimit('users.info', 1, 7);
    const limited = await fetch(`${stage.slack.apiUrl}users.info`, { method: 'POST' });
    expect([limited.status, limited.headers.get('retry-after')]).toEqual([429, '7']);
    expect(await call(stage.slack, 'users.info', { user: 'U0BO' })).toMatchObject({ ok: true });
  });

  it('fail before the work, or after it was done', async () => {
    stage.slack.dials.fail('chat.postMessage', 'before', { status: 503 });
    await expect(posted()).rejects.toThrow();
    expect(stage.slack.as('U0ANA').messages('C0INC')).toHaveLength(0);
    stage.slack.dials.fail('chat.postMessage', 'after', { drop: true });
    await expect(posted()).rejects.toThrow();
    expect(stage.slack.as('U0ANA').messages('C0INC')).toHaveLength(1);
    stage.slack.dials.fail('*', 'before', { error: 'internal_error' });
    expect(await call(stage.slack, 'auth.test', {})).toMatchObject({ ok: false, error: 'internal_error' });
  });

  it('write down every call, without the token', async () => {
    await call(stage.slack, 'users.info', { user: 'U0NONE', token: stage.slack.app.botToken });
    const calls = stage.slack.dials.calls('users.info');
    expect(calls).toMatchObject([
      { method: 'users.info', args: { user: 'U0NONE' }, ok: false, error: 'user_not_found' },
    ]);
    expect(JSON.stringify(calls)).not.toContain(stage.slack.app.botToken);
  });
});
