import { parse, stringify } from 'yaml';
import { demoPolicy } from '../dist/demo/stage.js';

export const CHANNEL = 'C0INC2041';
const LOOK_MS = 5;

export const userOf = (index) => `U0BENCH${String(index).padStart(3, '0')}`;

/** The demo's policy, with so many more people of one team, of whom each may act at the same time as the others. */
export async function policyWithACrowd(size) {
  const policy = parse(await demoPolicy());
  const workspace = policy.people[0].chats.slack[0].workspace;
  for (let index = 0; index < size; index++) {
    policy.people.push({
      id: `crowd-${index}`,
      name: `Crowd ${index}`,
      teams: ['model-serving'],
      chats: { slack: [{ workspace, user: userOf(index) }] },
    });
  }
  return stringify(policy);
}

/**
 * Tells when a user's next `views.open` was answered, and whether the form opened. Looks into the workspace's log every few
 * milliseconds, which costs little.
 */
export function watchForms({ dials }) {
  let sent = dials.sent().length;
  let calls = dials.calls().length;
  const users = new Map();
  const answered = new Map();
  const waiting = new Map();
  const timer = setInterval(() => {
    for (const { payload } of dials.sent().slice(sent)) {
      users.set(payload.trigger_id, payload.user_id);
      sent += 1;
    }
    for (const { method, args, at, ok, error } of dials.calls().slice(calls)) {
      calls += 1;
      if (method === 'views.open') answered.set(args.trigger_id, { at, ok, error });
    }
    for (const [trigger, answer] of answered) {
      const user = users.get(trigger);
      if (user === undefined || !waiting.has(user)) continue;
      answered.delete(trigger);
      waiting.get(user)(answer);
      waiting.delete(user);
    }
  }, LOOK_MS);
  return {
    answered: (user) => new Promise((resolve) => waiting.set(user, resolve)),
    stop: () => clearInterval(timer),
  };
}
