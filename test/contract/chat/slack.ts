import { SLACK_PATH } from '../../../src/chat/slack/app.ts';
import { ACTION_IDS } from '../../../src/chat/slack/ids.ts';
import { openSlack } from '../../../src/chat/slack/open.ts';
import { DEFINITIONS } from '../../../src/definitions.ts';
import { signatureOf } from '../../../src/demo/slack/delivery.ts';
import { startLocalSlack } from '../../../src/demo/slack/local-slack.ts';
import type { SeenMessage as InSlack } from '../../../src/demo/slack/screen.ts';
import { user, WORKSPACE } from '../../chat/slack/installation.ts';
import { aPolicy } from '../../support/requests.ts';
import type { Rig, SeenMessage, Stage, Who } from './rig.ts';

const PLACES = { incident: 'C0INCIDENT', default: 'C0DEFAULT' } as const;
/** Long enough for a busy machine. */
const PATIENT_MS = 40_000;

const ACCOUNTS = {
  member: { deleted: false, guest: undefined, bot: false },
  guest: { guest: 'multi_channel' },
  bot: { bot: true },
  deleted: { deleted: true },
} as const;

/** Slack, by the real Bolt receiver, signed requests and the local workspace. */
export const slackRig: Rig = {
  name: 'slack',
  start: async (): Promise<Stage> => {
    const slack = await startLocalSlack({ ...WORKSPACE, ackMs: PATIENT_MS, triggerMs: PATIENT_MS });
    const { app, dials } = slack;
    const as = (who: Who) => slack.as(user(who));
    const seen = ({ ts, channel, words, inks }: InSlack): SeenMessage => ({
      message: ts,
      place: channel,
      words,
      markup: inks.filter(({ kind }) => kind !== 'text').map((ink) => JSON.stringify(ink)),
    });
    return {
      definitions: DEFINITIONS,
      policy: aPolicy(),
      open: (logger) =>
        openSlack(
          { botToken: app.botToken, appId: app.id, apiUrl: slack.apiUrl, signingSecret: app.signingSecret },
          logger,
        ),
      connect: (url) => slack.connectApp(`${url}${SLACK_PATH}`),
      key: (who) => `slack:T0BREAK:${user(who)}`,
      command: (who, text) => as(who).command('/breakglass', text, PLACES.incident),
      choose: async (who, field, value) => {
        await as(who).awaitModal();
        await as(who).choose(`bg_pick_${field}`, value);
        await as(who).awaitModal(({ blocks }) => blocks.some(({ block_id: id }) => String(id).startsWith('terms/')));
      },
      send: async (who, filled) => {
        const modal = await as(who).awaitModal();
        for (const [field, value] of Object.entries(filled)) {
          const block = modal.blocks.map(({ block_id: id }) => String(id)).find((id) => id.split('/')[0] === field);
          await as(who).fill({ [block ?? field]: field === 'commander' ? user(value as Who) : value });
        }
        return as(who).submit();
      },
      told: (who) => {
        const modal = as(who).modal();
        const alone = [...as(who).ephemerals(), ...as(who).dms()].map(({ words }) => words);
        return modal === undefined ? alone : [...alone, modal.words, ...Object.values(modal.errors)];
      },
      cards: (place) =>
        as('casey')
          .messages(PLACES[place])
          .filter(({ byApp, threadTs, ephemeral }) => byApp && !ephemeral && threadTs === undefined)
          .map(seen),
      timeline: ({ place, message }) =>
        as('casey')
          .thread(place, message)
          .slice(1)
          .filter(({ ephemeral }) => !ephemeral)
          .map(seen),
      press: (who, { place, message }, action) => as(who).click({ channel: place, ts: message }, ACTION_IDS[action]),
      trouble: (what) => {
        if (what === 'throttled') dials.rateLimit('chat.postMessage');
        else if (what === 'miswritten') dials.fail('chat.postMessage', 'before', { error: 'invalid_blocks' });
        else dials.fail('chat.postMessage', 'after', { drop: true });
      },
      gone: (is) => dials.archive(PLACES.incident, is),
      account: (who, is) => dials.changePerson(user(who), ACCOUNTS[is] as object),
      again: async (how) => {
        const last = dials.sent().findLast(({ kind }) => kind !== 'events_api');
        const number = last?.number ?? 0;
        if (how === 'as it was') return (await dials.resend(number)).status;
        const timestamp = Math.floor(Date.now() / 1000);
        const text = JSON.stringify(last?.payload ?? {}).replaceAll('T0BREAK', 'T0ELSE');
        const body = new URLSearchParams({ payload: text }).toString();
        const secret = how === 'forged' ? 'another secret' : app.signingSecret;
        const signature = signatureOf(secret, timestamp, body);
        return (await dials.resend(number, { body, timestamp, signature })).status;
      },
      close: () => slack.close(),
    };
  },
};
