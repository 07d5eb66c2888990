import type { App } from '@slack/bolt';
import type { Policy } from '../../core/policy/policy.ts';
import { namedBy, type TypedWord, typedAfter, typedWords } from '../../core/typed.ts';
import { freezeWish } from '../words/freeze-command.ts';
import { oneLine } from '../words/phrase.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, callerOf, guarded, type Origin, readerOf } from './caller.ts';
import { type Draft, isIncidentId, typedIncident, withRole, withRunbook } from './draft.ts';
import { COMMAND } from './ids.ts';
import { openExtendForm } from './on-extend.ts';
import { freezeAnswer, thawAnswer } from './on-freeze.ts';
import { type Opening, openRequestForm } from './open-form.ts';
import type { Said } from './render.ts';
import { helpWords, listWords, statusWords } from './status.ts';
import { unescaped } from './text.ts';
import { denyTyped, endTyped } from './typed-endings.ts';

/** `/breakglass` and its sub-commands. Acknowledged before anything else is done. */
export function onCommand(app: App, deps: AppDeps): void {
  app.command(COMMAND, async ({ ack, command, respond }) => {
    await ack();
    const { user_id: user, team_id: team, channel_id: channel, trigger_id: trigger } = command;
    const origin = { user, team, respond, channel };
    const opening = { trigger, channel };
    await guarded(deps, readerOf(deps, origin), () => run(deps, origin, opening, unescaped(command.text)));
  });
}

const SUB_COMMANDS: ReadonlySet<string> = new Set(['end', 'deny', 'help', 'status', 'list', 'thaw', 'extend']);

/** Do these words mean a sub-command, rather than what to ask for? */
export const isSubCommand = (text: string): boolean =>
  freezeWish(text) !== undefined || SUB_COMMANDS.has(typedWords(text)[0]?.id.toLowerCase() ?? '');

/**
 * Whether the words begin with a sub-command; if not, they name what to ask for. Both are heard in any letter case, in
 * quotes and in back-ticks.
 */
async function run(deps: AppDeps, origin: Origin, opening: Opening, text: string): Promise<string | Said | undefined> {
  const typed = typedWords(text);
  const word = typed[0]?.id.toLowerCase() ?? '';
  const second = typed[1]?.id;
  if (word === 'end') return endTyped(deps, origin, second);
  if (word === 'deny') return denyTyped(deps, origin, second, typedAfter(text, 2));
  const caller = await callerOf(deps, origin);
  const wish = freezeWish(text);
  if (wish !== undefined) return freezeAnswer(deps, caller, opening, wish);
  switch (word) {
    case 'help':
      return helpWords(deps, caller);
    case 'status':
      return statusWords(deps, caller, second);
    case 'list':
      return listWords(deps, caller);
    case 'thaw':
      return thawAnswer(deps, caller, opening);
    case 'extend':
      return openExtendForm(deps, caller, opening, second);
    default:
      return ask(deps, caller, opening, typed);
  }
}

async function ask(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  typed: readonly TypedWord[],
): Promise<string | undefined> {
  const policy = typed.length === 0 ? undefined : (await deps.store.policyInForce())?.policy;
  const draft = draftFrom(typed, policy);
  if (draft !== undefined) return openRequestForm(deps, caller, opening, draft);
  const said = oneLine(typed.map(({ raw }) => raw).join(' '), 60);
  return `I do not know “${said}”. Type /breakglass alone to ask for access, /breakglass with an incident or the id of a role or runbook, or /breakglass help.`;
}

/** The id of a role or a runbook and an incident, in any order; undefined when some word is none of them. */
function draftFrom(typed: readonly TypedWord[], policy: Policy | undefined): Draft | undefined {
  let draft: Draft = {};
  for (const word of typed) {
    const role = policy && namedBy(word, policy.roles);
    const runbook = policy && namedBy(word, policy.runbooks);
    const incident = typedIncident(word.raw);
    if (policy && role) draft = withRole(draft, role.id, policy);
    else if (policy && runbook) draft = withRunbook(draft, runbook.id, policy);
    else if (/\d/.test(incident) && isIncidentId(incident)) draft = { ...draft, incident };
    else return undefined;
  }
  return draft;
}
