import { personById } from '../core/directory.ts';
import type { AccessRequest } from '../core/request.ts';
import { apply } from './apply.ts';
import type { BrokerDeps } from './deps.ts';
import { policyOf } from './gather.ts';
import { WORKER } from './open-grant.ts';

/**
 * Looks at everybody who holds access now. A requester who was suspended or left is ended at once; an approver's
 * change is posted, nothing more; a look-up that fails ends nothing.
 */
export async function watchPeople(deps: BrokerDeps): Promise<void> {
  const active = await deps.store.list({ states: ['granting', 'active'], limit: 10_000 });
  if (active.length === 0) return;
  const { directory } = await deps.directory.read(await policyOf(deps));
  for (const { request } of active) {
    const { id } = request.ask;
    const requester = personById(directory, request.ask.requester.id);
    const why = await barred(deps, request, requester);
    if (why !== undefined) {
      await apply(deps, id, { type: 'bar_requester', why }, WORKER);
      continue;
    }
    for (const { by } of request.approvals) {
      const person = personById(directory, by.id);
      if (person !== undefined && !person.suspended) continue;
      await apply(
        deps,
        id,
        { type: 'approver_changed', person: by.id, why: person ? 'suspended' : 'left the directory' },
        WORKER,
      );
    }
  }
}

async function barred(
  deps: BrokerDeps,
  request: AccessRequest,
  requester: { readonly suspended?: boolean | undefined } | undefined,
): Promise<string | undefined> {
  if (requester === undefined) return 'left the directory';
  if (requester.suspended) return 'suspended';
  try {
    const account = await deps.announce.account(request.ask.askedWith);
    return account === 'member' ? undefined : `chat account: ${account}`;
  } catch (error) {
    deps.logger.warn(
      { requestId: request.ask.id, why: String(error) },
      'the chat did not say whether the requester is still there',
    );
    return undefined;
  }
}
