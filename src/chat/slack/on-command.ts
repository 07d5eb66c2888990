import type { App } from '@slack/bolt';
import { cheatSheet } from '../../core/catalog.ts';
import { incidentSchema, type Policy } from '../../core/policy.ts';
import { oneLine } from '../phrase.ts';
import { refusalWords } from '../words.ts';
import { answer, othersWords } from './answers.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, callerOf, guarded } from './caller.ts';
import type { Draft } from './draft.ts';
import { COMMAND } from './ids.ts';
import { openExtendForm } from './on-extend.ts';
import { freezeAnswer, thawAnswer } from './on-freeze.ts';
import { type Opening, openRequestForm } from './open-form.ts';
import { listWords, statusWords } from './status.ts';
import { unescaped } from './text.ts';

/** `/breakglass` and its sub-commands. Acknowledged before anything else is done. */
export function onCommand(app: App, deps: AppDeps): void {
  app.command(COMMAND, async ({ ack, command, respond }) => {
    await ack();
    const { user_id: user, team_id: team, channel_id: channel, trigger_id: trigger } = command;
    const caller = await callerOf(deps, { user, team, respond, channel });
    await guarded(deps, caller, () => run(deps, caller, { trigger, channel }, words(command.text)));
  });
}

const words = (text: string): readonly string[] => unescaped(text).trim().split(/\s+/).filter(Boolean);

/** Whether the words begin with a sub-command; if not, they name what to ask for. */
async function run(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  typed: readonly string[],
): Promise<string | undefined> {
  const [first = '', second] = typed;
  switch (first.toLowerCase()) {
    case 'help':
      return help(deps);
    case 'status':
      return statusWords(deps, caller, second);
    case 'list':
      return listWords(deps);
    case 'end':
      return end(deps, caller, second);
    case 'freeze':
      return freezeAnswer(deps, caller, opening, typed.slice(1));
    case 'thaw':
      return thawAnswer(deps, caller, opening);
    case 'extend':
      return openExtendForm(deps, caller, opening, second);
    default:
      return ask(deps, caller, opening, typed);
  }
}

async function help(deps: AppDeps): Promise<string> {
  const inForce = await deps.store.policyInForce();
  return inForce === undefined ? refusalWords('policy_unavailable') : cheatSheet(inForce.policy).join('\n');
}

async function end(deps: AppDeps, caller: Caller, id: string | undefined): Promise<string> {
  if (id === undefined) return 'End which? Type /breakglass end and the id; /breakglass list shows the ids.';
  const changed = await deps.broker.end(id.toLowerCase(), caller.actor);
  if (changed.ok) return 'I am taking the access away now. The card says when it is gone.';
  return `${answer(changed.refusal)}${await othersWords(deps, changed, 'end')}`;
}

async function ask(
  deps: AppDeps,
  caller: Caller,
  opening: Opening,
  typed: readonly string[],
): Promise<string | undefined> {
  const policy = typed.length === 0 ? undefined : (await deps.store.policyInForce())?.policy;
  const draft = draftFrom(typed, policy);
  if (draft !== undefined) return openRequestForm(deps, caller, opening, draft);
  const said = oneLine(typed.join(' '), 60);
  return `I do not know “${said}”. Type /breakglass alone to ask for access, /breakglass with an incident or a role's id, or /breakglass help.`;
}

/** A role's id and an incident, in any order; undefined when some word is neither. */
function draftFrom(typed: readonly string[], policy: Policy | undefined): Draft | undefined {
  let draft: Draft = {};
  for (const word of typed) {
    if (policy?.roles.some(({ id }) => id === word)) draft = { ...draft, role: word };
    else if (/\d/.test(word) && incidentSchema.shape.id.safeParse(word).success) draft = { ...draft, incident: word };
    else return undefined;
  }
  return draft;
}
