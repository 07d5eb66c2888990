import { digestOf, type Json } from '../../../core/canonical.ts';
import { strictJson } from '../../../core/strict-json.ts';

/** A statement as written: IAM's grammar is checked by lint and by IAM, not here. */
export type Statement = Readonly<Record<string, Json | undefined>>;
export interface PolicyDocument {
  readonly Version: string;
  readonly Statement: readonly Statement[];
}

export const VERSION = '2012-10-17';
/** Policy names on a role. Only endings write or delete `99-revoked`. */
export const EXPIRY = '00-expiry';
export const GRANT = '10-grant';
export const REVOKED = '99-revoked';

/** An instant as IAM's date conditions take it: whole seconds, rounded down, UTC. */
export const dateText = (at: Date): string =>
  `${new Date(Math.floor(at.getTime() / 1000) * 1000).toISOString().slice(0, 19)}Z`;

/**
 * Compact JSON in pure ASCII. IAM takes a document only in Latin-1, and JSON can say everything else by escapes.
 * @see https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html
 */
export const documentText = (document: unknown): string =>
  JSON.stringify(document).replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/**
 * The end that the cloud itself enforces. A Deny, because an Allow with a date does not bind a resource policy that
 * names the session.
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_boundaries.html
 */
export const expiryDocument = (end: string): PolicyDocument => ({
  Version: VERSION,
  Statement: [
    {
      Sid: 'AfterExpiry',
      Effect: 'Deny',
      Action: '*',
      Resource: '*',
      Condition: { DateGreaterThanEquals: { 'aws:CurrentTime': end } },
    },
  ],
});

/** What ending writes: it takes effect on every session of the role, whenever it was issued. */
export const REVOKED_DOCUMENT: PolicyDocument = {
  Version: VERSION,
  Statement: [{ Sid: 'Revoked', Effect: 'Deny', Action: '*', Resource: '*' }],
};

/** What ending writes at the same time: nobody takes on the role again. */
export const CLOSED_TRUST: PolicyDocument = {
  Version: VERSION,
  Statement: [{ Sid: 'Revoked', Effect: 'Deny', Principal: '*', Action: 'sts:AssumeRole' }],
};

const isRecord = (value: unknown): value is Readonly<Record<string, Json>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The statements of a document: IAM takes one without a list around it. */
export function statementsOf(document: Readonly<Record<string, Json | undefined>>): readonly Json[] {
  const written = document.Statement;
  if (Array.isArray(written)) return written;
  return written === undefined ? [] : [written as Json];
}

/** Spellings of "before"; the second means the same, since every request has a time. Used where the first is taken. */
const BEFORE = ['DateLessThan', 'DateLessThanIfExists'] as const;

function bounded(statement: Json, end: string): Statement {
  if (!isRecord(statement)) return {};
  if (statement.Effect !== 'Allow') return statement;
  const condition = isRecord(statement.Condition) ? statement.Condition : {};
  const free = BEFORE.find((operator) => {
    const keys = condition[operator];
    return !isRecord(keys) || !Object.keys(keys).some((key) => key.toLowerCase() === 'aws:currenttime');
  });
  // Values under one operator and key are ORed, so a bound of the author's own must stay under its own operator.
  if (free === undefined) throw new RangeError('a statement bounds aws:CurrentTime twice already');
  const keys = condition[free];
  return {
    ...statement,
    Condition: { ...condition, [free]: { ...(isRecord(keys) ? keys : {}), 'aws:CurrentTime': end } },
  };
}

/**
 * A document of the catalog with the end written into every Allow; Deny statements stay as they are. Throws a
 * `RangeError` where a statement leaves no way to say it (lint refuses those before).
 */
export const boundedDocument = (document: Readonly<Record<string, Json | undefined>>, end: string): PolicyDocument => ({
  Version: typeof document.Version === 'string' ? document.Version : '2008-10-17',
  Statement: statementsOf(document).map((statement) => bounded(statement, end)),
});

/** Characters that count against IAM's size quotas: all but white space. */
export const sizeOf = (text: string): number => text.replace(/\s/g, '').length;

/** Lists whose order and wrapping mean nothing; IAM may give back another than it was given. */
const LISTS = new Set(['Action', 'NotAction', 'Resource', 'NotResource', 'AWS', 'Service', 'Federated']);

function normal(value: unknown, name: string, inCondition: boolean): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => normal(item, '', inCondition));
    if (!inCondition && !LISTS.has(name)) return items;
    return items.length === 1 ? items[0] : [...items].sort((a, b) => (String(a) < String(b) ? -1 : 1));
  }
  if (!isRecord(value)) return inCondition ? String(value) : value;
  return Object.fromEntries(
    Object.entries(value).map(([key, one]) => [
      key,
      key === 'Statement' && !Array.isArray(one)
        ? [normal(one, '', false)]
        : normal(one, key, inCondition || key === 'Condition'),
    ]),
  );
}

/**
 * SHA-256 of what a document means: element order, white space, and one-item lists do not count. Text that is no
 * JSON, or that can be read in two ways, hashes as itself, so that it equals nothing of ours.
 */
export function meaningOf(text: string): string {
  const read = strictJson(text);
  return digestOf(read.ok ? normal(read.value, '', false) : { unreadable: text });
}

/** Do two documents mean the same? */
export const sameDocument = (a: string, b: string): boolean => a === b || meaningOf(a) === meaningOf(b);
