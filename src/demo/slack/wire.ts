import { type Fields, fieldsOf } from './json.ts';
import type { LocalPerson, OpenView, StoredMessage } from './model.ts';
import type { World } from './world.ts';

/** How the workspace's facts look in Slack's JSON. Shapes: https://docs.slack.dev/reference/objects */

/** A user object as `users.info` and `user_change` carry it. */
export function wireUser(world: World, person: LocalPerson): Fields {
  const { enterprise } = world.team;
  const stranger = person.stranger;
  const teamId = teamOf(world, person);
  return {
    id: person.id,
    team_id: teamId,
    name: person.name,
    deleted: person.deleted ?? false,
    real_name: person.realName,
    tz: person.tz ?? 'Etc/UTC',
    is_bot: person.bot ?? false,
    is_app_user: false,
    updated: Math.floor(world.now() / 1000),
    profile: {
      real_name: person.realName,
      real_name_normalized: person.realName,
      display_name: person.name,
      title: person.title ?? '',
      team: teamId,
      ...(person.email === undefined ? {} : { email: person.email }),
    },
    ...(person.deleted
      ? {}
      : {
          is_admin: false,
          is_owner: false,
          is_restricted: person.guest !== undefined,
          is_ultra_restricted: person.guest === 'single_channel',
        }),
    ...(stranger ? { is_stranger: true } : {}),
    ...(stranger?.enterpriseId === undefined
      ? {}
      : { enterprise_user: { id: person.id, enterprise_id: stranger.enterpriseId, teams: [stranger.teamId] } }),
    ...(enterprise && !stranger
      ? {
          enterprise_user: {
            id: person.id,
            enterprise_id: enterprise.id,
            enterprise_name: enterprise.name,
            is_admin: false,
            is_owner: false,
            teams: [teamId],
          },
        }
      : {}),
  };
}

/** A channel object as the `conversations.*` methods carry it. */
export function wireChannel(world: World, id: string): Fields {
  const direct = world.directs.get(id);
  if (direct) return { id, is_im: true, user: direct.user, is_archived: false, is_org_shared: false, created: 1 };
  const channel = world.channels.get(id);
  return {
    id,
    name: channel?.name,
    name_normalized: channel?.name,
    is_channel: !channel?.private,
    is_group: channel?.private ?? false,
    is_im: false,
    is_mpim: false,
    is_private: channel?.private ?? false,
    is_archived: channel?.archived ?? false,
    is_member: world.membersOf(id).includes(world.app.botUserId),
    is_ext_shared: world.membersOf(id).some((member) => world.people.get(member)?.stranger !== undefined),
    num_members: channel?.members.length ?? 0,
    topic: { value: channel?.topic ?? '', creator: '', last_set: 0 },
    purpose: { value: '', creator: '', last_set: 0 },
    created: 1,
  };
}

/** A message object. Metadata only where the method asked for it. */
export function wireMessage(world: World, message: StoredMessage, withMetadata = false): Fields {
  const { app, team } = world;
  const replies = message.threadTs === undefined ? world.thread(message.channel, message.ts).slice(1) : [];
  const byBot = message.author === app.botUserId;
  return {
    type: 'message',
    ...(message.broadcast ? { subtype: 'thread_broadcast' } : {}),
    user: message.author,
    team: team.id,
    ts: message.ts,
    text: message.text,
    ...(byBot
      ? {
          bot_id: app.botId,
          app_id: app.id,
          bot_profile: { id: app.botId, app_id: app.id, name: app.name, team_id: team.id },
        }
      : {}),
    ...(message.blocks ? { blocks: message.blocks } : {}),
    ...(message.editedTs === undefined ? {} : { edited: { user: message.author, ts: message.editedTs } }),
    ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
    ...(replies.length > 0
      ? {
          thread_ts: message.ts,
          reply_count: replies.length,
          reply_users: [...new Set(replies.map(({ author }) => author))],
          latest_reply: replies.at(-1)?.ts,
        }
      : {}),
    ...(withMetadata && message.metadata ? { metadata: message.metadata } : {}),
  };
}

/** A view object as answers and payloads carry it. */
export function wireView(world: World, view: OpenView): Fields {
  const { definition } = view;
  return {
    id: view.id,
    team_id: world.team.id,
    type: 'modal',
    blocks: view.blocks,
    private_metadata: definition.private_metadata ?? '',
    callback_id: definition.callback_id ?? '',
    state: { values: view.state },
    hash: view.hash,
    title: definition.title,
    clear_on_close: definition.clear_on_close ?? false,
    notify_on_close: definition.notify_on_close ?? false,
    close: definition.close ?? null,
    submit: definition.submit ?? null,
    previous_view_id: view.previousId,
    root_view_id: view.rootId,
    app_id: world.app.id,
    external_id: definition.external_id ?? '',
    app_installed_team_id: world.team.id,
    bot_id: world.app.botId,
  };
}

/** The workspace that a person is of: this one, unless they are a colleague's or another organisation's. */
export const teamOf = ({ team }: World, { stranger, workspace }: LocalPerson): string =>
  stranger?.teamId ?? workspace ?? team.id;

/** The top-level `user` of an interaction: a person of another workspace keeps their own team id. */
export const wireActor = (world: World, person: LocalPerson): Fields => ({
  id: person.id,
  username: person.name,
  name: person.name,
  team_id: teamOf(world, person),
});

/** What every interaction payload says about where it comes from. */
export function wireOrigin(world: World): Fields {
  const { team, app } = world;
  return {
    team: {
      id: team.id,
      domain: team.domain ?? team.name.toLowerCase().replace(/\W+/g, '-'),
      ...(team.enterprise ? { enterprise_id: team.enterprise.id, enterprise_name: team.enterprise.name } : {}),
    },
    enterprise: team.enterprise ? { id: team.enterprise.id, name: team.enterprise.name } : null,
    is_enterprise_install: false,
    api_app_id: app.id,
    token: 'local-verification-token',
  };
}

/** The one line a view or a message is known by on screen. */
export const titleOf = (view: OpenView): string => String(fieldsOf(view.definition.title).text ?? '');
