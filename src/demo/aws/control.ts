import { z } from 'zod';
import type { Dials } from './dials.ts';
import type { SignInOptions, TemporaryCredentials } from './sign-in.ts';
import type { World } from './world.ts';

const DIAL = z.strictObject({
  kind: z.enum([
    'throttle',
    'delay',
    'fail_before',
    'fail_after',
    'drop_before',
    'drop_after',
    'hold_before',
    'hold_after',
  ]),
  action: z.string(),
  times: z.int().positive().optional(),
  ms: z.int().nonnegative().optional(),
  account: z.string().optional(),
  principal: z.string().optional(),
  where: z.record(z.string(), z.string()).optional(),
});
const BENDS = z.strictObject({
  clockOffsetMs: z.int().optional(),
  ignoreDates: z.boolean().optional(),
  propagationMs: z.int().nonnegative().optional(),
  missingRolesAreDenied: z.boolean().optional(),
  listLagMs: z.int().nonnegative().optional(),
});
const SIGN_IN = z.strictObject({
  arn: z.string(),
  mfa: z.boolean().optional(),
  durationSeconds: z.int().positive().optional(),
});
const RELEASE = z.strictObject({ id: z.int().optional(), how: z.enum(['proceed', 'drop']).optional() });

/** What the control API steers. */
export interface Controlled {
  readonly world: World;
  readonly dials: Dials;
  readonly signInAs: (arn: string, options?: SignInOptions) => TemporaryCredentials;
}

/** The same object without members that are `undefined`. */
function given<T extends object>(value: T): { [K in keyof T]: Exclude<T[K], undefined> } {
  const entries = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.assign(Object.create(null), Object.fromEntries(entries));
}

type Route = (controlled: Controlled, query: URLSearchParams, body: unknown) => unknown;

const ROUTES: Readonly<Record<string, Route>> = {
  'GET /_local/log': ({ dials }, query) => dials.log(Number(query.get('after') ?? '0')),
  'GET /_local/held': ({ dials }, query) => dials.whenHeld(Number(query.get('waitMs') ?? '0')),
  'GET /_local/roles': ({ world }, query) => [
    ...(world.accounts.get(query.get('account') ?? '')?.roles.values() ?? []),
  ],
  'POST /_local/dials': ({ dials }, _query, body) => dials.add(given(DIAL.parse(body))),
  'DELETE /_local/dials': ({ dials }) => dials.clear(),
  'PUT /_local/bends': ({ world }, _query, body) => Object.assign(world.bends, given(BENDS.parse(body))),
  'POST /_local/release': ({ dials }, _query, body) => {
    const { id, how } = RELEASE.parse(body);
    return { released: id === undefined ? dials.releaseAll(how) : Number(dials.release(id, how)) };
  },
  'POST /_local/sign-in': ({ signInAs }, _query, body) => {
    const { arn, ...options } = SIGN_IN.parse(body);
    return signInAs(arn, given(options));
  },
};

/**
 * The dials over HTTP, for other processes: JSON in, JSON out. Unknown paths answer 404, bad bodies 400 with the reason.
 * `GET /_local/log?after=SEQ`, `GET /_local/held?waitMs=MS`, `GET /_local/roles?account=ID`, `POST` and `DELETE /_local/dials`,
 * `PUT /_local/bends`, `POST /_local/release {id?, how?}`, `POST /_local/sign-in {arn, mfa?, durationSeconds?}`.
 */
export async function answerControl(
  controlled: Controlled,
  request: { readonly method: string; readonly path: string; readonly query: string; readonly body: string },
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const name = `${request.method} ${request.path}`;
  const route = Object.hasOwn(ROUTES, name) ? ROUTES[name] : undefined;
  if (route === undefined) return { status: 404, answer: { error: `No such control: ${name}` } };
  try {
    const body: unknown = request.body === '' ? {} : JSON.parse(request.body);
    const answer = await route(controlled, new URLSearchParams(request.query), body);
    return { status: 200, answer: answer ?? { ok: true } };
  } catch (error) {
    return { status: 400, answer: { error: error instanceof Error ? error.message : String(error) } };
  }
}
