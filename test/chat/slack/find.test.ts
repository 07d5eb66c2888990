import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebClient } from '@slack/web-api';
import { messagesOfOurs } from '../../../src/chat/slack/find.ts';

const MARK = { type: 'breakglass_card', payload: { request: 'r1' } };
const metadata = { event_type: MARK.type, event_payload: MARK.payload };

/** A workspace in which several apps write: the local one knows a single app. */
async function lookingAt(messages: readonly object[]) {
  const answers: Readonly<Record<string, object>> = {
    '/conversations.history': { ok: true, messages },
  };
  const server = createServer((request, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify(answers[request.url ?? ''] ?? { ok: false, error: 'unknown_method' }));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const client = new WebClient('xoxb-1', { slackApiUrl: `http://127.0.0.1:${port}/`, retryConfig: { retries: 0 } });
  try {
    const home = { teamId: 'T0BREAK', enterpriseId: undefined, botUserId: 'U0BOT', botId: 'B0BOT' };
    return await messagesOfOurs({ client, home: async () => home }, { channel: 'C1' }, MARK, new Date());
  } finally {
    server.closeAllConnections();
    await new Promise<void>((resolve) => server.close(() => resolve()));
  }
}

describe('looking for a message of ours', () => {
  it('believes only what our own bot wrote, whatever metadata others write', async () => {
    const found = await lookingAt([
      { ts: '4.0', user: 'U0OTHER', bot_id: 'B0OTHER', metadata },
      { ts: '3.0', bot_id: 'B0BOT', metadata },
      { ts: '2.0', user: 'U0BOT', metadata },
      { ts: '1.0', metadata },
    ]);
    expect(found.map(({ ts }) => ts)).toEqual(['2.0', '3.0']);
  });
});
