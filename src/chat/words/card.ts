import type { CloudTerms } from '../../core/policy/cloud.ts';
import { zoneName } from '../../core/policy/terms.ts';
import { type Action, actionsIn } from '../../core/request/actions.ts';
import { REASON_WORDS } from '../../core/request/command.ts';
import { later, unreachable } from '../../core/request/decision.ts';
import { type Active, digestShown, extensionAwaited, latestEnd } from '../../core/request/extension.ts';
import type { AccessRequest, Approval, Attestation, Hold } from '../../core/request/request.ts';
import { sessionsEndBy } from '../../core/request/work.ts';
import type { RequestView } from '../../ports/request-view.ts';
import { alteredSince } from './alteration-words.ts';
import { followsWords } from './follows-words.ts';
import { capital, joined, oneLine, type Phrase, plural } from './phrase.ts';
import { allowsWords, clauseWords, endingWords } from './role-words.ts';
import {
  BUTTONS,
  CAUSES_SAID,
  frozenWords,
  manualEnding,
  NO_SECOND_SIGN_IN,
  OUTCOMES_SAID,
  UNVERIFIED,
  UNVERIFIED_THEN,
} from './words.ts';

/** How a card looks from afar. Red is only for what somebody must look at now. */
export type Tone = 'waiting' | 'open' | 'ending' | 'alarm' | 'done' | 'refused';

export interface Fact {
  readonly label: string;
  readonly value: Phrase;
  /** Too long to stand beside another, or typed at length: shown alone, as plain words. */
  readonly long?: true;
}

export interface CardButton {
  readonly action: Action;
  readonly label: string;
  readonly style: 'primary' | 'danger' | undefined;
  /** Asked once more before it counts. */
  readonly confirm: { readonly title: string; readonly text: string; readonly yes: string } | undefined;
}

/** What somebody can run, with the words before it. */
export interface ManualCommands {
  readonly said: string;
  readonly commands: readonly string[];
}

/** What ends this request's access by hand, while the cloud does not let us. */
export const commandsOf = ({
  row,
  manualCommands,
}: Pick<RequestView, 'row' | 'manualCommands'>): ManualCommands | undefined =>
  manualCommands.length === 0
    ? undefined
    : { said: manualEnding(row.request.details.terms.account), commands: manualCommands };

/** Everything a card shows, before any chat's markup. */
export interface CardView {
  readonly requestId: string;
  readonly digest: string;
  readonly tone: Tone;
  readonly headline: string;
  /** Where the request stands now, in a sentence or two. */
  readonly status: Phrase;
  readonly facts: readonly Fact[];
  readonly approvals: readonly Phrase[];
  readonly open: readonly Phrase[];
  readonly caveats: readonly string[];
  /** What somebody can run to end it, while the cloud does not let us. */
  readonly manualCommands: ManualCommands | undefined;
  readonly buttons: readonly CardButton[];
}

/** The card of a request: drawn from the row and the directory, the same for every reader. */
export function cardOf(view: RequestView): CardView {
  const { open, capabilities, row } = view;
  const { request } = row;
  const { id, terms } = request.details;
  const { tone, title } = headline(request);
  return {
    requestId: id,
    digest: digestShown(request),
    tone,
    headline: `${title}: ${oneLine(terms.role.name, 60)}`,
    status: statusOf(request, capabilities.words),
    facts: factsOf(request, capabilities),
    approvals: approvalsOf(request),
    open:
      open === undefined
        ? [['The directory does not answer, so I cannot say who can approve. Approving works again when it does.']]
        : open.map(clauseWords),
    caveats: capabilities.caveats,
    manualCommands: commandsOf(view),
    buttons: actionsIn(request).map(buttonOf),
  };
}

