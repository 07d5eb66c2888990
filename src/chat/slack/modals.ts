import type { InputBlock, KnownBlock, ModalView, PlainTextOption } from '@slack/types';
import { cut } from '../../core/cut.ts';
import { type Directory, type Person, share, teamsOf } from '../../core/policy/directory.ts';
import { type Policy, REASONS, type Role, type Runbook, ZONES } from '../../core/policy/policy.ts';
import { type Terms, termsDigest, termsOf, zoneName } from '../../core/policy/terms.ts';
import { PURPOSE_MAX, REASON_WORDS } from '../../core/request/command.ts';
import { outlook } from '../../core/request/decide-request.ts';
import type { Freeze } from '../../core/request/freeze.ts';
import type { Capabilities } from '../../ports/provider.ts';
import { oneLine, plural } from '../words/phrase.ts';
import { allowsWords, clauseWords, endingWords, severityLines, unverifiedLines } from '../words/role-words.ts';
import { lines, plain, section, words } from './blocks.ts';
import { banner } from './decision-modals.ts';
import type { Draft } from './draft.ts';
import { FORMS, PICK_ROLE, PICK_RUNBOOK, termsBlock } from './ids.ts';
import { inert, linked } from './text.ts';

/** Everything the request form is drawn from. */
export interface RequestForm {
  readonly id: string;
  readonly policy: Policy;
  readonly directory: Directory;
  readonly person: Person;
  readonly draft: Draft;
  readonly homes: readonly string[];
  readonly capabilities: (terms: Terms) => Capabilities;
  /** Said on top, when the form is shown again for a reason. */
  readonly notice?: string | undefined;
  readonly frozen: Freeze | undefined;
}

/** Most options of one menu. https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element */
export const OPTIONS_MAX = 100;

const option = (text: string, value: string): PlainTextOption => ({ text: plain(text, 75), value });

/**
 * The form of `/breakglass`. A block whose offer depends on a choice carries that choice in its id: Slack keeps what
 * was entered only while the id stays, so a new choice shows its own presets.
 */
export function requestModal(form: RequestForm): ModalView {
  const { draft, policy, notice, frozen } = form;
  const terms = draft.role === undefined ? undefined : termsOf(policy, draft.role);
  return {
    type: 'modal',
    callback_id: FORMS.request,
    private_metadata: form.id,
    title: plain('Emergency access', 24),
    submit: plain('Ask', 24),
    close: plain('Cancel', 24),
    blocks: [
      ...banner(frozen, 'opens'),
      ...(notice === undefined ? [] : [words(notice)]),
      incidentBlock(draft),
      ...runbookBlock(form),
      ...roleBlock(form),
      ...(terms === undefined ? [] : termsBlocks(form, terms)),
      reasonBlock(draft),
      purposeBlock(draft),
      minutesBlock(form, terms),
      commanderBlock(draft),
    ],
  };
}

function input(id: string, label: string, element: InputBlock['element'], more: Partial<InputBlock> = {}): InputBlock {
  return { type: 'input', block_id: id, label: plain(label, 100), element, ...more };
}

const incidentBlock = ({ incident }: Draft): InputBlock =>
  input('incident', 'Incident', {
    type: 'plain_text_input',
    action_id: 'incident',
    max_length: 40,
    placeholder: plain('INC-1234', 150),
    ...(incident ? { initial_value: cut(incident, 40) } : {}),
  });

/** Roles this person's teams may ask for, and the one that is chosen: policy says no to that one, not the form. */
export function askable({
  policy,
  directory,
  person,
  draft,
}: Pick<RequestForm, 'policy' | 'directory' | 'person' | 'draft'>): readonly Role[] {
  const teams = teamsOf(directory, person);
  return policy.roles.filter(({ id, mayAsk }) => id === draft.role || share(teams, mayAsk));
}

/** What fits into one menu, the chosen one always among it and first, with a line about what does not. */
function fitting<T extends { readonly id: string }>(all: readonly T[], chosen: string | undefined, noun: string) {
  const shown = all.toSorted((a, b) => Number(b.id === chosen) - Number(a.id === chosen)).slice(0, OPTIONS_MAX);
  const left = all.length - shown.length;
  const fits = left === 1 ? `more ${noun} does` : `more ${noun}s do`;
  const note = `${left} ${fits} not fit into this menu: type /breakglass and the ${noun}'s id to ask for one of them.`;
  return { shown, chosen: shown.find(({ id }) => id === chosen), note: left > 0 ? [words(note)] : [] };
}

function roleBlock(form: RequestForm): KnownBlock[] {
  const { draft, policy } = form;
  const { shown, chosen, note } = fitting(askable(form), draft.role, 'role');
  const offer = (role: Role): PlainTextOption => {
    const most = termsOf(policy, role.id)?.maxMinutes ?? role.maxMinutes;
    return option(`${cut(role.name, 52)}, up to ${plural(most, 'minute')}`, role.id);
  };
  const groups = ZONES.flatMap((zone) => {
    const options = shown.filter((role) => role.zone === zone).map(offer);
    return options.length === 0 ? [] : [{ label: plain(zoneName(zone), 75), options }];
  });
  const menu = input(
    `role/${draft.runbook ?? ''}`,
    'Role',
    {
      type: 'static_select',
      action_id: PICK_ROLE,
      placeholder: plain('What you need', 150),
      option_groups: groups,
      ...(chosen ? { initial_option: offer(chosen) } : {}),
    },
    { dispatch_action: true },
  );
  return [menu, ...note];
}

