import type { NewEvent, RequestEventName } from '../../core/events.ts';
import type { CloudWords } from '../../core/policy/cloud.ts';
import { actionsIn } from '../../core/request/actions.ts';
import type { EndCause, Outcome } from '../../core/request/request.ts';
import { alteredWords } from './alteration-words.ts';
import { CALLS, frozenSaid } from './call-lines.ts';
import { detailOf, field, list, text, when } from './event-data.ts';
import { followsWords } from './follows-words.ts';
import { capital, oneLine, plural } from './phrase.ts';
import { OF_SECURITY } from './security-lines.ts';
import { type Line, people, person, type ShownEntry, type TimelineContext } from './timeline-entry.ts';
import {
  CAUSES_SAID,
  NO_SECOND_SIGN_IN,
  noMoreTimeWords,
  OUTCOMES_SAID,
  UNVERIFIED,
  UNVERIFIED_THEN,
  whyWords,
} from './words.ts';

const ALARMS: Readonly<Record<string, (cloud: CloudWords) => string>> = {
  clock_apart: () =>
    'The cloud’s clock is too far from ours, so I write nothing there that opens access. The platform team must look at it.',
  removal_lost: ({ removal }) =>
    `Somebody took away ${removal} that had ended this access. I am writing it again, and the proof starts anew. Security must look at it.`,
  closed_again: ({ removalRead }) =>
    `Somebody opened again what had been ended for good. I closed it: ${removalRead}. Security must find out in the cloud’s log who did it, and who was inside meanwhile.`,
};

/** What the source said at that moment, where it is not what everybody takes for granted. */
const then = (data: NewEvent['data']): string => (data.incidentVerified === false ? `; ${UNVERIFIED_THEN}` : '');

function alarmWords(data: NewEvent['data'], cloud: CloudWords): string {
  const what = text(data.what);
  if (what !== 'access_altered') return ALARMS[what]?.(cloud) ?? `Security must look at it: ${oneLine(what, 100)}.`;
  return alteredWords(
    list(data.altered).map((one) => ({ part: text(field(one, 'part')), name: text(field(one, 'name')) })),
  );
}

