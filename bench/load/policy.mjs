import { parse, stringify } from 'yaml';
import { demoPolicy } from '../../dist/demo/stage.js';

const LIKE = 'model-serving-restart';

/**
 * The demo's policy with so many more accounts, each with one role, and so many open incidents with a channel each.
 * Sessions count as ended a second after the Deny was read back, so that no proof waits for anything but the product.
 */
export async function loadPolicy({ accounts, incidents }) {
  const policy = parse(await demoPolicy());
  const [home] = policy.accounts;
  const like = policy.roles.find(({ id }) => id === LIKE);
  const moved = (what, account) => JSON.parse(JSON.stringify(what).replaceAll(home.id, account));
  for (let index = 0; index < accounts; index++) {
    const account = String(700_000_000_000 + index);
    policy.accounts.push({ ...moved(home, account), name: `Load ${index}` });
    policy.roles.push({ ...moved(like, account), id: roleOf(index), name: `Load ${index}` });
  }
  for (let index = 0; index < incidents; index++) {
    policy.incidentList.push({ ...incidentOf(index), title: `Load ${index}`, state: 'open' });
  }
  policy.timings = { ...policy.timings, propagationSeconds: 1 };
  return stringify(policy);
}

export const roleOf = (index) => `load-${index}`;
export const incidentOf = (index) => ({
  id: `INC-${9000 + index}`,
  channels: { slack: `C0LOAD${String(index).padStart(4, '0')}` },
});
