import type { Caller } from './caller.ts';
import { denialMessage, evaluate } from './evaluator.ts';
import { accessDenied, validationError } from './faults.ts';
import type { Params, Rule, Rules } from './query.ts';
import type { World } from './world.ts';
import type { XmlValue } from './xml.ts';

/** One request on its way through: who asks what, of which world. IAM acts on the caller's own account. */
export interface Call {
  readonly world: World;
  readonly caller: Caller;
  readonly params: Params;
}

/** One action of the API. `run` is synchronous: nothing else happens between its checks and its change. */
export interface Operation {
  readonly rules: Rules;
  readonly run: (call: Call) => XmlValue | undefined;
}

export type Operations = Readonly<Record<string, Operation>>;

/** Condition keys that an action adds to the caller's own. */
export type Facts = readonly (readonly [key: string, value: string | readonly string[] | undefined])[];

/**
 * Throws `AccessDenied` unless the caller may do this. `resource` is `undefined` for an entity that does not exist:
 * `missing` then names it in the message, and any resource an Allow names could have been it.
 */
export function authorize(
  { world, caller }: Pick<Call, 'world' | 'caller'>,
  ask: {
    readonly action: string;
    readonly resource: string | undefined;
    readonly missing?: string;
    readonly facts?: Facts;
  },
): void {
  const context = caller.context.with([['aws:ResourceAccount', caller.account.id], ...(ask.facts ?? [])]);
  const verdict = evaluate(caller.policies, { action: ask.action, resource: ask.resource, context }, world.bends);
  if (verdict.allowed) return;
  throw accessDenied(denialMessage(caller.arn, ask.action, ask.resource ?? ask.missing ?? '*', verdict));
}

/** Patterns and lengths of the API reference. @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_CreateRole.html */
export const ROLE_NAME = {
  kind: 'text',
  required: true,
  min: 1,
  max: 64,
  pattern: /^[\w+=,.@-]+$/,
} as const satisfies Rule;
export const POLICY_NAME = {
  kind: 'text',
  required: true,
  min: 1,
  max: 128,
  pattern: /^[\w+=,.@-]+$/,
} as const satisfies Rule;
export const POLICY_ARN = { kind: 'text', required: true, min: 20, max: 2048 } as const satisfies Rule;
export const PATH = { kind: 'text', min: 1, max: 512, pattern: /^(\/|\/[\x21-\x7e]+\/)$/ } as const satisfies Rule;
export const PATH_PREFIX = { kind: 'text', min: 1, max: 512, pattern: /^\/[\x21-\x7e]*$/ } as const satisfies Rule;
export const DOCUMENT = {
  kind: 'text',
  required: true,
  min: 1,
  max: 131_072,
  pattern: /^[\t\n\r\x20-\xff]+$/,
} as const satisfies Rule;
export const DESCRIPTION = {
  kind: 'text',
  max: 1000,
  pattern: /^[\t\n\r\x20-\x7e\xa1-\xff]*$/,
} as const satisfies Rule;
export const TAG_KEY = {
  kind: 'text',
  required: true,
  min: 1,
  max: 128,
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]+$/u,
} as const satisfies Rule;
export const TAG_VALUE = {
  kind: 'text',
  required: true,
  max: 256,
  pattern: /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u,
} as const satisfies Rule;
export const TAGS = {
  kind: 'structures',
  max: 50,
  members: { Key: TAG_KEY, Value: TAG_VALUE },
} as const satisfies Rule;
export const PAGING: Rules = {
  Marker: { kind: 'text', min: 1, max: 320 },
  MaxItems: { kind: 'number', min: 1, max: 1000 },
};

/** The key behind a marker of ours. Throws `ValidationError` on any other text, as IAM does. */
function afterMarker(marker: string | undefined): string | undefined {
  if (marker === undefined) return undefined;
  const key = Buffer.from(marker, 'base64url').toString('utf8');
  if (Buffer.from(key).toString('base64url') !== marker) throw validationError('Invalid Marker.');
  return key;
}

/** One page of a listing, in `keyOf` order: `MaxItems` (100) of what follows `Marker`. */
export function page<Item>(
  items: readonly Item[],
  keyOf: (item: Item) => string,
  params: Params,
): { readonly items: readonly Item[]; readonly IsTruncated: boolean; readonly Marker: string | undefined } {
  const after = afterMarker(params.maybe('Marker'));
  const rest = items
    .filter((item) => after === undefined || keyOf(item) > after)
    .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  const taken = rest.slice(0, params.number('MaxItems') ?? 100);
  const last = taken.at(-1);
  const more = rest.length > taken.length && last !== undefined;
  return { items: taken, IsTruncated: more, Marker: more ? Buffer.from(keyOf(last)).toString('base64url') : undefined };
}

/** As IAM sends documents: percent-encoded by RFC 3986. */
export const encodedDocument = (text: string): string =>
  encodeURIComponent(text).replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);

/** Length as most IAM quotas count it. @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html */
export const lengthWithoutSpace = (text: string): number => text.replace(/\s/g, '').length;
