import type { CloudTerms } from '../../core/policy/cloud.ts';
import { type Directory, type Person, share, teamsOf } from '../../core/policy/directory.ts';
import { type Policy, REASONS, type Role, type Runbook, ZONES } from '../../core/policy/policy.ts';
import { type Terms, termsDigest, termsOf, zoneName } from '../../core/policy/terms.ts';
import { PURPOSE_MAX, REASON_WORDS } from '../../core/request/command.ts';
import { outlook } from '../../core/request/decide-request.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import {
  APPROVALS_NEEDED,
  FORM_WORDS,
  HOW_IT_ENDS,
  itAllows,
  NOBODY_CAN_FILL,
  NOTHING_UNVERIFIED,
  otherwise,
  REQUEST_FIELDS,
  upTo,
  useWhen,
} from '../words/form-words.ts';
import { oneLine, plural } from '../words/phrase.ts';
import { allowsWords, clauseWords, endingWords, severityLines, unverifiedLines } from '../words/role-words.ts';
import { banner } from './banner.ts';
import type { FormBlock, FormField, FormView } from './form-view.ts';
import type { RequestValues } from './request-values.ts';

/** Everything the request form is drawn from. */
export interface RequestForm {
  readonly id: string;
  readonly policy: Policy;
  readonly directory: Directory;
  readonly person: Person;
  readonly values: RequestValues;
  readonly capabilities: (terms: Terms) => CloudTerms;
  /** Said on top, when the form is shown again for a reason. */
  readonly notice?: string | undefined;
  readonly frozen: Freeze | undefined;
}

const INCIDENT_MAX = 40;

/** The form of `/breakglass`: what to ask for, and what that means. */
export function requestForm(form: RequestForm): FormView {
  const { values, policy, notice, frozen } = form;
  const terms = values.role === undefined ? undefined : termsOf(policy, values.role);
  return {
    id: form.id,
    kind: 'request',
    ...FORM_WORDS.request,
    blocks: [
      ...banner(frozen, 'opens'),
      ...(notice === undefined ? [] : [{ words: notice }]),
      { field: 'incident', kind: 'text', ...REQUEST_FIELDS.incident, max: INCIDENT_MAX, preset: values.incident },
      ...runbookBlocks(form),
      roleField(form),
      ...(terms === undefined ? [] : termsBlocks(form, terms)),
      reasonField(values),
      {
        field: 'purpose',
        kind: 'text',
        ...REQUEST_FIELDS.purpose,
        multiline: true,
        min: 3,
        max: PURPOSE_MAX,
        preset: values.purpose,
      },
      minutesField(form, terms),
      { field: 'commander', kind: 'person', ...REQUEST_FIELDS.commander, preset: values.commander },
    ],
  };
}

/** Roles this person's teams may ask for, and the one that is chosen: policy says no to that one, not the form. */
export function askable({
  policy,
  directory,
  person,
  values,
}: Pick<RequestForm, 'policy' | 'directory' | 'person' | 'values'>): readonly Role[] {
  const teams = teamsOf(directory, person);
  return policy.roles.filter(({ id, mayAsk }) => id === values.role || share(teams, mayAsk));
}

function roleField(form: RequestForm): FormField {
  const { values, policy } = form;
  return {
    field: 'role',
    kind: 'menu',
    ...REQUEST_FIELDS.role,
    noun: 'role',
    redraws: true,
    madeFor: [values.runbook ?? ''],
    groups: ZONES.map(zoneName),
    options: askable(form).map((role) => ({
      value: role.id,
      label: role.name,
      note: upTo(termsOf(policy, role.id)?.maxMinutes ?? role.maxMinutes),
      group: zoneName(role.zone),
    })),
    preset: values.role,
  };
}

/** Those of the chosen role; before one is chosen, of all that this person may ask for. */
function runbookBlocks(form: RequestForm): readonly FormBlock[] {
  const { policy, values } = form;
  const roles = values.role === undefined ? askable(form).map(({ id }) => id) : [values.role];
  const offered = policy.runbooks.filter(({ role }) => roles.includes(role));
  if (offered.length === 0) return [];
  const chosen = offered.find(({ id }) => id === values.runbook);
  const menu: FormField = {
    field: 'runbook',
    kind: 'menu',
    ...REQUEST_FIELDS.runbook,
    noun: 'runbook',
    optional: true,
    redraws: true,
    madeFor: [values.role ?? ''],
    options: offered.map(({ id, title }) => ({ value: id, label: title })),
    preset: values.runbook,
  };
  return [menu, ...(chosen === undefined ? [] : aboutRunbook(chosen))];
}

/** When the runbook applies, where it is, and what to do when it does not help (A10). */
const aboutRunbook = ({ title, url, trigger, escalation }: Runbook): readonly FormBlock[] => [
  { link: url, label: title },
  { words: useWhen(trigger) },
  { words: otherwise(escalation) },
];

/** What the chosen role means: what it allows, who must approve and can now, how it ends. */
function termsBlocks({ policy, directory, person, capabilities }: RequestForm, terms: Terms): readonly FormBlock[] {
  const { clauses, fillable, whileUnverified } = outlook(terms, directory, person);
  const promise = capabilities(terms);
  const needs = clauses.map(({ clause, places, people, onCall }) =>
    clauseWords({ clause, missing: places, people, onCall }),
  );
  const nobody = fillable ? [] : [[NOBODY_CAN_FILL]];
  return [
    { words: itAllows(allowsWords(terms, promise)), digest: termsDigest(terms) },
    { lines: [[{ strong: APPROVALS_NEEDED }], ...needs, ...nobody, ...unverifiedLines(whileUnverified)] },
    { lines: severityLines(policy, terms.role.zone) },
    { lines: [[{ strong: HOW_IT_ENDS }], [endingWords(promise)]] },
    { lines: promise.caveats.map((caveat) => [`⚠ ${oneLine(caveat, 280)}`]) },
    ...(terms.unverifiedIncident === 'refuse' ? [{ words: NOTHING_UNVERIFIED }] : []),
  ];
}

const reasonField = ({ reason, runbook }: RequestValues): FormField => ({
  field: 'reason',
  kind: 'menu',
  ...REQUEST_FIELDS.reason,
  madeFor: [runbook ?? ''],
  options: REASONS.map((one) => ({ value: one, label: REASON_WORDS[one] })),
  preset: reason,
});

/** One of the offered times is always chosen. */
function minutesField({ policy, values }: RequestForm, terms: Terms | undefined): FormField {
  const anyZone = [...new Set(ZONES.flatMap((zone) => policy.zones[zone].minutesOffered))].toSorted((a, b) => a - b);
  const options = (terms === undefined ? anyZone : terms.minutesOffered).map((minutes) => ({
    value: String(minutes),
    label: plural(minutes, 'minute'),
  }));
  return {
    field: 'minutes',
    kind: 'menu',
    ...REQUEST_FIELDS.minutes,
    madeFor: [values.role ?? '', values.runbook ?? ''],
    options,
    preset: (options.find(({ value }) => value === values.minutes) ?? options[0])?.value,
  };
}