function headline(request: AccessRequest): { readonly tone: Tone; readonly title: string } {
  switch (request.state) {
    case 'pending':
      return { tone: 'waiting', title: 'Access wanted' };
    case 'granting':
      return { tone: 'waiting', title: 'Approved, opening' };
    case 'active':
      return {
        tone: request.grants.some(({ altered }) => altered !== undefined) ? 'alarm' : 'open',
        title: extensionAwaited(request) ? 'Access open, more time wanted' : 'Access open',
      };
    case 'revoking': {
      if (request.failures > 0) return { tone: 'alarm', title: 'Access could not be ended yet' };
      const removed = request.grants.every(({ accessRemoved }) => accessRemoved !== undefined);
      return { tone: 'ending', title: removed ? 'Access removed' : 'Ending access' };
    }
    case 'closed':
      return { tone: closedTone(request), title: OUTCOMES_SAID[request.outcome] };
    default:
      return unreachable(request);
  }
}

function closedTone({ outcome }: Extract<AccessRequest, { state: 'closed' }>): Tone {
  if (outcome === 'ended_unproven') return 'alarm';
  return outcome === 'ended' ? 'done' : 'refused';
}

function statusOf(request: AccessRequest, { endsItself }: CloudTerms['words']): Phrase {
  switch (request.state) {
    case 'pending':
      return [
        ...(request.held ? [heldWords(request.held), ' '] : []),
        'Waiting for approval until ',
        { at: request.details.decideBy },
        '; nothing is open.',
      ];
    case 'granting':
      return [
        'The access is being opened, and nobody is told that it is before the cloud says so. It fails ',
        { at: request.grantBy },
        '.',
      ];
    case 'active':
      return [
        { strong: 'Access ends ' },
        { at: request.endsAt },
        `. ${capital(endsItself)} `,
        { at: latestEnd(request) ?? request.endsAt },
        request.extension?.plans === undefined ? '.' : ' at the latest.',
        ...moreTimeOf(request),
        alteredSince(request.grants.flatMap(({ altered = [] }) => altered)),
      ];
    case 'revoking':
      return endingOf(request, endsItself);
    case 'closed':
      return [`${OUTCOMES_SAID[request.outcome]}, `, { at: request.closedAt }, '. ', ...closedWords(request)];
    default:
      return unreachable(request);
  }
}

/** Approvals are refused meanwhile; the time to decide goes on. */
const heldWords = ({ by, at, reason }: Hold): string =>
  `${frozenWords({ by, at: at.toISOString(), reason })} No approval counts until two security people lift it.`;

/** Whose word is there, while another one is awaited. */
const attestedWords = (attestations: readonly Attestation[] = []): Phrase =>
  attestations.length === 0
    ? []
    : [
        ' ',
        ...joined(attestations.map(({ by }) => ({ person: by }))),
        ' attested that it ended; another security person must too.',
      ];

/** What becomes of a wish for more time, and that the end above holds whatever becomes of it. */
function moreTimeOf({ details, extension, incidentVerified }: Active): Phrase {
  if (extension === undefined) return [];
  const more = `${plural(extension.minutes, 'minute')} more`;
  if (extension.failedWhy === 'frozen') return [` Openings were frozen before ${more} were confirmed; this end stays.`];
  if (extension.failedWhy !== undefined) return [` The cloud did not take ${more}; this end stays.`];
  if (extension.approvedAt !== undefined) {
    return [` ${more} are approved and being written; until the cloud says so, this end stays.`];
  }
  return [
    ' ',
    { person: details.requester },
    ` asks for ${more}${incidentVerified ? '' : ` (${UNVERIFIED})`}. Unless it is approved by `,
    { at: extension.decideBy },
    ' and the cloud has taken it, this end stays.',
  ];
}

function endingOf(request: Extract<AccessRequest, { state: 'revoking' }>, ownEnd: string): Phrase {
  const why = CAUSES_SAID[request.cause];
  const removed = request.grants.every(({ accessRemoved }) => accessRemoved !== undefined);
  const sessionsEnd = request.grants.map(sessionsEndBy).reduce(later);
  const trouble =
    request.failures > 0
      ? ` The cloud has not confirmed it (tried ${plural(request.failures, 'time')}); I keep trying. The platform team must look at it now.`
      : '';
  if (removed)
    return [
      { strong: 'Access removed' },
      `, because ${why}; sessions end by `,
      { at: sessionsEnd },
      `.${trouble}`,
      ...attestedWords(request.attestations),
    ];
  const planned = latestEnd(request);
  return [
    `Taking the access away, because ${why}.`,
    ...(planned ? [` ${capital(ownEnd)} `, { at: planned }, '.'] : []),
    trouble,
    ...attestedWords(request.attestations),
  ];
}

