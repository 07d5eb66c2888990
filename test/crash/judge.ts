import { requestStream } from '../../src/core/events.ts';
import type { Role } from '../../src/demo/aws/accounts.ts';
import type { SigningKeys } from '../../src/demo/aws/sigv4.ts';
import { userOf } from '../../src/demo/driver.ts';
import { accountOf } from './catalog.ts';
import { CHANNEL, type Life, type TestEnvironment } from './environment.ts';

export interface Expected {
  /** Outcomes that are right for this life. */
  readonly outcomes: readonly string[];
  /** A session that the human took on while it was open. */
  readonly keys?: SigningKeys | undefined;
}

/** Everything that does not hold of a life that must be over: empty when all is well. */
export async function judge(
  environment: TestEnvironment,
  life: Life,
  { outcomes, keys }: Expected,
): Promise<readonly string[]> {
  return [
    ...(await rowProblems(environment, life, outcomes)),
    ...(await cloudProblems(environment, life)),
    ...(await sessionProblems(environment, life, keys)),
    ...(await timelineProblems(environment, life)),
  ];
}

/** A4, D3: closed with an outcome, and from a plan only with both proofs. */
async function rowProblems(
  environment: TestEnvironment,
  life: Life,
  outcomes: readonly string[],
): Promise<readonly string[]> {
  const { request } = await environment.row(life);
  if (request.state !== 'closed') return [`the request is ${request.state}`];
  const events = await environment.store.events(requestStream(life.requestId));
  const why = events.flatMap(({ data }) => (typeof data.why === 'string' ? [data.why] : [])).join(', ');
  return [
    ...(outcomes.includes(request.outcome) ? [] : [`the outcome is ${request.outcome} (${why})`]),
    ...request.grants.flatMap(({ plan, accessRemoved, sessionsEnded }) => [
      ...(plan && !accessRemoved ? ['closed without proof that access was removed'] : []),
      ...(plan && !sessionsEnded ? ['closed without proof that sessions ended'] : []),
    ]),
  ];
}

/** D1: exactly one role was ever made, and what is left of it lets nobody in and nothing through. */
async function cloudProblems(environment: TestEnvironment, life: Life): Promise<readonly string[]> {
  const name = await environment.roleName(life);
  const { aws } = environment.stage;
  const made = aws.dials
    .log()
    .filter(({ action, outcome, params }) => action === 'CreateRole' && outcome === 'ok' && params.RoleName === name);
  if (name === undefined) return made.length === 0 ? [] : ['a role was made without a plan'];
  const role = aws.roles(accountOf(life.lane)).find((one) => one.name === name);
  return [
    ...(made.length === 1 ? [] : [`${made.length} roles were made`]),
    ...(role === undefined ? ['nothing holds the role’s name any more'] : leftovers(role)),
  ];
}

/** What allows something may be left behind both Denies, where it gives nothing; deleting the tombstone takes it along. */
function leftovers({ policies: { inline, trust } }: Role): readonly string[] {
  return [
    ...(inline['99-revoked']?.includes('"Effect":"Deny","Action":"*","Resource":"*"') ? [] : ['no unconditional Deny']),
    ...(trust.includes('"Allow"') || !trust.includes('"Deny"') ? ['the trust lets somebody in'] : []),
  ];
}

/** D1: whatever the human holds is worth nothing, and there is nothing more to get. */
async function sessionProblems(
  environment: TestEnvironment,
  life: Life,
  keys: SigningKeys | undefined,
): Promise<readonly string[]> {
  const used = keys === undefined ? undefined : await environment.use(life, keys);
  const again = await environment.assume(life).then(
    () => true,
    () => false,
  );
  return [...(used?.allowed ? ['the session still works'] : []), ...(again ? ['the role can still be taken on'] : [])];
}

/** E1: one post per event in the thread, none missing and none twice. */
async function timelineProblems(environment: TestEnvironment, life: Life): Promise<readonly string[]> {
  const refs = await environment.store.chat.refs(life.requestId);
  const stored = refs.filter(({ kind }) => kind === 'post').map(({ message }) => message);
  const shown = environment.stage.slack
    .as(userOf(environment.stage, 'kenji'))
    .thread(CHANNEL, life.card.ts)
    .slice(1)
    .filter(({ ephemeral }) => !ephemeral);
  return [
    ...stored.filter((ts) => !shown.some((one) => one.ts === ts)).map((ts) => `the thread lacks the post ${ts}`),
    ...shown.filter(({ ts }) => !stored.includes(ts)).map(({ words }) => `posted once too often: ${words}`),
  ];
}
