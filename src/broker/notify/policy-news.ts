import type { BrokerDeps } from '../deps.ts';
import { notifyNews } from './news.ts';

/**
 * Tells the security channel of the policy that was replaced, and of the one that replaced it, of every change, from its
 * event: whoever applied it, and from whichever shell, both hear (`notifyNews`).
 */
export const notifyPolicy = (deps: BrokerDeps): Promise<void> =>
  notifyNews(deps, {
    lock: 'policy-news',
    chats: deps.announce.chats,
    channels: ['policy_before', 'policy_after'],
    news: deps.store.policyNews,
    say: (place, event) => deps.announce.policy(place, event),
    unsaid: 'a security channel cannot be told of a change of the policy; tell them yourself',
  });
