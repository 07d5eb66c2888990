import { ADAPTERS } from '../adapters.ts';
import { followFreeze } from '../broker/notify/follow-freeze.ts';
import { notifyFreeze } from '../broker/notify/freeze-news.ts';
import { postFreezeIn } from '../chat/deliver/freeze.ts';
import { frozenNews } from '../chat/words/freeze-words.ts';
import { refusalWords } from '../chat/words/words.ts';
import { loadConfig } from '../config.ts';
import { decideFreeze } from '../core/request/decide-freeze.ts';
import { actorName } from '../core/request/decision.ts';
import { NO_FACTS } from '../core/request/facts.ts';
import { freezeDetail } from '../core/request/freeze.ts';
import type { Egress } from '../egress/open-egress.ts';
import { egressOf } from '../egress.ts';
import { makeLogger } from '../logger.ts';
import { namedChats } from '../open-chats.ts';
import type { Logger } from '../ports/logger.ts';
import type { Store } from '../ports/store.ts';
import { openSchedule } from './open-schedule.ts';
import { operator, withStore } from './with-store.ts';

/**
 * Stops every opening, from the database alone; with `all`, everything open begins to end. What this process cannot
 * finish, a worker's sweep does. Returns the exit code.
 */
export const freeze = ({ all = false, reason }: { readonly all?: boolean; readonly reason: string }): Promise<number> =>
  withStore(
    async (store, url) => {
      const by = operator();
      const command = { type: 'freeze', all, reason } as const;
      const decision = await store.changeFreeze(actorName(by), (current, now) =>
        decideFreeze(current, command, by, NO_FACTS, now),
      );
      if (!decision.ok) {
        console.error(refusalWords(decision.refusal.code, decision.refusal.detail));
        return 1;
      }
      if (decision.next) console.log(frozenNews(freezeDetail(decision.next), decision.next.all));
      const logger = makeLogger('warn');
      const schedule = await openSchedule(store, url, logger);
      try {
        const { ended, failed } = await followFreeze({ store, schedule, logger });
        if (all) console.log(`${ended} of what is open began to end. "breakglass list" shows it until it is proven.`);
        if (failed > 0)
          console.error(`${failed} could not be moved from here: a worker's sweep does it within a minute.`);
      } finally {
        await schedule.close();
      }
      const policy = (await store.policyInForce())?.policy;
      if (policy === undefined || policy.security.teams.length === 0) {
        console.error('Nobody can lift it yet: no policy in force names a security team. Apply one that does.');
      }
      if (policy !== undefined) await notifyFromHere(store, logger);
      return 0;
    },
    { evenIf: 'in doubt' },
  );

/** Tells the channels, where this shell has the chat's settings; a worker's sweep does where it has not. */
async function notifyFromHere(store: Store, logger: Logger): Promise<void> {
  let egress: Egress | undefined;
  try {
    // Where its settings cannot be read nobody is told: what must go by a proxy never goes past it.
    egress = await egressOf(process.env);
    const named = namedChats(ADAPTERS.chats, process.env);
    const context = {
      config: loadConfig(process.env, { chatElsewhere: named.length > 0 }),
      egress,
      logger: makeLogger('error'),
    };
    const chats = named.map((chat) => chat.open(context).chat);
    await notifyFreeze({
      store,
      logger,
      announce: { chats: chats.map(({ name }) => name), freeze: postFreezeIn(chats, store) },
    });
  } catch {
    console.error('The channels could not be told from here: a worker tells them within a minute.');
  } finally {
    await egress?.close();
  }
}
