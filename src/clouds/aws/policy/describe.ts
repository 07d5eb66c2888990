import type { Json } from '../../../core/canonical.ts';
import { cut } from '../../../core/cut.ts';
import type { RoleDescription } from '../../../core/policy/cloud.ts';
import { statementsOf } from './documents.ts';
import type { AwsRole } from './schema.ts';

const ACTIONS_SHOWN = 12;

const listOf = (value: Json | undefined): readonly string[] =>
  (Array.isArray(value) ? value : value === undefined ? [] : [value]).map(String);
const isRecord = (value: Json): value is Readonly<Record<string, Json | undefined>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const isWild = (name: string): boolean => /[*?]/.test(name);

/**
 * What the documents of a role allow: their own action names, each once, and how many actions and resources they name. A
 * statement that allows all but some counts what it leaves out as one wildcard each.
 */
export function describeRole({ policies }: Pick<AwsRole, 'policies'>): RoleDescription {
  const allowing = policies
    .flatMap(({ document }) => statementsOf(document))
    .filter(isRecord)
    .filter(({ Effect }) => Effect === 'Allow');
  const all = (...members: readonly string[]) => [
    ...new Set(allowing.flatMap((one) => members.flatMap((member) => listOf(one[member])))),
  ];
  const [actions, otherActions] = [all('Action'), all('NotAction')];
  const [resources, otherResources] = [all('Resource'), all('NotResource')];
  const names = allowing.flatMap((one) => [
    ...listOf(one.Action),
    ...listOf(one.NotAction).map((action) => `everything but ${action}`),
  ]);
  return {
    allows: shown([...new Set(names)]),
    scope: {
      actions: actions.length + otherActions.length,
      resources: resources.length + otherResources.length,
      wildcards: [...actions, ...resources].filter(isWild).length + otherActions.length + otherResources.length,
    },
  };
}

function shown(names: readonly string[]): string {
  const more = names.length - ACTIONS_SHOWN;
  const first = names.slice(0, ACTIONS_SHOWN).map((name) => cut(name, 80));
  return `${first.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
