import { approversOf } from '../core/decide-attest.ts';
import { type Directory, personById } from '../core/directory.ts';
import type { ChatAccount } from '../core/facts.ts';
import type { Approval } from '../core/request.ts';
import type { Row } from '../core/work.ts';
import { apply } from './apply.ts';
import type { BrokerDeps } from './deps.ts';
import { policyOf } from './gather.ts';
import { WORKER } from './open-grant.ts';

const HOLDERS_MAX = 10_000;

/**
 * Looks at everybody who holds access now. A requester who was suspended or left is ended at once; an approver's
 * change is posted, nothing more. Each source is judged by itself: one that does not answer ends nothing, and keeps
 * the other from being heard no more than one row keeps the next.
 */
export async function watchPeople(deps: BrokerDeps): Promise<void> {
  const holding = await deps.store.list({ states: ['granting', 'active'], limit: HOLDERS_MAX });
  if (holding.length === 0) return;
  const { mark } = await deps.store.installation();
  const directory = await directoryNow(deps);
  for (const row of holding.filter(isOf(mark))) {
    try {
      await watch(deps, row, directory);
    } catch (error) {
      deps.logger.warn(
        { requestId: row.request.ask.id, why: String(error) },
        'the people of a request could not be watched',
      );
    }
  }
}

/** Plans of another installation, whose database ours was copied from, are that one's to end. */
const isOf =
  (mark: string) =>
  ({ request }: Row): boolean =>
    request.state === 'pending' || request.grants.every(({ plan }) => plan === undefined || plan.mark === mark);

/** An empty directory is an answer that cannot be right: it counts as none. */
async function directoryNow(deps: BrokerDeps): Promise<Directory | undefined> {
  try {
    const { directory } = await deps.directory.read(await policyOf(deps));
    return directory.people.length === 0 ? undefined : directory;
  } catch (error) {
    deps.logger.warn({ why: String(error) }, 'the directory did not answer; nobody is ended for it');
    return undefined;
  }
}

async function watch(deps: BrokerDeps, { request }: Row, directory: Directory | undefined): Promise<void> {
  const { id, requester, askedWith } = request.ask;
  const why = directoryWhy(directory, requester.id) ?? (await chatWhy(deps, askedWith));
  if (why !== undefined) {
    await apply(deps, id, { type: 'bar_requester', why }, WORKER);
    return;
  }
  const unposted = approversOf(request).filter(({ by }) => !request.changedApprovers?.includes(by.id));
  for (const approval of unposted) {
    const changed = await approverWhy(deps, directory, approval);
    if (changed === undefined) continue;
    await apply(deps, id, { type: 'approver_changed', person: approval.by.id, why: changed }, WORKER);
  }
}

const approverWhy = async (deps: BrokerDeps, directory: Directory | undefined, { by, key }: Approval) =>
  directoryWhy(directory, by.id) ?? (await chatWhy(deps, key));

function directoryWhy(directory: Directory | undefined, id: string): string | undefined {
  if (directory === undefined) return undefined;
  const person = personById(directory, id);
  if (person !== undefined) return person.suspended ? 'suspended' : undefined;
  // Two people under one id say nothing about either.
  return directory.people.some((one) => one.id === id) ? undefined : 'left the directory';
}

async function chatWhy(deps: BrokerDeps, key: Approval['key']): Promise<string | undefined> {
  try {
    const account: ChatAccount = await deps.announce.account(key);
    return account === 'member' ? undefined : `chat account: ${account}`;
  } catch (error) {
    deps.logger.warn(
      { why: String(error) },
      'the chat did not say whether somebody is still there; nobody is ended for it',
    );
    return undefined;
  }
}
