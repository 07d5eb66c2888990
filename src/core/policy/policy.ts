import { z } from 'zod';
import { byChat, channelId, identityOf } from './by-chat.ts';
import type { CloudSchema } from './cloud-schema.ts';
import type { Cloud, Principal } from './directory.ts';
import type { PolicyParts } from './policy-parts.ts';

/** Blast radius (A6): A reads, B recovers services, C changes data or identities. */
export const ZONES = ['A', 'B', 'C'] as const;
export type Zone = (typeof ZONES)[number];
/** What part of the organisation's estate a role reaches into: shown, and never decided by. */
export const DOMAINS = ['production', 'security', 'network', 'observability', 'backup'] as const;
export type Domain = (typeof DOMAINS)[number];

/** Why access is needed (A4). */
export const REASONS = ['containment', 'recovery', 'data_integrity', 'service_restoration'] as const;
export type Reason = (typeof REASONS)[number];

/** How strongly the person behind a decision was checked. Until step-up exists, only `chat` can be had. */
export const ASSURANCES = ['chat', 'stepped_up'] as const;
export type Assurance = (typeof ASSURANCES)[number];

/** The most people that one clause may want. */
export const COUNT_MAX = 5;

const id = z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, 'must be 1 to 40 of a-z, 0-9, dot, dash, underscore');
const text = (max: number) => z.string().trim().min(1).max(max);
/** How long access may last: whole minutes, save where the floor is lowered below one. */
const minutes = ({ window }: Floors) => (window < 60 ? z.number() : z.int()).min(window / 60).max(720);
const seconds = (floor: number, most: number, preset: number) =>
  z.int().min(floor, `must be at least ${floor} seconds`).max(most, `must be at most ${most} seconds`).default(preset);

/** B3: one line of the approval matrix. All clauses must be filled; one person fills one place of one clause. */
export const clauseSchema = z.discriminatedUnion('who', [
  z.strictObject({
    who: z.literal('group'),
    name: text(60),
    /** Members of any of these teams, children included, and outside every team of the requester. */
    teams: z.array(id).min(1).max(20),
    count: z.int().min(1).max(COUNT_MAX).default(1),
    assurance: z.enum(ASSURANCES),
  }),
  z.strictObject({ who: z.literal('requester'), name: text(60), assurance: z.enum(ASSURANCES) }),
]);
export type Clause = z.infer<typeof clauseSchema>;

/** What a cloud says of a part of the policy, beside the members that every cloud has there. */
type Parts = PolicyParts['clouds'];

/** One variant a cloud, told apart by `provider`. No cloud can take the place of a common member. */
function variants<T>(clouds: Parts, members: (cloud: CloudSchema) => z.ZodRawShape): z.ZodType<T> {
  const [first, ...rest] = Object.values(clouds).map((cloud) =>
    z.strictObject({ ...members(cloud), provider: z.literal(cloud.name) }),
  );
  if (first === undefined) throw new Error('no cloud is known');
  return z.discriminatedUnion('provider', [first, ...rest]) as unknown as z.ZodType<T>;
}

/** Members of a role in every cloud. */
const roleMembers = (floors: Floors) => ({
  id,
  name: text(60),
  summary: text(300),
  zone: z.enum(ZONES),
  domain: z.enum(DOMAINS),
  environment: text(40),
  maxMinutes: minutes(floors),
  /** The most that one request may come to with every extension (B8). Left out: the longest that may be asked at once. */
  maxTotalMinutes: minutes(floors).optional(),
  mayAsk: z.array(id).min(1),
  /** Added to the clauses of the zone, never instead of them. */
  approvals: z.array(clauseSchema).max(5).default([]),
});

/** What every role says, whatever its cloud; what else it says, only its cloud reads. */
export type Role = z.infer<z.ZodObject<ReturnType<typeof roleMembers>>> & {
  readonly provider: Cloud;
  readonly account: string;
};

const roleSchema = (floors: Floors, clouds: Parts) =>
  variants<Role>(clouds, ({ accountId, role }) => ({ ...role, ...roleMembers(floors), account: accountId }));

/** Of an incident: 1 is the worst. */
const severity = z.int().min(1).max(5);

const zoneSchema = (floors: Floors) =>
  z.strictObject({
    maxMinutes: minutes(floors),
    minutesOffered: z.array(minutes(floors)).min(1).max(6).default([15, 30, 60]),
    approvals: z.array(clauseSchema).min(1, 'needs at least one clause: no clause never means "no approval"').max(5),
    unverified_incident: z.enum(['accept', 'refuse']).default('accept'),
    /** How severe the incident must be, 1 being the worst; one whose severity nobody says opens nothing here. */
    minSeverity: severity.optional(),
  });