/** Every kind of event of a request's stream, told: what happened and, where something is to be done, what. */
export const TIMELINE = {
  ...CALLS,
  ...OF_SECURITY,
  request_opened: (data, { request: { details } }) => ({
    said: [
      { person: details.requester },
      ' asks for ',
      { strong: details.terms.role.name },
      `, ${plural(details.minutes, 'minute')}, for incident ${details.incident.id}`,
      field(data.incident, 'verified') === false ? ` (${UNVERIFIED})` : '',
      '. It lapses ',
      when(data.decideBy),
      ' if it is not approved by then.',
      ...(details.follows === undefined ? [] : [' It was asked before. ', ...followsWords(details.follows)]),
    ],
    quote: text(data.purpose),
  }),
  approvers_notified: (data, { request, phone }) => {
    const missed = list(data.missed).length > 0 ? [' Not reached: ', ...people(request, data.missed), '.'] : [];
    if (list(data.reached).length > 0)
      return { said: ['Asked directly: ', ...people(request, data.reached), '.', ...missed] };
    return { said: ['Nobody on call could be reached here.', ...missed, ` Phone ${oneLine(phone, 200)}.`] };
  },
  approval_recorded: (data, { request }) => {
    const open = list(data.open).map((one) => `${text(field(one, 'clause'))} (${String(field(one, 'missing') ?? 1)})`);
    return {
      said: [
        person(request, data.person, data.name),
        ` approved (${NO_SECOND_SIGN_IN}${then(data)}).`,
        open.length > 0 ? ` Still needed: ${open.join(', ')}.` : ' Nothing else is needed.',
        ...(list(data.alsoAsked).length > 0 ? [' I am asking ', ...people(request, data.alsoAsked), ' too.'] : []),
      ],
    };
  },
  approval_voided: (data, { request }) => ({
    said: [
      'The approval of ',
      person(request, data.person, data.name),
      ' does not count any more. ',
      whyWords(text(data.why)),
    ],
  }),
  request_approved: (data) => ({
    said: [
      'All approvals are there. I am opening the access now; if it is not open by ',
      when(data.grantBy),
      ', it fails.',
    ],
  }),
  approval_refused: (data, { request }) => ({
    said: [
      person(request, data.person),
      ' wanted to approve and shares a team with the requester. It does not count, now or after a change of team.',
    ],
  }),
  request_denied: (data, { request }) => ({
    said: [person(request, data.by, data.name), ' denied it. Nothing was opened. The reason:'],
    quote: text(data.reason),
  }),
  request_withdrawn: (data, { request }) => ({ said: [person(request, data.by), ' withdrew it.'] }),
  request_refused: (data) => ({
    said: ['Refused by policy, and nothing was opened. ', whyWords(text(data.why), detailOf(data))],
  }),
  access_planned: (data) => ({
    said: [
      'Writing ',
      { code: text(data.name) },
      ` in account ${text(data.account)}. It ends `,
      when(data.plannedEnd),
      ' at the latest',
      data.incidentVerified === false ? ` (${UNVERIFIED})` : '',
      '.',
    ],
  }),
  access_opened: (data, { request, cloud }) => ({
    said: [
      { strong: 'Access is open' },
      ' for ',
      { person: request.details.requester },
      ': read back from the cloud. I end it ',
      when(data.endsAt),
      `; ${cloud.endsItself} `,
      when(data.plannedEnd),
      '.',
    ],
  }),
  grant_failed: (data) => ({
    said: [
      ...(text(data.confirmedAt) !== ''
        ? [{ strong: 'The access was open' }, ' from ', when(data.confirmedAt), ', and is being undone. ']
        : data.planned === true
          ? [
              { strong: 'The access was not confirmed open.' },
              ' Part of it may have been; all of it is being taken away. ',
            ]
          : [{ strong: 'The access was not opened.' }, ' ']),
      whyWords(text(data.why), detailOf(data)),
    ],
  }),
  late_confirmation: (data) => ({
    said: [
      `A late answer said that ${data.extension === undefined ? 'the access had been opened' : 'more time had been written'}. `,
      'It changes nothing: it is being ended, or was.',
    ],
  }),
  access_ending_soon: (data, { request }) => ({
    said: [
      'Access ends ',
      when(data.endsAt),
      '. ',
      { person: request.details.requester },
      ', finish or make safe what you are doing',
      data.frozen !== undefined
        ? `. There is no more time: ${frozenSaid(data.frozen)}`
        : actionsIn(request).includes('extend') && data.tooLateForMore !== true
          ? '; if more time is needed, press More time… on the card now.'
          : '; if more time is needed, ask again now.',
    ],
  }),
  extension_asked: (data, { request: { details } }) => ({
    said: [
      { person: details.requester },
      ` asks for ${plural(Number(data.minutes), 'minute')} more${data.incidentVerified === false ? ` (${UNVERIFIED})` : ''}. It needs the same approvals as before; without them the access ends `,
      when(data.endsAt),
      '.',
    ],
  }),
  extension_approved: () => ({
    said: ['More time is approved. I am writing it now; until the cloud says so, the old end stays.'],
  }),
  extension_denied: (data, { request }) => ({
    said: [
      person(request, data.by, data.name),
      ' denied more time. The access ends ',
      when(data.endsAt),
      '. The reason:',
    ],
    quote: text(data.reason),
  }),
  extension_lapsed: (data) => ({
    said: ['Nobody approved more time. The access ends ', when(data.endsAt), ', as it would have.'],
  }),
  extension_planned: (data) => ({
    said: [
      'Writing the new end; the cloud will refuse from ',
      when(data.plannedEnd),
      data.incidentVerified === false ? ` (${UNVERIFIED})` : '',
      '.',
    ],
  }),
  access_extended: (data, { cloud }) => ({
    said: [
      { strong: 'Access goes on' },
      ': read back from the cloud. I end it ',
      when(data.endsAt),
      `; ${cloud.endsItself} `,
      when(data.plannedEnd),
      '.',
    ],
  }),
  extension_failed: (data, { cloud }) => ({
    said: [
      { strong: 'There is no more time.' },
      ' ',
      noMoreTimeWords(text(data.why), detailOf(data)),
      ...(text(data.why) === 'ended_first' ? [] : [' The access ends ', when(data.endsAt), '.']),
      ...(text(data.plannedEnd) === ''
        ? []
        : [` The later end may be written already: ${cloud.endsItself} `, when(data.plannedEnd), ' at the latest.']),
    ],
  }),
  end_requested: (data, { request }) => ({
    said: [
      'Taking the access away: ',
      CAUSES_SAID[text(data.cause) as EndCause] ?? text(data.cause),
      ...(text(data.cause) === 'ended_by_person' ? [' (', person(request, data.by, data.name), ')'] : []),
      text(data.why) === '' ? '.' : ` (${oneLine(text(data.why), 100)}).`,
    ],
  }),
  access_lost: (data, { cloud }) => ({
    said: [
      { strong: 'The access is gone from the cloud' },
      ', and I did not end it: it was not there ',
      when(data.missedAt),
      ' and again ',
      when(data.missedAgainAt),
      `. ${capital(cloud.tombstone)} holds its name now, and I prove the ending. Security must look at who deleted it; if access is still needed, ask again.`,
    ],
  }),
  access_removed: (data) => ({
    said: [
      { strong: 'Access removed' },
      ', and read back ',
      when(data.readAt),
      '. Sessions that are open end shortly; I say when.',
    ],
  }),
  sessions_ended: (data, { cloud }) => ({
    said: [
      { strong: 'Sessions ended' },
      text(data.by) === 'native_end'
        ? ': the cloud’s own clock is past the planned end, and its refusal stands unchanged.'
        : `: ${cloud.removal} was read back ${String(data.waitedSeconds ?? '?')} seconds ago and has reached every session.`,
    ],
  }),
  revoke_failed: (data, { cloud }) => ({
    said: [
      { strong: 'The access could not be taken away yet' },
      ` (${text(data.why)}, ${plural(Number(data.failures ?? 1), 'time')}). I keep trying, and ${cloud.endsItself} the planned end. The platform team must look at it now.`,
    ],
  }),
  approver_changed: (data, { request }) => ({
    said: [
      person(request, data.person),
      `, who approved this, has changed: ${oneLine(text(data.why), 100)}. The access goes on; end it if it should not.`,
    ],
  }),
  alarm: (data, { cloud }) => ({
    said: [
      { strong: 'Alarm. ' },
      alarmWords(data, cloud),
      ...list(data.dropped).map(
        (one) => ` ${oneLine(text(field(one, 'name')), 80)} had attested that it ended, which does not count any more.`,
      ),
    ],
  }),
  request_closed: (data) => ({
    said: ['Closed: ', OUTCOMES_SAID[text(data.outcome) as Outcome] ?? text(data.outcome), '.'],
  }),
  tombstone_deleted: (data) => ({
    said: ['The empty shell ', { code: text(data.name) }, ' was deleted from the cloud.'],
  }),
  // A refused click is kept for whoever reviews, and told to nobody: whoever was refused has heard so.
} as const satisfies Record<Exclude<RequestEventName, 'action_refused'>, Line>;

/** Told in the channel too, not only in the thread: openings, endings and alarms. */
const LOUD: ReadonlySet<RequestEventName> = new Set([
  'access_opened',
  'access_lost',
  'access_removed',
  'sessions_ended',
  'grant_failed',
  'revoke_failed',
  'ending_attested',
  'access_extended',
  'alarm',
]);

const isTold = (type: string): type is keyof typeof TIMELINE => Object.hasOwn(TIMELINE, type);

/** One event in words, or undefined for a kind that is told to nobody or is not of a request's stream. */
export function entryOf(event: NewEvent, context: TimelineContext): ShownEntry | undefined {
  if (!isTold(event.type)) return undefined;
  return { ...TIMELINE[event.type](event.data, context), loud: LOUD.has(event.type) };
}
