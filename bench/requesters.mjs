import { parse, stringify } from 'yaml';
import { demoPolicy } from '../dist/demo/stage.js';

/**
 * The demo's policy, with as many like Mira as there are lives at once: one person may have one request for a role and an
 * incident. Each of them lives more lives here in a minute than anybody in a day.
 */
export async function policyWithRequesters(atOnce) {
  const policy = parse(await demoPolicy());
  const mira = policy.people.find(({ id }) => id === 'mira');
  policy.timings = { ...policy.timings, propagationSeconds: 1 };
  policy.requests = { maxObjects: 1000 };
  for (let index = 0; index < atOnce; index++) {
    const number = String(index).padStart(3, '0');
    policy.people.push({
      ...mira,
      id: `bench-${index}`,
      chats: { slack: [{ workspace: mira.chats.slack[0].workspace, user: `U0BENCH${number}` }] },
      clouds: { aws: { ...mira.clouds.aws, userId: `${mira.clouds.aws.userId.slice(0, -3)}${number}` } },
    });
  }
  return stringify(policy);
}