/** What every account says, whatever its cloud. An entry is one place that the cloud lists as one. */
export interface Account {
  readonly id: string;
  readonly name: string;
  readonly provider: Cloud;
}

const accountSchema = (clouds: Parts) =>
  variants<Account>(clouds, ({ accountId, account }) => ({ ...account, id: accountId, name: text(60) }));

const runbookSchema = (floors: Floors) =>
  z.strictObject({
    id,
    title: text(75),
    url: z.url({ protocol: /^https?$/ }).max(500),
    role: id,
    minutes: minutes(floors),
    reason: z.enum(REASONS),
    trigger: text(300),
    escalation: text(300),
  });

const fileSource = z.strictObject({ kind: z.literal('file') });
const httpSource = z.strictObject({
  kind: z.literal('http'),
  url: z.url({ protocol: /^https?$/ }),
  timeoutSeconds: z.int().min(1).max(10).default(2),
  /** How long one answer may be reused; never longer than the 60 s that facts may be old. */
  cacheSeconds: z.int().min(0).max(60).default(15),
});
const directorySource = z.discriminatedUnion('kind', [fileSource, httpSource]);

/** Who somebody is, cloud by cloud. */
const principals = (clouds: Parts): z.ZodType<Readonly<Record<Cloud, Principal | undefined>>> =>
  z
    .strictObject(Object.fromEntries(Object.values(clouds).map(({ name, principal }) => [name, principal.optional()])))
    .default({});

/** What a directory source answers, file and HTTP alike. */
export const directorySchema = ({ chats, clouds }: PolicyParts) =>
  z.strictObject({
    teams: z.array(z.strictObject({ id, name: text(60), parent: id.optional() })).max(1000),
    people: z
      .array(
        z.strictObject({
          id,
          name: text(80),
          teams: z.array(id).max(30),
          chats: byChat(chats, (chat) => z.array(identityOf(chat)).max(5)).default({}),
          clouds: principals(clouds),
          /** Only compared, to find one person listed twice: so any text will do. */
          email: z.string().trim().max(320).optional(),
          suspended: z.boolean().default(false),
        }),
      )
      .max(20_000),
    onCall: z.record(id, z.array(id).max(20)).default({}),
  });

/** The id of an incident, in its source's own spelling. It names a stream of the log. */
export const incidentId = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,39}$/);
const instant = z.iso.datetime({ offset: true, error: 'must be an instant such as 2026-03-01T12:00:00Z' });

/** What an incident source answers for one incident. */
export const incidentSchema = ({ chats }: Pick<PolicyParts, 'chats'>) =>
  z.strictObject({
    id: incidentId,
    title: z.string().max(200).default(''),
    state: z.enum(['open', 'closed']),
    severity: severity.optional(),
    startedAt: instant.optional(),
    endedAt: instant.optional(),
    /** The incident's own channel in each chat that has one. */
    channels: byChat(chats, channelId).optional(),
  });
export type IncidentRecord = z.infer<ReturnType<typeof incidentSchema>>;
/** With the directory's: where people and incidents come from, the policy file itself or an address. */
const incidentSource = z.discriminatedUnion('kind', [
  fileSource,
  httpSource.extend({
    /** Of each of two questions, the asked id's and the probe's: both fit the 10 s that a look-up may take. */
    timeoutSeconds: z.int().min(1).max(5).default(2),
    /** Id of an incident that is always there (A3): only if that cannot be found either is the source down. */
    probe: incidentId,
  }),
]);
export type Source = z.infer<typeof directorySource> | z.infer<typeof incidentSource>;

/** Durations, in seconds, each with the floor that production keeps. */
export interface Floors {
  /** Lowered: instead of what each cloud says of itself. */
  readonly propagation?: number;
  readonly openingAllowance: number;
  readonly decision: number;
  readonly extendUntil: number;
  readonly lost: number;
  /** The shortest time that access may be asked for. */
  readonly window: number;
}
export const PRODUCTION_FLOORS: Floors = {
  openingAllowance: 30,
  decision: 300,
  extendUntil: 120,
  lost: 300,
  window: 300,
};

/** Until what was taken away has reached every session, where nothing is said. */
const PROPAGATION_PRESET = 300;

/** How long what a cloud takes away may take at least to reach every session. */
export const propagationFloor = (floors: Floors, cloud: Pick<CloudSchema, 'floors'>): number =>
  floors.propagation ?? cloud.floors.propagationSeconds;

