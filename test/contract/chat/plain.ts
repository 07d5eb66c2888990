import { definitionsOf } from '../../../src/adapters.ts';
import { PLAIN_PATH } from '../../adapters/plain-chat/app.ts';
import { HALL, memberId, openHouse, roomOf, VAULT, withPlain } from '../../adapters/plain-chat/installed.ts';
import { plainAdapter } from '../../adapters/plain-chat/open.ts';
import { filled, mentionsIn, type PlainMessage } from '../../adapters/plain-chat/server.ts';
import type { Member } from '../../adapters/plain-chat/wire.ts';
import { signed } from '../../adapters/plain-chat/wire.ts';
import { aPolicy } from '../../support/requests.ts';
import { until } from '../../support/until.ts';
import type { Rig, SeenMessage, Stage, Who } from './rig.ts';

const ROOM = roomOf('INC-1');
const ACCOUNTS: Readonly<Record<string, Pick<Member, 'kind' | 'state'>>> = {
  member: { kind: 'member', state: 'active' },
  guest: { kind: 'guest', state: 'active' },
  bot: { kind: 'bot', state: 'active' },
  deleted: { kind: 'member', state: 'deleted' },
};

/** The plain chat: everything is a line of text, and every form is answered in lines. */
export const plainRig: Rig = {
  name: 'plain',
  start: async (): Promise<Stage> => {
    const usual = aPolicy();
    const house = await openHouse(
      usual.people.map(({ id }) => id),
      ['INC-1'],
    );
    const { settings } = house;
    const policy = {
      ...usual,
      people: usual.people.map((one) => ({
        ...one,
        chats: { plain: [{ house: settings.house, user: memberId(one.id) }] },
      })),
      channels: { plain: { default: HALL, security: VAULT } },
      incidentList: usual.incidentList.map((one) => ({ ...one, channels: { plain: ROOM } })),
    };
    const { client } = plainAdapter(settings);
    const seen = ({ id, room, text }: PlainMessage): SeenMessage => ({
      message: id,
      place: room,
      words: text,
      markup: mentionsIn(text),
    });
    const say = (who: Who, text: string, under?: SeenMessage) =>
      house.say(memberId(who), under?.place ?? ROOM, text, under?.message);
    const last = () => JSON.parse(house.sent.findLast((one) => one.includes('"said"')) ?? '{}');
    return {
      definitions: definitionsOf(withPlain(house)),
      policy,
      open: (logger) => {
        if (client === undefined) throw new Error('there is no client');
        // Nothing of the environment is read.
        return client.open({ logger, egress: undefined, config: {} as never });
      },
      connect: (url) => house.connectApp(`${url}${PLAIN_PATH}`),
      key: (who) => `plain:${settings.house}:${memberId(who)}`,
      command: (who, text) => say(who, `/breakglass ${text}`),
      choose: async (who, field, value) => {
        const form = filled(house.told(memberId(who)), { [field]: value });
        const before = house.told(memberId(who)).length;
        await house.direct(memberId(who), form.replace(/^form (\S+) (\S+).*/, `change $1 $2 ${field}`));
        await until(() => house.told(memberId(who)).length > before, 'the form to be drawn anew');
      },
      send: (who, { commander, ...values }) =>
        house.fill(memberId(who), {
          ...values,
          ...(commander === undefined ? {} : { commander: `@[${memberId(commander)}]` }),
        }),
      told: (who) => house.told(memberId(who)),
      cards: (place) =>
        house
          .in(place === 'incident' ? ROOM : HALL)
          .filter(({ by, under }) => by === 'm-bot' && under === undefined)
          .map(seen),
      timeline: (card) =>
        house
          .in(card.place, card.message)
          .filter(({ by }) => by === 'm-bot')
          .map(seen),
      press: (who, card, action) => {
        const line = new RegExp(`^Answer here: (${action} \\S+ \\S+)`, 'm').exec(card.words)?.[1];
        return say(who, line ?? `${action} nothing`, card);
      },
      trouble: (what) =>
        house.arm('room', what === 'throttled' ? what : what === 'miswritten' ? 'bad_text' : 'lost_after'),
      gone: (is) => house.setRoom(ROOM, is ? 'closed' : 'open'),
      account: (who, is) => house.changeMember(memberId(who), ACCOUNTS[is] ?? {}),
      again: async (how) => {
        const body = JSON.stringify(how === 'foreign' ? { ...last(), house: 'H0ELSE' } : last());
        return house.bring(body, signed(how === 'forged' ? 'another secret' : settings.secret, body));
      },
      close: () => house.close(),
    };
  },
};
