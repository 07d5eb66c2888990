import { accept, type Decision, refuse, wrongState } from './decision.ts';
import { nextPageAt } from './paging.ts';
import type { Pages, Party } from './request.ts';
import type { CommandOf, RequestFor } from './transitions.ts';

/** A round begins, once and not before it is due. It is no event yet: nobody was paged. */
export function decidePageBegun(
  request: RequestFor<'page_begun'>,
  { round, people }: CommandOf<'page_begun'>,
  now: Date,
): Decision {
  const due = nextPageAt(request);
  if (due === undefined || round !== (request.pages?.count ?? 0) + 1) return wrongState(request);
  if (now < due) return refuse('not_due');
  const notified = request.pages === undefined ? [] : notifiedOrMaybe(request.pages);
  return accept({ ...request, pages: { count: round, at: now, people, notified } });
}

/**
 * What a round came to. Of two workers that made the same round the first is told in full, the second only with whom it
 * reached besides. Somebody may be reached after the ending was proven: then that is called off once more.
 */
export function decidePaged(
  request: RequestFor<'paged'>,
  { round, reached, missed, again }: CommandOf<'paged'>,
): Decision {
  const { pages } = request;
  if (pages?.count !== round) return wrongState(request);
  const { stoodDownAt: _stoodDownAt, unresolved: _unresolved, ...kept } = pages;
  const before = pages.again;
  const fresh = before === undefined ? reached : reached.filter((one) => before.includes(one));
  const owed = before === undefined ? again : before.filter((one) => again.includes(one));
  const notified = [
    ...pages.notified,
    ...pages.people.filter(({ id }) => fresh.includes(id) && !isNotified(pages, id)),
  ];
  if (before === undefined || fresh.length > 0) {
    return accept(
      { ...request, pages: { ...kept, notified, again: owed } },
      {
        type: 'oncall_paged',
        data: {
          count: round,
          reached: fresh,
          missed: before === undefined ? missed : owed,
          undone: request.state === 'revoking' ? request.undone?.times : undefined,
        },
      },
    );
  }
  // Nobody more was reached. What cannot be reached at all is not tried for ever.
  return owed.length < before.length ? accept({ ...request, pages: { ...pages, again: owed } }) : wrongState(request);
}

const isNotified = ({ notified }: Pages, id: string): boolean => notified.some((party) => party.id === id);

/**
 * Whoever was reached, and whoever may have been: of a round whose outcome nobody recorded everybody, since its process
 * died while it paged; of any other those whose page may have arrived though its answer did not.
 */
function notifiedOrMaybe(pages: Pages): readonly Party[] {
  const { notified, people, again } = pages;
  return [...notified, ...people.filter(({ id }) => !isNotified(pages, id) && (again?.includes(id) ?? true))];
}

/** It is over, and told once; pagers that did not hear it are told again, from where they came to. */
export function decideStoodDown(
  request: RequestFor<'stood_down'>,
  { again, resolved: came }: CommandOf<'stood_down'>,
  now: Date,
): Decision {
  const { pages } = request;
  if (pages === undefined) return wrongState(request);
  const before = pages.resolved ?? {};
  const further = Object.entries(came).filter(([name, round]) => round > (before[name] ?? 0));
  const resolved = { ...before, ...Object.fromEntries(further) };
  const next = { ...request, pages: { ...pages, unresolved: again, resolved, stoodDownAt: pages.stoodDownAt ?? now } };
  if (pages.stoodDownAt === undefined) {
    const notified = notifiedOrMaybe(pages);
    return accept(
      { ...next, pages: { ...next.pages, notified } },
      { type: 'page_resolved', data: { pages: pages.count } },
    );
  }
  const fewer = (pages.unresolved ?? []).length > again.length;
  return fewer || further.length > 0 ? accept(next) : wrongState(request);
}
