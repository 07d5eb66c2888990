import type { ChatDefinition } from '../policy/chat-definition.ts';
import { keysOf, type Person } from '../policy/directory.ts';
import type { Policy } from '../policy/policy.ts';
import { doubtful, type Finding } from './lint-finding.ts';

type Chats = readonly ChatDefinition[];

/** Has this person an account through which this version can hear and answer them? */
export const isReachable = (person: Pick<Person, 'chats'>, chats: Chats): boolean =>
  chats.some(
    ({ name, hasAdapter }) => hasAdapter && keysOf({ chats: { [name]: person.chats[name] ?? [] } }).length > 0,
  );

/** Chats that are named and cannot be used, and such as people use and no channel is named in. */
export const lintChats = (policy: Policy, chats: Chats): readonly Finding[] =>
  chats.flatMap(({ name, title, hasAdapter }) => {
    const index = people(policy).findIndex((person) => (person.chats[name] ?? []).length > 0);
    const listed = index === -1 ? undefined : ['people', index, 'chats', name];
    const named = policy.channels[name] === undefined ? undefined : ['channels', name];
    const at = named ?? listed;
    if (at === undefined) return [];
    if (!hasAdapter) {
      const message = `nobody can ask or approve in ${title}: this version has no adapter for it; list another account of each person too`;
      return [doubtful(at, message)];
    }
    if (named !== undefined) return [];
    const message = `people here have ${title} accounts, but no channel in ${title} is named, so requests are shown in none there: add "${name}"`;
    return [doubtful(['channels'], message)];
  });

/** Nobody is known here where people come from elsewhere. */
const people = ({ directory, people: listed }: Policy): readonly Person[] => (directory.kind === 'file' ? listed : []);
