import type { Database } from './database.ts';

/** A superuser passes every test below: the first few say enough. */
const SAID = 3;

/**
 * What the app's role may do beyond what it needs, in words, or undefined. It may own nothing, create nothing (but in
 * schema `bullmq`, which BullMQ demands), on events only SELECT and INSERT, and on
 * what the sealer writes only SELECT.
 */
export const excessPrivileges = (database: Database): Promise<string | undefined> =>
  database.raw.read('read the rights of the database role', async (client) => {
    // Asked before every opening: on the driver, and with a parameter, so that a connection plans it once.
    const found = await client.$queryRaw<{ readonly role: string; readonly what: string }[]>`
      SELECT current_user::text AS "role", "what" FROM (
        SELECT 'is a superuser' AS "what" FROM pg_roles WHERE rolname = current_user AND rolsuper
        UNION ALL
        SELECT 'may create roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
        UNION ALL
        SELECT 'may ' || "held" || ' rows of ' || tab
        FROM unnest(ARRAY['UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS "held", unnest(ARRAY['events', 'policies']) AS tab
        WHERE has_table_privilege('public.' || tab, "held")
        UNION ALL
        SELECT 'may update columns of events' WHERE has_any_column_privilege('public.events', 'UPDATE')
        UNION ALL
        SELECT 'may ' || "held" || ' rows of ' || tab
        FROM unnest(ARRAY['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS "held",
          unnest(ARRAY['checkpoints', 'checkpoint_leaves', 'sealed_heads', 'anchor_progress', 'explaining_round', 'unexplained_rows'])
            AS tab
        WHERE has_table_privilege('public.' || tab, "held")
        UNION ALL
        SELECT 'may ' || "held" || ' rows of ' || tab
        FROM unnest(ARRAY['DELETE', 'TRUNCATE', 'TRIGGER']) AS "held", unnest(ARRAY['requests', 'grants']) AS tab
        WHERE has_table_privilege('public.' || tab, "held")
        UNION ALL
        SELECT 'owns ' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND pg_has_role(c.relowner, 'MEMBER')
        UNION ALL
        SELECT 'owns function ' || p.proname FROM pg_proc AS p JOIN pg_namespace AS n ON n.oid = p.pronamespace
        WHERE n.nspname = 'public' AND pg_has_role(p.proowner, 'MEMBER')
        UNION ALL
        SELECT 'may create in schema public' WHERE has_schema_privilege('public', 'CREATE')
        UNION ALL
        SELECT 'may create schemas' WHERE has_database_privilege(current_database(), 'CREATE')
      ) AS "too_much" LIMIT ${SAID}`;
    const [first] = found;
    if (first === undefined) return undefined;
    const what = found.map((one) => one.what);
    return `database role ${first.role} ${what.join(', ')}: use a role of its own for the app and run \`breakglass migrate\``;
  });

/** The same for the sealer's role: on events and the rows that they explain only SELECT, on checkpoints only INSERT as well, and nothing else of the app's. */
export const excessPrivilegesOfSealer = (database: Database): Promise<string | undefined> =>
  database.read('read the rights of the sealer’s role', async (prisma) => {
    const found = await prisma.$queryRaw<{ readonly role: string; readonly what: string }[]>`
      SELECT current_user::text AS "role", "what" FROM (
        SELECT 'is a superuser' AS "what" FROM pg_roles WHERE rolname = current_user AND rolsuper
        UNION ALL
        SELECT 'may create roles' FROM pg_roles WHERE rolname = current_user AND rolcreaterole
        UNION ALL
        SELECT 'may ' || "held" || ' rows of ' || c.relname
        FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        CROSS JOIN unnest(ARRAY['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER']) AS "held"
        WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
          AND NOT (
            c.relname IN ('events', 'requests', 'grants', 'policies', 'freeze', 'checkpoints', 'checkpoint_leaves')
            AND "held" = 'SELECT'
          )
          AND c.relname NOT IN ('sealed_heads', 'anchor_progress', 'explaining_round', 'unexplained_rows')
          AND NOT (c.relname IN ('checkpoints', 'checkpoint_leaves') AND "held" = 'INSERT')
          AND has_table_privilege(c.oid, "held")
        UNION ALL
        SELECT 'may update columns of events' WHERE has_any_column_privilege('public.events', 'UPDATE')
        UNION ALL
        SELECT 'owns ' || c.relname FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace
        WHERE n.nspname = 'public' AND pg_has_role(c.relowner, 'MEMBER')
        UNION ALL
        SELECT 'may create in schema public' WHERE has_schema_privilege('public', 'CREATE')
        UNION ALL
        SELECT 'may create schemas' WHERE has_database_privilege(current_database(), 'CREATE')
      ) AS "too_much"`;
    const [first] = found;
    if (first === undefined) return undefined;
    const what = found.slice(0, 3).map((one) => one.what);
    return `database role ${first.role} ${what.join(', ')}: use a role of its own for the sealer and run \`breakglass migrate\``;
  });
