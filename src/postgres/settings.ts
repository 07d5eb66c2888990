/** What a session of ours must be told beyond what all have in common. Times in milliseconds; 0 is "no limit". */
export interface SessionNeeds {
  /** Where names without a schema are looked up. */
  readonly schema: 'public' | 'bullmq';
  /** One statement, in the server. */
  readonly statementMs: number;
  /** A transaction that sends nothing. */
  readonly idleInTransactionMs: number;
  /** A session that sends nothing outside of a transaction. */
  readonly idleSessionMs: number;
}

/**
 * Settings that anybody may preset (a role, a database, the server, an address, the environment) and that change what is
 * read or done; and what they are in every session of ours. PostgreSQL's own defaults, but for the zone, the schema and
 * `row_security`: where the owner of a table hides rows from our roles, statements fail, since a part of the log must not
 * pass for the whole. @see https://www.postgresql.org/docs/current/runtime-config-client.html
 */
const PINNED = {
  // How values are written and read.
  client_encoding: 'UTF8',
  DateStyle: 'ISO, MDY',
  IntervalStyle: 'postgres',
  TimeZone: 'UTC',
  timezone_abbreviations: 'Default',
  extra_float_digits: '1',
  bytea_output: 'hex',
  xmlbinary: 'base64',
  xmloption: 'content',
  lc_monetary: 'C',
  lc_numeric: 'C',
  lc_time: 'C',
  // What a statement means.
  row_security: 'off',
  standard_conforming_strings: 'on',
  backslash_quote: 'safe_encoding',
  array_nulls: 'on',
  transform_null_equals: 'off',
  quote_all_identifiers: 'off',
  gin_fuzzy_search_limit: '0',
  restrict_nonsystem_relation_kind: '',
  'plpgsql.extra_errors': 'none',
  'plpgsql.check_asserts': 'on',
  // What a transaction sees, and whether it lasts.
  default_transaction_isolation: 'read committed',
  default_transaction_read_only: 'off',
  default_transaction_deferrable: 'off',
  synchronous_commit: 'on',
  // When the server gives up.
  lock_timeout: '0',
  transaction_timeout: '0',
  exit_on_error: 'off',
  // What `migrate` makes.
  check_function_bodies: 'on',
  createrole_self_grant: '',
  default_table_access_method: 'heap',
  default_tablespace: '',
  password_encryption: 'scram-sha-256',
} as const;

/** The same, where only a superuser may set them: they are read, and what is wrong with them is said. */
const LEFT_AS_THEY_SHOULD_BE = {
  session_replication_role: 'origin',
  zero_damaged_pages: 'off',
  ignore_checksum_failure: 'off',
  ignore_system_indexes: 'off',
  'plpgsql.variable_conflict': 'error',
} as const;

/** Stronger than what we ask for, and therefore left alone: a commit that waits for its replicas. */
const STRONGER: Readonly<Record<string, readonly string[]>> = { synchronous_commit: ['remote_apply'] };

/** What not every PostgreSQL from 14 on has, or shows before it was used. */
const NOT_EVERYWHERE = new Set([
  'createrole_self_grant',
  'plpgsql.check_asserts',
  'plpgsql.extra_errors',
  'plpgsql.variable_conflict',
  'restrict_nonsystem_relation_kind',
  'transaction_timeout',
]);

/** Name and value of every setting that a session of ours sets. */
export const sessionSettings = (needs: SessionNeeds): Readonly<Record<string, string>> => ({
  ...PINNED,
  search_path: needs.schema,
  statement_timeout: String(needs.statementMs),
  idle_in_transaction_session_timeout: String(needs.idleInTransactionMs),
  idle_session_timeout: String(needs.idleSessionMs),
});

/** Names of all that is read back. */
export const judgedSettings = (needs: SessionNeeds): readonly string[] => [
  ...Object.keys(sessionSettings(needs)),
  ...Object.keys(LEFT_AS_THEY_SHOULD_BE),
];

/**
 * What is wrong with the settings that were read back, in words.
 * @param found As `pg_settings` shows them: numbers in their base unit, without it
 */
export function wrongSettings(needs: SessionNeeds, found: Readonly<Record<string, string>>): readonly string[] {
  const wanted: Readonly<Record<string, string>> = { ...sessionSettings(needs), ...LEFT_AS_THEY_SHOULD_BE };
  return Object.entries(wanted).flatMap(([name, value]) => {
    const is = found[name];
    if (is === undefined) return NOT_EVERYWHERE.has(name) ? [] : [`it does not show ${name}`];
    return is === value || STRONGER[name]?.includes(is) ? [] : [`${name} is "${is}" and not "${value}"`];
  });
}
