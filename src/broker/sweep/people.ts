import { TookTooLong, within } from '../../bounded.ts';
import {
  type ChatKey,
  type ChatName,
  chatOf,
  type Directory,
  keysOf,
  personById,
} from '../../core/policy/directory.ts';
import { approversOf } from '../../core/request/extension.ts';
import type { ChatAccount } from '../../core/request/facts.ts';
import { bars } from '../../core/request/linked.ts';
import type { Approval, Party } from '../../core/request/request.ts';
import type { Row } from '../../core/request/work.ts';
import { apply } from '../apply.ts';
import type { BrokerDeps } from '../deps.ts';
import { WORKER } from '../grant/open.ts';
import { policyOf } from '../policy-of.ts';

const HOLDING = ['granting', 'active'] as const;
/** Rows read at once. */
const PAGE = 200;
/** A chat that was waited for in vain for so long, in all, is asked no more in this look (milliseconds). */
const IN_VAIN_MS = 10_000;

/**
 * Looks at everybody who holds access now. A requester who was suspended or left is ended at once; an approver's
 * change is posted, nothing more. Each source is judged by itself: one that does not answer ends nothing, and keeps
 * the other from being heard no more than one row keeps the next.
 */
export async function watchPeople(deps: BrokerDeps, inVainMs = IN_VAIN_MS): Promise<void> {
  let rows = await deps.store.inStates(HOLDING, PAGE);
  if (rows.length === 0) return;
  const { installationId } = await deps.store.installation();
  const looking: Looking = { ...deps, people: await directoryNow(deps), accounts: asksOnce(deps, inVainMs) };
  while (rows.length > 0) {
    for (const row of rows.filter(isOf(installationId))) {
      try {
        await watch(looking, row);
      } catch (error) {
        deps.logger.warn(
          { requestId: row.request.details.id, why: String(error) },
          'the people of a request could not be watched',
        );
      }
    }
    rows = await deps.store.inStates(HOLDING, PAGE, rows.at(-1)?.request.details.id);
  }
}

/** One look at everybody. */
interface Looking extends BrokerDeps {
  readonly people: Directory | undefined;
  /** What the chat says of an account. */
  readonly accounts: (key: ChatKey) => Promise<ChatAccount>;
}

/**
 * Whoever holds or approved a thousand grants is asked about once: a chat's rate limit is for people who wait. And a
 * chat that hangs, which each is waited for by itself, must not keep for hours what the directory says of those who come later.
 */
function asksOnce({ announce }: BrokerDeps, inVainMs: number): Looking['accounts'] {
  const asked = new Map<ChatKey, Promise<ChatAccount>>();
  const waitedMs = new Map<ChatName, number>();
  const ask = async (key: ChatKey): Promise<ChatAccount> => {
    const chat = chatOf(key);
    const left = inVainMs - (waitedMs.get(chat) ?? 0);
    if (left <= 0) throw new Error('it did not answer before, in this look');
    const from = performance.now();
    try {
      return await within(left, chat, announce.account(key));
    } catch (error) {
      const sofar = (waitedMs.get(chat) ?? 0) + performance.now() - from;
      waitedMs.set(chat, error instanceof TookTooLong ? inVainMs : sofar);
      throw error;
    }
  };
  return (key) => {
    const answer = asked.get(key) ?? ask(key);
    asked.set(key, answer);
    return answer;
  };
}

/** Plans of another installation, whose database ours was copied from, are that one's to end. */
const isOf =
  (installationId: string) =>
  ({ request }: Row): boolean =>
    request.state === 'pending' ||
    request.grants.every(({ plan }) => plan === undefined || plan.installationId === installationId);

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

async function watch(deps: Looking, { request }: Row): Promise<void> {
  const { id, requester, askedWith } = request.details;
  const why = directoryWhy(deps.people, requester.id) ?? (await chatsWhy(deps, requester, askedWith));
  if (why !== undefined) {
    await apply(deps, id, { type: 'bar_requester', why }, WORKER);
    return;
  }
  const unposted = approversOf(request).filter(({ by }) => !request.changedApprovers?.includes(by.id));
  for (const approval of unposted) {
    const changed = await approverWhy(deps, approval);
    if (changed === undefined) continue;
    await apply(deps, id, { type: 'approver_changed', person: approval.by.id, why: changed }, WORKER);
  }
}

const approverWhy = async (deps: Looking, { by, key }: Approval) =>
  directoryWhy(deps.people, by.id) ?? (await chatsWhy(deps, by, key));

function directoryWhy(directory: Directory | undefined, id: string): string | undefined {
  if (directory === undefined) return undefined;
  const person = personById(directory, id);
  if (person !== undefined) return person.suspended ? 'suspended' : undefined;
  // Two people under one id say nothing about either.
  return directory.people.some((one) => one.id === id) ? undefined : 'left the directory';
}

/**
 * By the account that they used, or by another of theirs that bars them everywhere: asked side by side. Those others are
 * the directory's of now; while it does not answer, those of when they asked or approved.
 */
async function chatsWhy(deps: Looking, party: Party, used: ChatKey): Promise<string | undefined> {
  const person = deps.people && personById(deps.people, party.id);
  const others = (person ? keysOf(person) : party.keys).filter((key) => key !== used);
  const said = await Promise.all([
    chatWhy(deps, used, (account) => account !== 'member'),
    ...others.map((key) => chatWhy(deps, key, bars)),
  ]);
  return said.find((why) => why !== undefined);
}

async function chatWhy(
  deps: Looking,
  key: ChatKey,
  isNo: (account: ChatAccount) => boolean,
): Promise<string | undefined> {
  try {
    const account = await deps.accounts(key);
    return isNo(account) ? `chat account: ${account}` : undefined;
  } catch (error) {
    deps.logger.warn(
      { why: String(error) },
      'the chat did not say whether somebody is still there; nobody is ended for it',
    );
    return undefined;
  }
}
