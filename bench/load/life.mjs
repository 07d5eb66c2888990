// What a request went through until it was open, told by the pure core and never by the database: rows for bulk SQL.

import { planOf } from '../../dist/clouds/aws/policy/plan.js';
import { EMPTY_HEAD, seal } from '../../dist/core/audit/log.js';
import { incidentStream, requestListed, requestStream } from '../../dist/core/events.js';
import { termsDigest, termsOf } from '../../dist/core/policy/terms.js';
import { decide } from '../../dist/core/request/decide.js';
import { plannedEndOf } from '../../dist/core/request/decide-issue.js';
import { actorName } from '../../dist/core/request/decision.js';
import { nextWorkAt, warnAt } from '../../dist/core/request/work.js';
import { DEFINITIONS } from '../../dist/definitions.js';

const MINUTES = 15;
const SYSTEM = { type: 'system', name: 'worker' };

const found = (value, at) => ({ ok: true, value, at });

/** Tells lives under one policy, each with its own id, role and incident, so that its access ends at a given instant. */
export function teller(policy, installationId) {
  const directory = { people: policy.people, teams: policy.teams, onCall: policy.onCall };
  const person = (id) => {
    const [{ workspace, user }] = policy.people.find((one) => one.id === id).chats.slack;
    return { type: 'person', key: `slack:${workspace}:${user}` };
  };
  const [mira, sasha] = [person('mira'), person('sasha')];
  const digests = new Map();
  const digestOf = (role) => {
    if (!digests.has(role)) digests.set(role, termsDigest(termsOf(policy, role)));
    return digests.get(role);
  };
  const factsAt = (now, incident) => ({
    policy: found(policy, now),
    directory: found(directory, now),
    incident: found(
      policy.incidentList.find(({ id }) => id === incident),
      now,
    ),
    account: found('member', now),
    clouds: DEFINITIONS.clouds,
    target: found({ offsetMs: 0, room: [{ what: 'roles', used: 1, quota: 1000 }], changedDefinitions: [] }, now),
    approvers: { [sasha.key]: found('member', now) },
    history: { same: undefined, pending: [], objects: 0, turnedDown: undefined },
    openingOff: undefined,
  });
  const plan = (request, now, head) =>
    planOf({
      grantId: request.grants[0].id,
      installationId,
      head: head.hash,
      plannedEnd: plannedEndOf(request, now),
      offsetMs: 0,
      target: request.grants[0].target,
      details: request.details,
      approvers: request.approvals.map(({ by }) => by),
    });
  /** Steps of a life up to where access is open and its holder was warned; `before` is in seconds before the end. */
  const steps = (id, role, incident) => [
    {
      before: MINUTES * 60 + 60,
      actor: mira,
      command: () => ({ type: 'request', id, channels: incident.channels, input: input(role, incident.id) }),
    },
    { before: MINUTES * 60 + 55, actor: SYSTEM, command: () => ({ type: 'invited', reached: ['sasha'], missed: [] }) },
    { before: MINUTES * 60 + 5, actor: sasha, command: ({ details }) => ({ type: 'approve', digest: details.digest }) },
    {
      before: MINUTES * 60 + 3,
      actor: SYSTEM,
      command: (request, now, head) => ({ type: 'issue', plan: plan(request, now, head) }),
    },
    {
      before: MINUTES * 60,
      actor: SYSTEM,
      command: ({ grants }) => ({ type: 'grant_confirmed', grantId: grants[0].id }),
    },
    { at: warnAt, actor: SYSTEM, command: () => ({ type: 'warn' }) },
  ];
  const input = (role, incident) => ({
    incident,
    role,
    reason: 'service_restoration',
    purpose: 'Load',
    minutes: MINUTES,
    commander: 'kenji',
    digest: digestOf(role),
  });

  const incidents = new Map();
  /** That the request was opened, in the stream of its incident. */
  const listed = (id, incident, [first]) => {
    const stream = incidentStream(incident);
    const stamp = { at: first.at, actor: first.actor, checkpoint: 0 };
    const said = seal(stream, incidents.get(stream) ?? EMPTY_HEAD, [requestListed(id, first)], stamp);
    incidents.set(stream, said.at(-1));
    return said;
  };

  return ({ id, role, incident, endsAt }) => {
    let request;
    let head = EMPTY_HEAD;
    let version = 0;
    let now;
    const events = [];
    for (const { before, at, actor, command } of steps(id, role, incident)) {
      now = at === undefined ? new Date(endsAt.getTime() - before * 1000) : at(request);
      const decision = decide(request, command(request, now, head), actor, factsAt(now, incident.id), now);
      if (!decision.ok) throw new Error(`refused: ${JSON.stringify(decision.refusal)}`);
      request = decision.next;
      const said = decision.events.map(({ type, data }) => ({ type, data: JSON.parse(JSON.stringify(data)) }));
      const sealed = seal(requestStream(id), head, said, { at: now, actor: actorName(actor), checkpoint: 0 });
      head = sealed.at(-1) ?? head;
      version += sealed.length > 0 ? 1 : 0;
      events.push(...sealed);
    }
    const row = {
      request,
      version,
      seq: head.seq,
      chats: {},
      drawnVersion: version,
      postedSeq: head.seq,
      updatedAt: now,
    };
    return { row, events: [...events, ...listed(id, incident.id, events)], workAt: nextWorkAt(row) };
  };
}
