import { cut } from '../../core/cut.ts';
import type { CloudTerms } from '../../core/policy/cloud.ts';
import type { Person } from '../../core/policy/directory.ts';
import type { Clause, Policy, Zone } from '../../core/policy/policy.ts';
import type { Terms } from '../../core/policy/terms.ts';
import type { OpenClause } from '../../core/request/approvals.ts';
import { partyOf } from '../../core/request/decision.ts';
import { joined, oneLine, type Phrase, plural } from './phrase.ts';

/** What a role lets its holder do: its summary, then what its cloud makes of it. */
export const allowsWords = (terms: Terms, { allows }: Pick<CloudTerms, 'allows'>): string =>
  oneLine(`${terms.role.summary} (${allows})`, 1500);

/** How access under these terms ends, whoever is alive then. */
export const endingWords = ({ words, propagationSeconds }: Pick<CloudTerms, 'words' | 'propagationSeconds'>): string =>
  `By itself: I take it away when the time is over, and ${words.endsWithoutUs}. ` +
  `End it early with End now or /breakglass end: new calls are refused within ${seconds(propagationSeconds)}.`;

const seconds = (count: number): string =>
  count >= 120 ? `${Math.ceil(count / 60)} minutes` : plural(count, 'second');

/** What somebody would need for one clause. */
export const clauseName = (clause: Clause): string =>
  clause.who === 'requester' ? `${clause.name} (the requester’s own confirmation)` : clause.name;

/** A clause with who can give it now: `missing` of its places are open. */
export interface ClausePeople extends OpenClause {
  readonly people: readonly Person[];
  readonly onCall: readonly Person[];
}

const NAMES_SHOWN = 5;

/** One clause in words: how many it wants, how many people can give it now, who of them is on call. */
export function clauseWords({ clause, missing, people, onCall }: ClausePeople): Phrase {
  const names = onCall.slice(0, NAMES_SHOWN).map((person) => ({ person: partyOf(person) }));
  const rest = onCall.length - names.length;
  return [
    `${missing} × `,
    { strong: clauseName(clause) },
    `: ${people.length === 0 ? 'nobody' : plural(people.length, 'person', 'people')} can give it now`,
    ...(onCall.length > 0
      ? ['; on call: ', ...joined(names), rest > 0 ? ` and ${rest} more` : '']
      : ['; nobody on call']),
    clause.assurance === 'chat' ? '. No second sign-in is asked.' : '. It asks for a second sign-in.',
  ];
}

/** A clause with who can give it now, none of its places being filled yet. */
export type ClauseOutlook = Omit<ClausePeople, 'missing'> & { readonly places: number };

/** For a form: what is wanted besides while the incident is unverified, where the zone goes on then (A3). */
export const unverifiedLines = (clause: ClauseOutlook | undefined): readonly Phrase[] =>
  clause === undefined
    ? []
    : [['While the incident source does not answer, besides: ', ...clauseWords({ ...clause, missing: clause.places })]];

/** For a form: how severe the incident must be, where the zone says so. */
export const severityLines = ({ zones }: Policy, zone: Zone): readonly Phrase[] => {
  const { minSeverity } = zones[zone];
  return minSeverity === undefined
    ? []
    : [
        [
          `The incident must be of severity ${minSeverity} or worse (1 is the worst). Nothing opens in this zone while the incident source does not say so.`,
        ],
      ];
};

/** Who could give what is open, by name: for a private answer to somebody who cannot. */
export function whoCan(clauses: readonly ClausePeople[] | undefined): string {
  if (clauses === undefined) return 'The directory does not answer, so I cannot say who can.';
  const names = [...new Map(clauses.flatMap(({ people }) => people).map(({ id, name }) => [id, name])).values()];
  if (names.length === 0) return 'Nobody can at the moment; phone.';
  const rest = names.length - 10;
  return cut(
    `These can: ${names
      .slice(0, 10)
      .map((name) => oneLine(name, 80))
      .join(', ')}${rest > 0 ? ` and ${rest} more` : ''}.`,
    1000,
  );
}
