import type { NewEvent, StoredEvent } from '../events.ts';
import type { Approval, Attestation, Plan } from './request.ts';

/*
 * What events carry whole, so that a row can be held to them: a plan, an approval, a word of security. Written and read
 * back side by side, each member by name: a new one does not compile until both know it.
 */

/** A value as JSON keeps it: instants as ISO strings. */
export type Written<T> = T extends Date
  ? string
  : T extends readonly (infer Item)[]
    ? readonly Written<Item>[]
    : T extends object
      ? { readonly [Key in keyof T]: Written<T[Key]> }
      : T;

/** The same with every member named, those that may be missing too. */
type Every<T> = { readonly [Key in keyof Required<T>]: Written<T[Key]> };

/** A value as an event's data carries it. */
export const written = (value: object): NewEvent['data'] => JSON.parse(JSON.stringify(value));

const PLAN = {
  provider: true,
  grantId: true,
  installationId: true,
  name: true,
  plannedEnd: true,
  nativeEnd: true,
  cleanUpAt: true,
  propagationSeconds: true,
  scope: true,
  hashes: true,
  detail: true,
} as const satisfies Record<keyof Plan, true>;

/** A plan, for the event that says it was made. */
export const planData = (plan: Plan): NewEvent['data'] => written(plan);

/** The plan that such an event carries, among whatever else it says. */
export const planFrom = (data: NewEvent['data']): Written<Plan> =>
  Object.fromEntries(Object.keys(PLAN).map((name) => [name, data[name]])) as unknown as Written<Plan>;

/** An approval, for the event that records it: by the person who acts, at that moment. */
export const approvalData = ({
  by,
  key,
  teams,
  digest,
  assurance,
  incidentVerified,
}: Omit<Approval, 'at'>): NewEvent['data'] => ({
  person: by.id,
  name: by.name,
  keys: by.keys,
  key,
  teams,
  digest,
  assurance,
  incidentVerified,
});

/** The approval that such an event records. */
export function approvalFrom({ at, data }: StoredEvent): Written<Approval> {
  const { person, name, keys, key, teams, digest, assurance, incidentVerified } = data;
  const by = { id: person, name, keys };
  const approval = { by, key, at: at.toISOString(), teams, digest, assurance, incidentVerified };
  return approval as Every<Approval>;
}

/** A security person's word on an ending, for its event. */
export const attestationData = ({ by, key, statement }: Omit<Attestation, 'at'>): NewEvent['data'] => ({
  person: by.id,
  name: by.name,
  keys: by.keys,
  key,
  statement,
});

/** The word that such an event records. */
export function attestationFrom({ at, data }: StoredEvent): Written<Attestation> {
  const { person, name, keys, key, statement } = data;
  return { by: { id: person, name, keys }, key, at: at.toISOString(), statement } as Every<Attestation>;
}
