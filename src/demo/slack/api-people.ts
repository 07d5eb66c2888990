import { type ApiMethod, ApiRefusal } from './api-call.ts';
import { wireUser } from './wire.ts';

const reads = (): string => 'users:read';

/** `auth.test`, `apps.connections.open` and the `users.*` methods. */
export const PEOPLE_METHODS: Readonly<Record<string, ApiMethod>> = {
  'auth.test': {
    needs: [],
    run: (_args, { world, origin }) => ({
      url: `${origin()}/`,
      team: world.team.name,
      team_id: world.team.id,
      user: world.app.name.toLowerCase(),
      user_id: world.app.botUserId,
      bot_id: world.app.botId,
      ...(world.team.enterprise ? { enterprise_id: world.team.enterprise.id } : {}),
      is_enterprise_install: false,
    }),
  },
  'apps.connections.open': { token: 'app', needs: [], run: (_args, { socketUrl }) => ({ url: socketUrl() }) },
  'users.info': {
    needs: ['user'],
    may: ['include_locale'],
    scope: reads,
    run: (args, { world }) => {
      const person = world.people.get(args.text('user'));
      if (!person) throw new ApiRefusal('user_not_found');
      return { user: wireUser(world, person) };
    },
  },
  'users.list': {
    needs: [],
    may: ['cursor', 'include_locale', 'limit', 'team_id'],
    scope: reads,
    run: (_args, { world }) => ({
      members: [...world.people.values()].filter(({ stranger }) => !stranger).map((one) => wireUser(world, one)),
      cache_ts: Math.floor(world.now() / 1000),
      response_metadata: { next_cursor: '' },
    }),
  },
  'users.lookupByEmail': {
    needs: ['email'],
    scope: () => 'users:read.email',
    run: (args, { world }) => {
      const person = [...world.people.values()].find(({ email, deleted }) => email === args.text('email') && !deleted);
      if (!person) throw new ApiRefusal('users_not_found');
      return { user: wireUser(world, person) };
    },
  },
};
