import { randomBytes } from 'node:crypto';
import { SYSTEM_STREAM } from '../core/events.ts';
import type { Installation } from '../ports/store.ts';
import { insertEvents, lockStream, type Shift, sealed } from './append.ts';
import type { Database } from './database.ts';
import type { RawTx } from './raw.ts';

interface Found {
  readonly installationId: string;
  readonly systemIdentifier: string;
  readonly databaseOid: string;
  readonly hereSystem: string;
  readonly hereOid: string;
}

/** Who this database is, and whether it is the one that its id was made for. */
export const installation = (database: Database): Promise<Installation> =>
  database.raw.read('read the installation', async (client) => installationOf(await look(client)));

async function look(client: RawTx): Promise<Found> {
  const [found] = await client.$queryRaw<Found[]>`
    SELECT i."installation_id" AS "installationId", i."system_identifier" AS "systemIdentifier", i."database_oid" AS "databaseOid",
      d."system_identifier" AS "hereSystem", d."database_oid" AS "hereOid"
    FROM "installation" AS i, "database_identity"() AS d LIMIT ${1}`;
  if (found === undefined) throw new Error('the installation has no id: run `breakglass migrate`');
  return found;
}

function installationOf({ installationId, systemIdentifier, databaseOid, hereSystem, hereOid }: Found): Installation {
  const todo = 'say `breakglass adopt --moved` if this is the installation, elsewhere, or `breakglass adopt --copy`';
  if (systemIdentifier !== hereSystem) {
    return {
      installationId,
      copy: `installation id ${installationId} was made on another PostgreSQL server (or before a restore): ${todo}`,
    };
  }
  return {
    installationId,
    copy:
      databaseOid === hereOid ? undefined : `installation id ${installationId} was made in another database: ${todo}`,
  };
}

/** An operator's word on what this database is. `copy` makes a new id: nothing the other one opened is touched any more. */
export function adopt(database: Database, shift: Shift, how: 'moved' | 'copy', actor: string): Promise<Installation> {
  return database.transaction('adopt the installation', async (tx) => {
    const { now, head } = await lockStream(tx, shift, SYSTEM_STREAM);
    const found = await look(tx);
    const installationId = how === 'moved' ? found.installationId : randomBytes(8).toString('hex');
    await tx.installation.update({
      where: { one: true },
      data: { installationId, systemIdentifier: found.hereSystem, databaseOid: found.hereOid, boundAt: now },
    });
    const event = {
      type: 'installation_adopted',
      data: { how, installationId, previousInstallationId: found.installationId },
    } as const;
    await insertEvents(tx, sealed(SYSTEM_STREAM, head, [event], now, actor));
    return { installationId, copy: undefined };
  });
}