/** The schema takes the lowest floor of all clouds; lint holds the policy to those of the clouds it has accounts in. */
const lowestPropagation = (floors: Floors, clouds: Parts): number =>
  Math.min(PROPAGATION_PRESET, ...Object.values(clouds).map((cloud) => propagationFloor(floors, cloud)));

const timings = (floors: Floors, clouds: Parts) =>
  z.strictObject({
    /** From asking until the request lapses. */
    decisionSeconds: seconds(floors.decision, 14_400, 900),
    /** From `issue` until the access must have been read back. */
    openingAllowanceSeconds: seconds(floors.openingAllowance, 280, 90),
    /** How long a removal that was read back may take to reach every session. */
    propagationSeconds: seconds(lowestPropagation(floors, clouds), 3600, PROPAGATION_PRESET),
    /** Warning before the end; a third of a shorter window. */
    warnSeconds: seconds(1, 1800, 300),
    /** An extension is not taken in the last so many seconds: it could not be approved and written in time. */
    extendUntilSeconds: seconds(floors.extendUntil, 1800, 120),
    /** Nobody answers: from asking until on-call approvers are reminded, once and again. */
    remindSeconds: seconds(1, 14_400, 120),
    remindAgainSeconds: seconds(1, 14_400, 300),
    /** Then everybody else who could approve is asked, then the incident commander. */
    escalateSeconds: seconds(1, 14_400, 480),
    commanderSeconds: seconds(1, 14_400, 660),
    /** An ending that keeps failing pages on-call again after this long. */
    pageEverySeconds: seconds(1, 3600, 300),
    /** Between the two looks by name after which access that the cloud does not hold counts as lost. */
    lostSeconds: seconds(floors.lost, 3600, 300),
  });

/** Who may stop every opening, and attest what could not be proven (B11); and whose on-call is paged. */
const security = z.strictObject({
  teams: z.array(id).max(20).default([]),
  /** Teams whose on-call is paged when an ending fails. Left out: the security teams. */
  page: z.array(id).max(20).default([]),
});

/** Bounds on what one person may ask for. */
const requests = z.strictObject({
  /** Objects of one person that may stand in one account at once, empty ones that wait for their deletion included. */
  maxObjects: z.int().min(1).max(1000).default(40),
});

/** What holds where nothing was written, or nothing could be yet: an older version knew fewer settings. */
export const PRESETS = {
  timings: timings(PRODUCTION_FLOORS, {}).parse({}),
  security: security.parse({}),
  requests: requests.parse({}),
};

/** Where a chat shows requests that have no channel of their own there, and where it tells the security people. */
const placesIn = (chat: Parameters<typeof channelId>[0]) =>
  z.strictObject({ default: channelId(chat), security: channelId(chat) });

const channels = (chats: PolicyParts['chats']) =>
  byChat(chats, placesIn).refine((named) => Object.keys(named).length > 0, {
    error: 'names no chat: add the channels of at least one, or nobody sees a request',
  });

/**
 * The schema of `breakglass.yaml`, composed of what the clouds and chats of this process say of their parts. Floors fall
 * only where the caller may lower them (`main`'s argument).
 */
export const policySchema = (floors: Floors, parts: PolicyParts) => {
  const { chats, clouds } = parts;
  const directory = directorySchema(parts).shape;
  return z.strictObject({
    version: z.literal(1),
    organisation: text(60),
    /** Whom to phone if no approver can be reached in chat. Shown to people, so no secret. */
    phone: text(200),
    timings: timings(floors, clouds).prefault({}),
    channels: channels(chats),
    security: security.prefault({}),
    requests: requests.prefault({}),
    zones: z.strictObject({ A: zoneSchema(floors), B: zoneSchema(floors), C: zoneSchema(floors) }),
    accounts: z.array(accountSchema(clouds)).min(1).max(500),
    roles: z.array(roleSchema(floors, clouds)).min(1).max(1000),
    runbooks: z.array(runbookSchema(floors)).max(500).default([]),
    directory: directorySource,
    incidents: incidentSource,
    /** The directory itself, where its source is this file. */
    teams: directory.teams.default([]),
    people: directory.people.default([]),
    onCall: directory.onCall,
    /** The incidents themselves, where their source is this file. */
    incidentList: z.array(incidentSchema(parts)).max(1000).default([]),
  });
};
/** A policy that was read whole, presets filled in, and parts of it. */
export type Policy = z.infer<ReturnType<typeof policySchema>>;
export type Runbook = Policy['runbooks'][number];
export type Timings = Policy['timings'];
