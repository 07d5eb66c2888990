import { DOUBTED } from '../../core/policy/policy-row.ts';
import type { BrokerDeps } from '../deps.ts';
import { callDuty, troubleOver } from '../notify/page-trouble.ts';

/** The trouble's name. */
const POLICY = 'policy-in-force';
/** What stands for the security channel among those whom a round has reached. */
const CHANNEL = 'security-channel';

/**
 * Says, once each time it begins, that nothing is opened by the policy in force: to the security channel of the newest
 * policy that the log explains, and to who is on duty. While neither could be told it is said again at each call; the
 * log has it every time. Rejects when the store does not answer.
 */
export async function watchPolicy(deps: BrokerDeps): Promise<void> {
  const doubt = (await deps.store.policyInForce())?.doubt;
  if (doubt === undefined) return troubleOver(deps, POLICY);
  deps.logger.error({ why: doubt }, DOUBTED);
  const { copy } = await deps.store.installation();
  const begun = copy === undefined ? await deps.store.troubles.begin(POLICY, 'once') : undefined;
  if (begun === undefined) return;
  const { summary, details } = deps.words.nothingOpens(doubt);
  const channel = async (): Promise<void> => {
    const everywhere = await deps.announce.alarm([summary, ...details].join(' '));
    if (everywhere) await deps.store.troubles.reached(POLICY, begun.round, [CHANNEL]);
  };
  await Promise.all([
    callDuty(deps, { key: POLICY, summary, details }, begun),
    channel().catch((error: unknown) => {
      deps.logger.error({ why: String(error) }, 'the security channel was not told that nothing is opened');
    }),
  ]);
}
