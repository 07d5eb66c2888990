import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { broker as openBroker } from '../../../src/broker/broker.ts';
import { delivery } from '../../../src/chat/deliver/delivery.ts';
import { brokerWords } from '../../../src/chat/words/broker-words.ts';
import { cloudTermsOf, cloudWordsOf } from '../../../src/core/policy/cloud.ts';
import type { Row, WorkName } from '../../../src/core/request/work.ts';
import type { OpenChat } from '../../../src/open-chats.ts';
import { applyPolicy } from '../../../src/policy-in-force.ts';
import type { Logger } from '../../../src/ports/logger.ts';
import type { Store } from '../../../src/ports/store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { freshDatabase } from '../../support/database.ts';
import { type Levers, NOW_NAMES, sourcesOf, standIn, workOff } from '../../support/outside.ts';
import { until } from '../../support/until.ts';
import type { Rig, Stage } from './rig.ts';

/** One chat as the product hears it and shows things in it; the cloud is stood for. */
export interface Heard {
  readonly stage: Stage;
  readonly store: Store;
  readonly chat: OpenChat;
  readonly levers: Levers;
  readonly logs: readonly string[];
  /** Does all work that is due once; rejects with what failed first. */
  work(names?: readonly WorkName[]): Promise<void>;
  /** The same, again until nothing fails. */
  workThrough(names?: readonly WorkName[]): Promise<void>;
  row(id: string): Promise<Row>;
  newest(): Promise<Row | undefined>;
  close(): Promise<void>;
}

/** Short, since what is sent to an unknown end here is soon known to be lost. */
const UNKNOWN_AFTER_MS = 300;

export async function hear(rig: Rig): Promise<Heard> {
  const [database, stage] = await Promise.all([freshDatabase(), rig.start()]);
  const { definitions, policy } = stage;
  const logs: string[] = [];
  const note = (fields: object, message: string) => logs.push(`${message} ${JSON.stringify(fields)}`);
  const logger: Logger = { info: note, warn: note, error: note };
  const levers: Levers = { directoryDown: false, incidentsDown: false, cloudRefuses: false, aheadMs: 0, patient: true };
  const store = openStore({ definitions, url: database.appUrl, logger, offsetMs: () => levers.aheadMs });
  await applyPolicy(store, policy, '', 'operator:test', undefined);
  const { directory, incidents } = sourcesOf(levers);
  const aws = standIn(levers, store, logger);
  const chat = stage.open(logger);
  const { clouds } = definitions;
  const announce = delivery({
    chats: [chat.chat],
    account: (key) => chat.accounts.account(key),
    store,
    usage: (plan) => aws.usage(plan),
    words: (cloud) => cloudWordsOf(clouds, cloud),
    logger,
    unknownAfterMs: UNKNOWN_AFTER_MS,
  });
  const broker = openBroker({
    store,
    directory,
    incidents,
    clouds,
    words: brokerWords(clouds),
    providers: { aws },
    schedule: { add: async () => undefined },
    announce,
    pagers: [],
    logger,
    openingOff: () => undefined,
  });
  const capabilities: Parameters<OpenChat['hear']>[0]['capabilities'] = (terms) => cloudTermsOf(clouds, terms);
  const app = await chat.hear({ announce, broker, store, directory, capabilities, logger });
  await app.recall();
  await app.start();
  const server = createServer((request, response) => {
    const listener: RequestListener | undefined = app.routes[request.url ?? ''];
    if (listener === undefined) response.writeHead(404).end();
    else listener(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  stage.connect(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const work = (names: readonly WorkName[] = NOW_NAMES) => workOff(store, broker, names);
  return {
    stage,
    store,
    chat,
    levers,
    logs,
    work,
    workThrough: (names) =>
      until(
        () =>
          work(names).then(
            () => true,
            () => false,
          ),
        'all work to be done',
      ),
    row: async (id) => {
      const found = await store.find(id);
      if (found === undefined) throw new Error(`no request ${id}`);
      return found;
    },
    newest: async () => (await store.list({ limit: 1 }))[0],
    close: async () => {
      await app.stop();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await stage.close();
      await store.close();
      await database.drop();
    },
  };
}
