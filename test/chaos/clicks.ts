import type { StoredEvent } from '../../src/core/events.ts';
import { personOfMember, slackOf } from './catalog.ts';
import type { Arrived } from './deliveries.ts';
import type { Case } from './judge.ts';

/*
 * No event without somebody's click, and no click that was answered with a yes without its event.
 */

/** Clocks of the database and of this process are the same machine's; a delivery may be noted a moment late. */
const SLACK_MS = 100;

/** What somebody must have done for an event that names them. */
const DONE_BY: Readonly<{ [type: string]: (one: Case, done: Arrived) => boolean }> = {
  request_opened: ({ row }, { what, about }) => what === 'bg_form_request' && about === row.request.details.purpose,
  approval_recorded: ({ zone, requestId }, { what, about }) =>
    zone === 'C' ? what === 'bg_form_approve' : what === 'bg_approve' && about === requestId,
  extension_asked: (_one, { what }) => what === 'bg_form_extend',
  extension_denied: (_one, { what }) => what === 'bg_form_deny',
  request_denied: (_one, { what }) => what === 'bg_form_deny',
  request_withdrawn: ({ requestId }, { what, about }) => what === 'bg_withdraw' && about === requestId,
  end_requested: ({ requestId }, { what, about }) =>
    (what === 'bg_end' && about === requestId) || (what === '/breakglass' && about === `end ${requestId}`),
};

/** Events of people who did nothing of the kind before: empty when all is well. */
export function unclicked(one: Case, arrived: readonly Arrived[]): readonly string[] {
  return one.events.flatMap((event) => {
    const isDeed = DONE_BY[event.type];
    const [chat, , account = ''] = event.actor.split(':');
    if (isDeed === undefined || (chat !== 'slack' && chat !== 'plain')) return [];
    const user = chat === 'slack' ? account : slackOf(personOfMember(account));
    const done = arrived.some(
      (deed) => deed.user === user && deed.at <= event.at.getTime() + SLACK_MS && isDeed(one, deed),
    );
    return done ? [] : [`${event.type} names ${user}, who did nothing of the kind before`];
  });
}

/** What an accepted form, or an answer in words, promised. */
const RECORDED_AS: Readonly<{ [what: string]: string }> = {
  bg_form_request: 'request_opened',
  bg_form_approve: 'approval_recorded',
  bg_form_deny: '_denied',
  bg_form_extend: 'extension_asked',
};

/** Forms that were answered with a yes and left no event: empty when all is well. */
export function unrecorded(cases: readonly Case[], arrived: readonly Arrived[]): readonly string[] {
  const events = cases.flatMap((one) =>
    one.events.map((event) => ({ event, purpose: one.row.request.details.purpose })),
  );
  return arrived.flatMap(({ what, user, about, at, accepted }) => {
    const type = RECORDED_AS[what];
    if (type === undefined || !accepted) return [];
    const kept = events.some(
      ({ event, purpose }) =>
        event.type.endsWith(type) &&
        event.actor.endsWith(`:${user}`) &&
        (type === 'request_opened' ? purpose === about : Math.abs(event.at.getTime() - at) < ANSWERED_WITHIN_MS),
    );
    return kept ? [] : [`${what} of ${user} (${about}) was accepted and is not recorded`];
  });
}
/** From the arrival of a form until its answer. */
const ANSWERED_WITHIN_MS = 10_000;

const ENDING_WORDS = 'I am taking the access away now';

/** People who were told that the access is being taken away, and of whom no ending is known: empty when all is well. */
export function brokenWords(
  people: readonly string[],
  told: (user: string) => readonly string[],
  endings: readonly StoredEvent[],
): readonly string[] {
  return people.flatMap((person) => {
    const user = slackOf(person);
    const promised = told(user).filter((words) => words.includes(ENDING_WORDS)).length;
    const kept = endings.filter(({ actor }) => actor.endsWith(`:${user}`)).length;
    return promised > kept
      ? [`${person} was told ${promised} times that access ends, and ${kept} endings are recorded`]
      : [];
  });
}
