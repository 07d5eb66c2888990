import { digestOf } from '../core/canonical.ts';
import { droppedAccountsInUse } from '../core/policy/policy-diff.ts';
import { securityChannelsOf } from '../core/policy/policy-row.ts';
import { actorName } from '../core/request/decision.ts';
import { DEFINITIONS } from '../definitions.ts';
import { applyPolicy, changesOf } from '../policy-in-force.ts';
import { readForCli } from './lint.ts';
import { operator, withStore } from './with-store.ts';

/** Lints a file and puts it in force. Returns the exit code. */
export async function applyFile(file: string): Promise<number> {
  const read = await readForCli(file);
  if (read === undefined) return 1;
  if (!read.ok) {
    console.error('\nNot applied: mend these first. The policy in force stays.');
    return 1;
  }
  return withStore(async (store) => {
    const inForce = await store.policyInForce();
    const accounts = (await store.unended()).flatMap(({ request }) =>
      request.state === 'pending' ? [] : request.grants.map(({ target }) => target),
    );
    const dropped = droppedAccountsInUse(read.policy, accounts);
    if (dropped.length > 0) {
      console.error(
        `Not applied: access is open in ${dropped.join(', ')}, which this file no longer names. End it first (breakglass list).`,
      );
      return 1;
    }
    const changes = changesOf(inForce, read.policy, DEFINITIONS.clouds);
    if (inForce !== undefined && inForce.doubt === undefined && inForce.digest === digestOf(read.policy)) {
      console.log(`Nothing to do: policy ${inForce.number} already says the same.`);
      return 0;
    }
    const by = actorName(operator());
    const { number } = await applyPolicy(store, read.policy, read.text, by, inForce, DEFINITIONS.clouds);
    console.log([`Policy ${number} is in force.`, ...changes.map((line) => `  ${line}`)].join('\n'));
    const notified = [inForce?.policy, read.policy].flatMap((one) =>
      one ? Object.values(securityChannelsOf(one)) : [],
    );
    console.log(`A worker tells ${[...new Set(notified)].join(' and ')} within a minute.`);
    return 0;
  });
}
