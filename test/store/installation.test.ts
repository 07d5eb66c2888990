import { DEFINITIONS } from '../../src/definitions.ts';
import { openStore } from '../../src/store/open-store.ts';
import { freshDatabase, withClient } from '../support/database.ts';
import { silent } from './silent-logger.ts';

describe('the installation', () => {
  const opened: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of opened.splice(0).reverse()) await close();
  });
  async function storeOf(options: Parameters<typeof freshDatabase>[0] = {}) {
    const database = await freshDatabase(options);
    const store = openStore({ definitions: DEFINITIONS, url: database.appUrl, logger: silent });
    opened.push(database.drop, () => store.close());
    return { database, store };
  }

  it('has a random mark, and is no copy where it was made', async () => {
    const { store } = await storeOf();
    expect(await store.installation()).toEqual({
      installationId: expect.stringMatching(/^[0-9a-f]{16}$/),
      copy: undefined,
    });
  });

  it('is a copy in a database made from another, and says what to do', async () => {
    const { store } = await storeOf({ copied: true });
    const { installationId, copy } = await store.installation();
    expect(copy).toContain(installationId);
    expect(copy).toMatch(/another database.*adopt --moved.*adopt --copy/);
  });

  it('is a copy on another server, as after a restore', async () => {
    const { database, store } = await storeOf();
    await withClient(database.ownerUrl, (client) => client.query(`UPDATE installation SET system_identifier = '1'`));
    expect((await store.installation()).copy).toMatch(/another PostgreSQL server/);
  });

  it('keeps its mark when it moved, and says so in the log', async () => {
    const { store } = await storeOf({ copied: true });
    const { installationId } = await store.installation();
    expect(await store.adopt('moved', 'operator:ana')).toEqual({ installationId, copy: undefined });
    expect(await store.installation()).toEqual({ installationId, copy: undefined });
    const [event] = await store.events('system');
    expect(event).toMatchObject({
      type: 'installation_adopted',
      actor: 'operator:ana',
      data: { how: 'moved', installationId, previousInstallationId: installationId },
    });
  });

  it('gets a new id as a copy: nothing that the other one opened is its own any more', async () => {
    const { store } = await storeOf({ copied: true });
    const { installationId } = await store.installation();
    const adopted = await store.adopt('copy', 'operator:ana');
    expect(adopted.installationId).not.toBe(installationId);
    expect(await store.installation()).toEqual(adopted);
    const [event] = await store.events('system');
    expect(event?.data).toEqual({
      how: 'copy',
      installationId: adopted.installationId,
      previousInstallationId: installationId,
    });
  });
});