/** Those of the chosen role; before one is chosen, of all that this person may ask for. */
function runbookBlock(form: RequestForm): KnownBlock[] {
  const { policy, draft } = form;
  const roles = draft.role === undefined ? askable(form).map(({ id }) => id) : [draft.role];
  const offered = policy.runbooks.filter(({ role }) => roles.includes(role));
  if (offered.length === 0) return [];
  const { shown, chosen, note } = fitting(offered, draft.runbook, 'runbook');
  const offer = ({ id, title }: Runbook): PlainTextOption => option(title, id);
  const menu = input(
    `runbook/${draft.role ?? ''}`,
    'Runbook',
    {
      type: 'static_select',
      action_id: PICK_RUNBOOK,
      placeholder: plain('Fills in role, time and reason', 150),
      options: shown.map(offer),
      ...(chosen ? { initial_option: offer(chosen) } : {}),
    },
    { dispatch_action: true, optional: true },
  );
  return [menu, ...note, ...(chosen === undefined ? [] : runbookBlocks(chosen))];
}

/** When the runbook applies, where it is, and what to do when it does not help (A10). */
const runbookBlocks = ({ title, url, trigger, escalation }: Runbook): KnownBlock[] => [
  section(linked(url, title)),
  words(`Use it when: ${trigger}`),
  words(`If it does not help: ${escalation}`),
];

/** What the chosen role means: what it allows, who must approve and can now, how it ends. */
function termsBlocks({ policy, directory, person, homes, capabilities }: RequestForm, terms: Terms): KnownBlock[] {
  const { clauses, fillable, whileUnverified } = outlook(terms, directory, person);
  const promise = capabilities(terms);
  const needs = clauses.map(({ clause, places, people, onCall }) =>
    clauseWords({ clause, missing: places, people, onCall }),
  );
  const nobody = fillable ? [] : [['Nobody can fill all of these at the same time now: phone before you wait.']];
  return [
    { ...words(`It allows: ${allowsWords(terms)}`, 2000), block_id: termsBlock(termsDigest(terms)) },
    ...lines([[{ strong: 'Approvals it needs' }], ...needs, ...nobody, ...unverifiedLines(whileUnverified)], homes),
    ...lines(severityLines(policy, terms.role.zone), homes),
    section(`*How it ends*\n${inert(endingWords(terms, promise))}`),
    ...lines(
      promise.caveats.map((caveat) => [`⚠ ${oneLine(caveat, 280)}`]),
      homes,
    ),
    ...(terms.unverifiedIncident === 'refuse'
      ? [words('In this zone nothing opens while the incident source does not answer.')]
      : []),
  ];
}

function reasonBlock({ reason, runbook }: Draft): InputBlock {
  const options = REASONS.map((one) => option(REASON_WORDS[one], one));
  const chosen = options.find(({ value }) => value === reason);
  return input(`reason/${runbook ?? ''}`, 'Reason', {
    type: 'static_select',
    action_id: 'reason',
    placeholder: plain('Why it is needed', 150),
    options,
    ...(chosen ? { initial_option: chosen } : {}),
  });
}

const purposeBlock = ({ purpose }: Draft): InputBlock =>
  input('purpose', 'Purpose', {
    type: 'plain_text_input',
    action_id: 'purpose',
    multiline: true,
    min_length: 3,
    max_length: PURPOSE_MAX,
    placeholder: plain('What you will do with it', 150),
    ...(purpose ? { initial_value: cut(purpose, PURPOSE_MAX) } : {}),
  });

function minutesBlock({ policy, draft }: RequestForm, terms: Terms | undefined): InputBlock {
  const anyZone = [...new Set(ZONES.flatMap((zone) => policy.zones[zone].minutesOffered))].toSorted((a, b) => a - b);
  const offered = terms === undefined ? anyZone : terms.minutesOffered;
  const options = offered.map((minutes) => option(plural(minutes, 'minute'), String(minutes)));
  const chosen = options.find(({ value }) => value === draft.minutes) ?? options[0];
  return input(`minutes/${draft.role ?? ''}/${draft.runbook ?? ''}`, 'For how long', {
    type: 'static_select',
    action_id: 'minutes',
    options,
    ...(chosen ? { initial_option: chosen } : {}),
  });
}

const commanderBlock = ({ commander }: Draft): InputBlock =>
  input('commander', 'Incident commander', {
    type: 'users_select',
    action_id: 'commander',
    placeholder: plain('Who leads the incident', 150),
    ...(commander ? { initial_user: commander } : {}),
  });
