import { followFreeze } from '../broker/follow-freeze.ts';
import { freezeNews } from '../chat/freeze-words.ts';
import { inert } from '../chat/slack/text.ts';
import { refusalWords } from '../chat/words.ts';
import { decideFreeze } from '../core/decide-freeze.ts';
import { actorName } from '../core/decision.ts';
import { NO_FACTS } from '../core/facts.ts';
import { makeLogger } from '../logger.ts';
import { openSchedule } from './open-schedule.ts';
import { tellChannels } from './tell-channels.ts';
import { operator, withStore } from './with-store.ts';

/**
 * Stops every opening, from the database alone; with `all`, everything open begins to end. What this process cannot
 * finish, a worker's sweep does. Returns the exit code.
 */
export const freeze = ({ all = false, reason }: { readonly all?: boolean; readonly reason: string }): Promise<number> =>
  withStore(async (store, url) => {
    const by = operator();
    const command = { type: 'freeze', all, reason } as const;
    const decision = await store.changeFreeze(actorName(by), (current, now) =>
      decideFreeze(current, command, by, NO_FACTS, now),
    );
    if (!decision.ok) {
      console.error(refusalWords(decision.refusal.code, decision.refusal.detail));
      return 1;
    }
    console.log(freezeNews(decision));
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
    if (policy === undefined) return 0;
    const { security, default: usual } = policy.channels;
    await tellChannels([security, usual], `⛔ ${inert(freezeNews(decision))}`);
    return 0;
  });
