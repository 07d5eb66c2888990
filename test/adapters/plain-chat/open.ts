import { Failure } from '../../../src/core/failure.ts';
import type { ChatAdapter } from '../../../src/open-chats.ts';
import { call, type PlainSettings, REFUSES_US } from './api.ts';
import { plainApp } from './app.ts';
import { accountOf, plainChat } from './chat.ts';
import { PLAIN_DEFINITION } from './definition.ts';

/** The plain chat, as a process is given it. */
export const plainAdapter = (settings: PlainSettings): ChatAdapter => ({
  definition: PLAIN_DEFINITION,
  client: {
    isNamed: () => true,
    open: () => {
      const chat = plainChat(settings);
      return {
        chat,
        accounts: { account: (key) => accountOf(settings, key) },
        endpoints: [settings.url],
        trouble: async () => {
          const answer = await call(settings, 'who', {});
          return answer.ok ? undefined : `the plain chat refuses us: ${answer.why}`;
        },
        refusesUs: (error) => error instanceof Failure && REFUSES_US.has(String(error.detail.refused)),
        hear: async (deps) => plainApp(settings, chat, deps),
      };
    },
  },
});
