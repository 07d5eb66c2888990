import { type ChatKey, type Directory, keysOf } from '../../core/policy/directory.ts';
import { incidentId, type Policy } from '../../core/policy/policy.ts';
import type { RequestInput } from '../../core/request/command.ts';
import type { AccessRequest } from '../../core/request/request.ts';
import { typedId } from '../../core/typed.ts';
import { type FormValues, textIn } from './form-view.ts';

/** What stands in the request form now, as typed and picked; nothing here is believed until policy has checked it. */
export interface RequestValues {
  readonly incident?: string | undefined;
  readonly role?: string | undefined;
  readonly runbook?: string | undefined;
  readonly reason?: string | undefined;
  readonly purpose?: string | undefined;
  readonly minutes?: string | undefined;
  /** Every key that the commander may have. */
  readonly commander?: readonly ChatKey[] | undefined;
}

/** The values of the request form, as it was sent. */
export function requestValues(values: FormValues): RequestValues {
  const text = (field: string) => textIn(values, field) || undefined;
  const { commander } = values;
  return {
    incident: text('incident'),
    role: text('role'),
    runbook: text('runbook'),
    reason: text('reason'),
    purpose: text('purpose'),
    minutes: text('minutes'),
    commander: typeof commander === 'string' ? undefined : commander,
  };
}

/** The form after a role was picked: a runbook of another role is let go. */
export function withRole(values: RequestValues, role: string, policy: Policy): RequestValues {
  const runbook = policy.runbooks.find(({ id }) => id === values.runbook);
  return { ...values, role, runbook: runbook?.role === role ? values.runbook : undefined };
}

/** The form after a runbook was picked: role, minutes and reason are the runbook's (A10); all can still be changed. */
export function withRunbook(values: RequestValues, id: string | undefined, policy: Policy): RequestValues {
  const runbook = policy.runbooks.find((one) => one.id === id);
  if (runbook === undefined) return { ...values, runbook: undefined };
  const { role, minutes, reason } = runbook;
  return { ...values, runbook: runbook.id, role, minutes: String(minutes), reason };
}

/** A form that asks for the same again. */
export const valuesAgain = ({ details }: AccessRequest): RequestValues => ({
  incident: details.incident.id,
  role: details.terms.role.id,
  runbook: details.runbook,
  reason: details.reason,
  purpose: details.purpose,
  minutes: String(details.minutes),
  commander: details.commander.keys,
});

/** The values as an order. The commander becomes a person only through the directory; nobody found stays nobody. */
export function inputOf(values: RequestValues, digest: string, directory: Directory | undefined): RequestInput {
  const keys = values.commander ?? [];
  const commander = directory?.people.filter((person) => keysOf(person).some((key) => keys.includes(key)));
  return {
    incident: typedIncident(values.incident ?? ''),
    role: values.role ?? '',
    ...(values.runbook === undefined ? {} : { runbook: values.runbook }),
    reason: values.reason ?? '',
    purpose: values.purpose ?? '',
    minutes: Number(values.minutes ?? Number.NaN),
    commander: commander?.length === 1 ? (commander[0]?.id ?? '') : '',
    digest,
  };
}

/** An incident's id as it was meant: as it stands where it can be one, else without quotes and the like around it. */
export const typedIncident = (text: string): string => (isIncidentId(text.trim()) ? text.trim() : typedId(text));

export const isIncidentId = (text: string): boolean => incidentId.safeParse(text).success;
