import type { Policy } from '../../core/policy/policy.ts';
import { namedBy, type TypedWord, typedAfter, typedWords } from '../../core/typed.ts';
import { unknownWords } from '../words/dialog-words.ts';
import { openRequest } from './ask.ts';
import { type Caller, type Known, known } from './caller.ts';
import type { DialogDeps } from './deps.ts';
import { openExtend } from './extend.ts';
import { freeze, thaw } from './freeze.ts';
import { freezeWish } from './freeze-command.ts';
import { type Reply, say } from './reply.ts';
import { isIncidentId, type RequestValues, typedIncident, withRole, withRunbook } from './request-values.ts';
import { helpWords, listWords, statusWords } from './status.ts';
import { denyTyped, endTyped } from './take-away.ts';

/** What somebody typed after the name of the command. */
export interface Typed {
  readonly text: string;
  /** The platform's name for this one command: the same each time it delivers it, and of no other. */
  readonly delivery: string;
}

const SUB_COMMANDS: ReadonlySet<string> = new Set(['end', 'deny', 'help', 'status', 'list', 'thaw', 'extend']);

const firstOf = (typed: readonly TypedWord[]): string => typed[0]?.id.toLowerCase() ?? '';

/** Do these words mean a sub-command, rather than what to ask for? */
export const isSubCommand = (text: string): boolean =>
  freezeWish(text) !== undefined || SUB_COMMANDS.has(firstOf(typedWords(text)));

/**
 * `/breakglass` and its sub-commands. Whether the words begin with a sub-command; if not, they name what to ask for. Both
 * are heard in any letter case, in quotes and in back-ticks.
 */
export async function command(deps: DialogDeps, caller: Caller, { text, delivery }: Typed): Promise<Reply> {
  const typed = typedWords(text);
  const word = firstOf(typed);
  const second = typed[1]?.id;
  if (word === 'end') return endTyped(deps, caller, second);
  if (word === 'deny') return denyTyped(deps, caller, second, typedAfter(text, 2));
  const who = await known(caller);
  const wish = freezeWish(text);
  if (wish !== undefined) return freeze(deps, caller, who, wish, delivery);
  switch (word) {
    case 'help':
      return say(await helpWords(deps, who));
    case 'status':
      return say(await statusWords(deps, who, second));
    case 'list':
      return say(await listWords(deps, who));
    case 'thaw':
      return thaw(deps, caller, who, delivery);
    case 'extend':
      return openExtend(deps, caller, who, second);
    default:
      return ask(deps, caller, who, typed);
  }
}

async function ask(deps: DialogDeps, caller: Caller, who: Known, typed: readonly TypedWord[]): Promise<Reply> {
  const policy = typed.length === 0 ? undefined : (await deps.store.policyInForce())?.policy;
  const values = valuesFrom(typed, policy);
  return values === undefined
    ? say(unknownWords(typed.map(({ raw }) => raw).join(' ')))
    : openRequest(deps, caller, who, values);
}

/** The id of a role or a runbook and an incident, in any order; undefined when some word is none of them. */
function valuesFrom(typed: readonly TypedWord[], policy: Policy | undefined): RequestValues | undefined {
  let values: RequestValues = {};
  for (const word of typed) {
    const role = policy && namedBy(word, policy.roles);
    const runbook = policy && namedBy(word, policy.runbooks);
    const incident = typedIncident(word.raw);
    if (policy && role) values = withRole(values, role.id, policy);
    else if (policy && runbook) values = withRunbook(values, runbook.id, policy);
    else if (/\d/.test(incident) && isIncidentId(incident)) values = { ...values, incident };
    else return undefined;
  }
  return values;
}
