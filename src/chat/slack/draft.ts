import type { ViewOutput } from '@slack/bolt';
import type { Directory } from '../../core/policy/directory.ts';
import { incidentSchema, type Policy } from '../../core/policy/policy.ts';
import type { RequestInput } from '../../core/request/command.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import { typedId } from '../../core/typed.ts';
import { fieldOf, termsBlock } from './ids.ts';
import { keyAt, userOf } from './text.ts';

/** What stands in the request form now, as typed and picked; nothing here is believed until policy has checked it. */
export interface Draft {
  readonly incident?: string | undefined;
  readonly role?: string | undefined;
  readonly runbook?: string | undefined;
  readonly reason?: string | undefined;
  readonly purpose?: string | undefined;
  readonly minutes?: string | undefined;
  /** Slack user id of the commander. */
  readonly commander?: string | undefined;
}

/** The form's values, whatever its blocks were drawn for. */
export function draftOf(view: ViewOutput): Draft {
  const values: Record<string, string> = {};
  for (const [block, actions] of Object.entries(view.state.values)) {
    for (const state of Object.values(actions)) {
      const value = state.value ?? state.selected_option?.value ?? state.selected_user;
      if (value) values[fieldOf(block)] = value;
    }
  }
  return values;
}

/** The form after a role was picked: a runbook of another role is let go. */
export function withRole(draft: Draft, role: string, policy: Policy): Draft {
  const runbook = policy.runbooks.find(({ id }) => id === draft.runbook);
  return { ...draft, role, runbook: runbook?.role === role ? draft.runbook : undefined };
}

/** The form after a runbook was picked: role, minutes and reason are the runbook's (A10); all can still be changed. */
export function withRunbook(draft: Draft, id: string | undefined, policy: Policy): Draft {
  const runbook = policy.runbooks.find((one) => one.id === id);
  if (runbook === undefined) return { ...draft, runbook: undefined };
  const { role, minutes, reason } = runbook;
  return { ...draft, runbook: runbook.id, role, minutes: String(minutes), reason };
}

/** A form that asks for the same again. */
export function draftAgain({ details }: AccessRequest, homes: readonly string[]): Draft {
  const commander = keyAt(details.commander.keys, homes);
  return {
    incident: details.incident.id,
    role: details.terms.role.id,
    runbook: details.runbook,
    reason: details.reason,
    purpose: details.purpose,
    minutes: String(details.minutes),
    commander: commander && userOf(commander),
  };
}

/** The digest of the terms that this view showed, or nothing if it showed none. */
export const shownDigest = (view: ViewOutput): string =>
  view.blocks
    .map(({ block_id: id = '' }) => id)
    .find((id) => id.startsWith(termsBlock('')))
    ?.slice(termsBlock('').length) ?? '';

/** The draft as an order. The commander becomes a person only through the directory; nobody found stays nobody. */
export function inputOf(
  draft: Draft,
  digest: string,
  directory: Directory | undefined,
  homes: readonly string[],
): RequestInput {
  const commander = directory?.people.filter((person) =>
    person.slack.some(({ workspace, user }) => homes.includes(workspace) && user === draft.commander),
  );
  return {
    incident: typedIncident(draft.incident ?? ''),
    role: draft.role ?? '',
    ...(draft.runbook === undefined ? {} : { runbook: draft.runbook }),
    reason: draft.reason ?? '',
    purpose: draft.purpose ?? '',
    minutes: Number(draft.minutes ?? Number.NaN),
    commander: commander?.length === 1 ? (commander[0]?.id ?? '') : '',
    digest,
  };
}

/** An incident's id as it was meant: as it stands where it can be one, else without quotes and the like around it. */
export const typedIncident = (text: string): string => (isIncidentId(text.trim()) ? text.trim() : typedId(text));

export const isIncidentId = (text: string): boolean => incidentSchema.shape.id.safeParse(text).success;