function closedWords(request: Extract<AccessRequest, { state: 'closed' }>): Phrase {
  const { outcome, grants, attestations = [] } = request;
  if (outcome === 'ended_unproven') {
    const by = joined(attestations.map((one) => ({ person: one.by })));
    return [{ strong: 'Not compliant: ' }, 'nothing could prove that the access ended. Attested by ', ...by, '.'];
  }
  const opened = grants.some(({ plan }) => plan !== undefined);
  return [opened ? 'Access was removed and sessions ended; both were proven.' : 'Nothing was opened.'];
}

function factsOf({ details, extended, incidentVerified }: AccessRequest, cloud: CloudTerms): readonly Fact[] {
  const { role, account } = details.terms;
  const incident = oneLine(
    details.incident.title === '' ? details.incident.id : `${details.incident.id}: ${details.incident.title}`,
    250,
  );
  return [
    { label: 'Who', value: [{ person: details.requester }] },
    { label: 'Incident', value: [incident, verifiedWords(details.incident.verified, incidentVerified)] },
    { label: 'Commander', value: [{ person: details.commander }] },
    {
      label: 'How long',
      value: [
        `${plural(details.minutes, 'minute')} from when it is open`,
        (extended?.minutes ?? 0) > 0 ? `, and ${extended?.minutes} more` : '',
      ],
    },
    { label: 'Zone', value: [zoneName(role.zone)] },
    {
      label: 'Where',
      value: [
        oneLine(`Domain ${role.domain}, environment ${role.environment}, account ${account.name} (${account.id})`, 250),
      ],
    },
    { label: 'Why', value: [REASON_WORDS[details.reason]] },
    ...(details.follows === undefined
      ? []
      : [{ label: 'Asked before', value: followsWords(details.follows), long: true } as const]),
    { label: 'Purpose', value: [oneLine(details.purpose, 1000)], long: true },
    ...(details.runbook === undefined ? [] : [{ label: 'Runbook', value: [details.runbook] }]),
    { label: 'It allows', value: [allowsWords(details.terms, cloud)], long: true },
    { label: 'How it ends', value: [endingWords(cloud)], long: true },
  ];
}

/** Whether the incident could be checked when it was asked for, and when it was looked up last. */
function verifiedWords(asked: boolean, now: boolean): string {
  if (asked) return now ? '' : ' (verified when it was asked for; the incident source has not answered since)';
  return now ? ' (unverified when it was asked for; verified since)' : ` (${UNVERIFIED})`;
}

/** Each approval with what it was given for and how surely. */
const approvalsOf = (request: AccessRequest): readonly Phrase[] => [
  ...request.approvals.map((approval) => approvalWords(approval, ' approved ')),
  ...[
    ...(request.extended?.approvals ?? []),
    ...((request.state === 'active' && request.extension?.approvals) || []),
  ].map((approval) => approvalWords(approval, ' approved more time ')),
];

const approvalWords = ({ by, at, assurance, incidentVerified }: Approval, approved: string): Phrase => [
  { person: by },
  approved,
  { at },
  assurance === 'chat'
    ? ` (${NO_SECOND_SIGN_IN}${then(incidentVerified)}).`
    : ` (with a second sign-in${then(incidentVerified)}).`,
];

/** What the source said at that moment, where it is not what everybody takes for granted. */
const then = (incidentVerified: boolean): string => (incidentVerified ? '' : `; ${UNVERIFIED_THEN}`);

function buttonOf(action: Action): CardButton {
  const confirm =
    action === 'end'
      ? {
          title: 'End this access now?',
          text: 'It is taken away at once and cannot be opened again: the requester would have to ask anew.',
          yes: 'End now',
        }
      : undefined;
  return { action, ...BUTTONS[action], confirm };
}
