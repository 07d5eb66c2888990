import type { App } from '@slack/bolt';
import { incidentSchema, type Policy } from '../../core/policy.ts';
import { freezeWish } from '../freeze-command.ts';
import { oneLine } from '../phrase.ts';
import type { AppDeps } from './app-deps.ts';
import { type Caller, callerOf, guarded, type Origin, readerOf } from './caller.ts';
import type { Draft } from './draft.ts';
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

const words = (text: string): readonly string[] => text.trim().split(/\s+/).filter(Boolean);

/** Whether the words begin with a sub-command; if not, they name what to ask for. */
async function run(deps: AppDeps, origin: Origin, opening: Opening, text: string): Promise<string | Said | undefined> {
  const typed = words(text);
  const [first = '', second] = typed;
  const word = first.toLowerCase();
  if (word === 'end') return endTyped(deps, origin, second);
  if (word === 'deny') return denyTyped(deps, origin, typed.slice(1));
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
