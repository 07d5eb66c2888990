import type { Json } from '../../core/canonical.ts';
import type { RequestEventName } from '../../core/events.ts';
import type { Tier } from '../../core/request/escalation.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import { detailOf, field, list, members, text, when } from './event-data.ts';
import { joined, oneLine, type Phrase } from './phrase.ts';
import { type Line, people, person } from './timeline-entry.ts';
import { frozenWords } from './words.ts';

/** Nobody of a step could be asked: who that would have been. */
const NOBODY: Readonly<Record<Tier, string>> = {
  on_call: 'nobody who is on call could approve it',
  everybody: 'nobody else could approve it',
  commander: 'there is no commander to ask',
};
/** Whom the next step asks. */
const NEXT: Readonly<Record<Tier, string>> = {
  on_call: 'whoever is on call, again',
  everybody: 'everybody else who could approve',
  commander: 'the incident commander',
};

const tierOf = (value: Json | undefined): Tier => (value === 'everybody' || value === 'commander' ? value : 'on_call');

/** What comes after this step, with when. */
function after(data: Parameters<Line>[0]): Phrase {
  if (data.next === undefined) return [' It lapses ', when(data.decideBy), '.'];
  return [` I ask ${NEXT[tierOf(field(data.next, 'tier'))]} `, when(field(data.next, 'at')), '.'];
}

/** A pager by its name, a person by theirs. */
const reachedWords = (request: AccessRequest, value: Json | undefined): Phrase =>
  joined(list(value).map((one) => (text(one).startsWith('pager:') ? text(one).slice(6) : person(request, one))));

/** While openings are frozen nobody is sent to press a button that refuses. */
export const frozenSaid = (frozen: Json): string =>
  `${frozenWords(detailOf(members(frozen)))} Approvals are refused until two security people lift it (/breakglass thaw). Phone security if it cannot wait.`;

/** Lines about people who are called: reminded of a request, or paged about an ending. */
export const CALLS = {
  approvers_reminded: (data, { request, phone }) => {
    if (data.frozen !== undefined) {
      const entry: Phrase =
        list(data.people).length > 0 ? ['I am telling ', ...people(request, data.people), '. '] : [];
      return { said: ['Still waiting. ', ...entry, frozenSaid(data.frozen), ...after(data)] };
    }
    if (list(data.people).length === 0) {
      const nobody = NOBODY[tierOf(data.tier)];
      return { said: [`Still waiting, and ${nobody}. Phone ${oneLine(phone, 200)}.`, ...after(data)] };
    }
    const who = people(request, data.people);
    return tierOf(data.tier) === 'commander'
      ? {
          said: [
            'Still waiting. ',
            ...who,
            `, find somebody who can approve it, or phone ${oneLine(phone, 200)}.`,
            ...after(data),
          ],
        }
      : { said: ['Still waiting. I am asking ', ...who, '.', ...after(data)] };
  },
  request_lapsed: (data, { request, phone }) => {
    const asked =
      list(data.asked).length > 0 ? [' Asked: ', ...people(request, data.asked), '.'] : [' Nobody could be asked.'];
    const approved = request.approvals.map(({ by }) => ({ person: by }));
    const some: Phrase = approved.length > 0 ? [' Approved by ', ...joined(approved), ', which was not enough.'] : [];
    return {
      said: [
        'It was not approved in time, so it lapsed. Nothing was opened.',
        ...asked,
        ...some,
        data.frozen === undefined
          ? ` Ask again, or phone ${oneLine(phone, 200)}.`
          : ` ${frozenSaid(data.frozen)} Then ask again.`,
      ],
    };
  },
  oncall_paged: (data, { request }) => {
    const reached = reachedWords(request, data.reached);
    const missed = reachedWords(request, data.missed);
    return {
      said: [
        { strong: 'On-call was paged' },
        ` (round ${String(data.count ?? 1)}): `,
        data.undone === undefined
          ? 'the access cannot be taken away yet.'
          : 'somebody gives the access back after it was taken away; I take it away again each time.',
        ...(reached.length > 0 ? [' Reached: ', ...reached, '.'] : [' Nobody was reached.']),
        ...(missed.length > 0 ? [' Not reached: ', ...missed, '.'] : []),
      ],
    };
  },
  page_resolved: (_data, { request }) => {
    const proven = request.state !== 'closed' || request.outcome !== 'ended_unproven';
    return {
      said: [
        proven
          ? 'It is over: the access is ended, and both proofs are there. On-call can stand down; nothing is left to do.'
          : 'It is over: security attested the ending, which nothing could prove. On-call can stand down.',
      ],
    };
  },
} as const satisfies Partial<Record<RequestEventName, Line>>;
