import { lintDocuments, lintSources } from '../core/lint/lint.ts';
import { lintAccounts, lintClouds } from '../core/lint/lint-clouds.ts';
import { lintDirectory } from '../core/lint/lint-directory.ts';
import type { Finding, Names } from '../core/lint/lint-finding.ts';
import { lintCaps, lintReferences } from '../core/lint/lint-roles.ts';
import { lintZones } from '../core/lint/lint-zones.ts';
import type { Definitions } from '../core/policy/definitions.ts';
import { type Floors, policySchema } from '../core/policy/policy.ts';
import type { Path } from './yaml-file.ts';

const LISTS = ['accounts', 'roles', 'runbooks', 'teams', 'people', 'incidentList'] as const;
type List = (typeof LISTS)[number];

const clause = { who: 'group', name: 'stand-in', teams: ['stand-in'], count: 2, assurance: 'chat' };
const zone = { maxMinutes: 720, minutesOffered: [5], approvals: [clause] };

/** Stands where a section cannot be read, so that the others can be looked at. Nothing said about it is passed on. */
const STAND_INS: Readonly<Record<string, unknown>> = {
  version: 1,
  organisation: 'stand-in',
  phone: 'stand-in',
  timings: {},
  channels: { none: { default: 'stand-in', security: 'stand-in' } },
  zones: { A: zone, B: zone, C: zone },
  accounts: [],
  roles: [],
  runbooks: [],
  directory: { kind: 'file' },
  incidents: { kind: 'file' },
  teams: [],
  people: [],
  onCall: {},
  incidentList: [],
};

/**
 * Findings about the readable parts of a document that does not fit the schema, so that somebody who corrects a file
 * sees its other faults in the same pass. Entries that do not fit are left out, but their ids still count as known.
 * @param broken Where the schema found fault.
 */
export function lintSalvaged(
  value: unknown,
  broken: readonly Path[],
  floors: Floors,
  definitions: Definitions,
): readonly Finding[] {
  if (!isRecord(value)) return [];
  const bad = brokenParts(value, broken);
  const places = Object.fromEntries(LISTS.map((list) => [list, kept(value[list], bad.entries[list])]));
  const whole = Object.fromEntries(
    Object.entries(STAND_INS).map(([section, standIn]) => [
      section,
      bad.sections.has(section) ? standIn : (value[section] ?? standIn),
    ]),
  );
  const entries = Object.fromEntries(LISTS.map((list) => [list, (places[list] ?? []).map(({ entry }) => entry)]));
  const parsed = lenient(floors, definitions).safeParse({ ...whole, ...entries });
  if (!parsed.success) return [];
  const policy = parsed.data;
  const { clouds } = definitions;
  const names = (section: List): Names => (bad.sections.has(section) ? undefined : idsOf(value[section]));
  const listed = policy.directory.kind === 'file' && !bad.sections.has('directory');
  const known = {
    roles: names('roles'),
    accounts: names('accounts'),
    teams: listed ? names('teams') : undefined,
    people: names('people'),
  };
  const findings = [
    ...lintReferences(policy, known),
    ...lintAccounts(policy.accounts, clouds),
    ...lintClouds(policy, clouds),
    ...lintSources(policy),
    ...lintDocuments(policy, clouds),
    ...(bad.sections.has('zones') ? [] : [...lintZones(policy), ...lintCaps(policy)]),
    ...(listed ? lintDirectory(policy, definitions, known) : []),
  ];
  return findings
    .filter(({ path: [section] }) => typeof section === 'string' && !bad.sections.has(section))
    .map(({ beside, ...finding }) => ({
      ...finding,
      path: original(finding.path, places),
      ...(beside && { beside: original(beside, places) }),
    }));
}

/** The same schema, but lists may be short of what was left out of them. */
const lenient = (floors: Floors, definitions: Definitions) => {
  // What stands in for channels that do not fit names a chat that nobody defined.
  const schema = policySchema(floors, definitions);
  return schema.extend({
    channels: policySchema(floors, { ...definitions, chats: 'stored' }).shape.channels,
    accounts: schema.shape.accounts.unwrap().array(),
    roles: schema.shape.roles.unwrap().array(),
  });
};

type Places = Readonly<Record<string, readonly { readonly entry: unknown; readonly index: number }[]>>;

function brokenParts(value: Readonly<Record<string, unknown>>, broken: readonly Path[]) {
  const sections = new Set<string>();
  const entries: Record<List, Set<number>> = {
    accounts: new Set(),
    roles: new Set(),
    runbooks: new Set(),
    teams: new Set(),
    people: new Set(),
    incidentList: new Set(),
  };
  for (const [section, index] of broken) {
    const list = LISTS.find((name) => name === section);
    if (list !== undefined && typeof index === 'number' && Array.isArray(value[list])) entries[list].add(index);
    else if (typeof section === 'string') sections.add(section);
  }
  return { sections, entries };
}

const kept = (list: unknown, without: ReadonlySet<number>) =>
  Array.isArray(list)
    ? list.map((entry: unknown, index) => ({ entry, index })).filter(({ index }) => !without.has(index))
    : [];

/** An index in the list as it was checked becomes the index in the file. */
function original(path: Path, places: Places): Path {
  const [section, index, ...rest] = path;
  if (section === undefined || typeof index !== 'number') return path;
  return [section, places[section]?.[index]?.index ?? index, ...rest];
}

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const idsOf = (list: unknown): readonly string[] =>
  Array.isArray(list)
    ? list.flatMap((entry: unknown) => (isRecord(entry) && typeof entry.id === 'string' ? [entry.id] : []))
    : [];
