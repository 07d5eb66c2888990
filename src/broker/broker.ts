import { enqueue } from './apply.ts';
import type { BrokerDeps } from './deps.ts';
import { followFreeze } from './notify/follow-freeze.ts';
import { freeze, thaw } from './notify/freeze.ts';
import { notifyFreeze } from './notify/freeze-news.ts';
import { callTroublesOff, pageTrouble, troubleOver } from './notify/page-trouble.ts';
import { notifyPolicy } from './notify/policy-news.ts';
import { perform } from './perform.ts';
import { approve } from './request/approve.ts';
import { request } from './request/ask.ts';
import { attest } from './request/attest.ts';
import { deny, end, withdraw } from './request/end.ts';
import { extend } from './request/extend.ts';
import { noted, notedEnding, noteRefusal, type Someone } from './request/note-refusal.ts';
import { sweepCloud } from './sweep/clouds.ts';
import { watchOutage } from './sweep/incident-outage.ts';
import { watchPeople } from './sweep/people.ts';
import { watchPolicy } from './sweep/policy.ts';
import { view } from './view.ts';
import { whyNotRead } from './why-not-read.ts';

type Bound<F> = F extends (deps: BrokerDeps, ...rest: infer Rest) => infer Result ? (...rest: Rest) => Result : never;

/** The same for whoever takes away: under each key that may be theirs, until one may do it. */
type BoundEnding<F> = F extends (deps: BrokerDeps, id: string, actor: never, ...rest: infer Rest) => infer Result
  ? (requestId: string, by: Someone, ...rest: Rest) => Result
  : never;

/** The only door: every surface and every job goes through one of these. */
export interface Broker {
  readonly request: Bound<typeof request>;
  readonly approve: Bound<typeof approve>;
  readonly extend: Bound<typeof extend>;
  readonly deny: BoundEnding<typeof deny>;
  readonly withdraw: BoundEnding<typeof withdraw>;
  readonly end: BoundEnding<typeof end>;
  readonly attest: Bound<typeof attest>;
  readonly freeze: Bound<typeof freeze>;
  readonly thaw: Bound<typeof thaw>;
  /** For the sweep: what a crash between the freeze and its requests left undone. */
  readonly followFreeze: () => Promise<void>;
  /** For the sweep: what chat and pagers were not told, or did not take. */
  readonly notifyAgain: () => Promise<void>;
  readonly perform: Bound<typeof perform>;
  readonly watchPeople: Bound<typeof watchPeople>;
  readonly pageTrouble: Bound<typeof pageTrouble>;
  readonly troubleOver: Bound<typeof troubleOver>;
  readonly sweepCloud: Bound<typeof sweepCloud>;
  readonly enqueue: Bound<typeof enqueue>;
  readonly view: Bound<typeof view>;
  readonly whyNotRead: Bound<typeof whyNotRead>;
  /** For what is refused before it comes to one of the above. */
  readonly noteRefusal: Bound<typeof noteRefusal>;
}

/** Never two runs at once: whoever asks meanwhile gets one more run after the present one, all of them the same. */
function oneAtATime(run: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    running = run().finally(() => {
      running = undefined;
    });
    return running;
  };
  return () => {
    if (running === undefined) return start();
    next ??= running
      .catch(() => undefined)
      .then(() => {
        next = undefined;
        return start();
      });
    return next;
  };
}

export const broker = (deps: BrokerDeps): Broker => ({
  request: (...rest) => request(deps, ...rest),
  approve: (requestId, actor, ...rest) =>
    noted(deps, { requestId, what: 'approve', actor }, approve(deps, requestId, actor, ...rest)),
  extend: (requestId, actor, ...rest) =>
    noted(deps, { requestId, what: 'extend', actor }, extend(deps, requestId, actor, ...rest)),
  deny: (requestId, by, ...rest) =>
    notedEnding(deps, { requestId, what: 'deny', by }, (actor) => deny(deps, requestId, actor, ...rest)),
  withdraw: (requestId, by) =>
    notedEnding(deps, { requestId, what: 'withdraw', by }, (actor) => withdraw(deps, requestId, actor)),
  end: (requestId, by) => notedEnding(deps, { requestId, what: 'end', by }, (actor) => end(deps, requestId, actor)),
  attest: (requestId, actor, ...rest) =>
    noted(deps, { requestId, what: 'attest', actor }, attest(deps, requestId, actor, ...rest)),
  freeze: (...rest) => freeze(deps, ...rest),
  thaw: (...rest) => thaw(deps, ...rest),
  followFreeze: oneAtATime(async () => {
    const { failed } = await followFreeze(deps);
    if (failed > 0) throw new Error(`${failed} of the requests could not be moved`);
  }),
  notifyAgain: oneAtATime(async () => {
    await Promise.all([
      notifyFreeze(deps),
      notifyPolicy(deps),
      callTroublesOff(deps),
      watchPolicy(deps),
      watchOutage(deps),
    ]);
  }),
  perform: (...rest) => perform(deps, ...rest),
  watchPeople: oneAtATime(() => watchPeople(deps)),
  pageTrouble: (...rest) => pageTrouble(deps, ...rest),
  troubleOver: (...rest) => troubleOver(deps, ...rest),
  sweepCloud: (...rest) => sweepCloud(deps, ...rest),
  enqueue: (...rest) => enqueue(deps, ...rest),
  view: (...rest) => view(deps, ...rest),
  whyNotRead: (...rest) => whyNotRead(deps, ...rest),
  noteRefusal: (...rest) => noteRefusal(deps, ...rest),
});
