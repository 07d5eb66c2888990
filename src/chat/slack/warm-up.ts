import { createHmac, randomBytes } from 'node:crypto';
import { IncomingMessage, ServerResponse } from 'node:http';
import { Socket } from 'node:net';
import type { Directory } from '../../core/policy/directory.ts';
import type { Policy } from '../../core/policy/policy.ts';
import type { Logger } from '../../ports/logger.ts';
import { isSubCommand } from '../dialog/command.ts';
import { askable } from '../dialog/request-form.ts';
import { slackApp } from './app.ts';
import type { AppDeps } from './app-deps.ts';
import { slackChat } from './chat.ts';
import { COMMAND } from './ids.ts';
import type { SlackSettings } from './web.ts';
import { slackWorkspace } from './workspace.ts';

/** What the rehearsal gets of the real thing: what the way to a form reads. With it nothing can be changed. */
export interface Rehearsing extends Pick<AppDeps, 'directory' | 'capabilities'> {
  readonly store: Pick<AppDeps['store'], 'freeze' | 'policyInForce'>;
}

/** What came of it: commands, forms that they opened, and how long the first round of commands and the last took. */
export interface Rehearsal {
  readonly typed: number;
  readonly opened: number;
  readonly firstMs: number;
  readonly lastMs: number;
}
const NONE: Rehearsal = { typed: 0, opened: 0, firstMs: 0, lastMs: 0 };

/** Commands at once, as many as a busy moment brings. */
const AT_ONCE = 20;
/** At least so many rounds of them, then as many as still make the next one faster, until the time is over. */
const ROUNDS_MIN = 3;
const STILL_FASTER = 0.9;
const BUDGET_MS = 3_000;

/**
 * Plays `/breakglass` to a second app of our own, again and again, until it is not faster any more: from the signed
 * request to the form, through the same code, with the policy and the people of this database. In Slack's place an
 * answer is made here, and no form is recorded: nothing is touched, and nobody is called. The first person to type it
 * then does not wait until this process has learnt how.
 */
export async function warmUp(deps: Rehearsing): Promise<Rehearsal> {
  const policy = (await deps.store.policyInForce())?.policy;
  if (policy === undefined) return NONE;
  const { directory } = await deps.directory.read(policy);
  const people = whoMayAsk(policy, directory);
  const [first] = people;
  if (first === undefined) return NONE;
  const ours = people.filter(({ workspace }) => workspace === first.workspace);
  // A role may be called like a sub-command, which is then what its id means.
  const roles = policy.roles.map(({ id }) => id).filter((id) => !isSubCommand(id));
  let opened = 0;
  const settings = settingsFor(first.workspace, (method) => {
    if (method === 'views.open') opened += 1;
  });
  const { freeze, policyInForce } = deps.store;
  const workspace = slackWorkspace(settings, silent);
  const app = slackApp({
    chat: slackChat(workspace, silent),
    announce: MUTE,
    broker: POWERLESS,
    store: { freeze, policyInForce, chat: FORGETFUL, find: refused, inStates: refused, list: refused },
    capabilities: deps.capabilities,
    directory: { read: async () => ({ directory, ageMs: 0 }) },
    workspace,
    logger: silent,
  });
  await app.start();
  const until = performance.now() + BUDGET_MS;
  const took: number[] = [];
  let typed = 0;
  for (let round = 1; performance.now() < until; round += 1) {
    const began = performance.now();
    const played = Array.from({ length: AT_ONCE }, () => {
      typed += 1;
      const user = ours[typed % ours.length]?.user ?? first.user;
      const role = typed % 2 === 0 ? (roles[typed % roles.length] ?? '') : '';
      return play(app.requestListener, settings, { user, workspace: first.workspace, text: role, number: typed });
    });
    await Promise.all(played);
    await app.stop();
    took.push(performance.now() - began);
    const before = took.at(-2) ?? Number.POSITIVE_INFINITY;
    if (round >= ROUNDS_MIN && (took.at(-1) ?? 0) > STILL_FASTER * before) break;
  }
  return { typed, opened, firstMs: took[0] ?? 0, lastMs: took.at(-1) ?? 0 };
}

/** Whatever a rehearsed command might come to besides a form. */
const refused = async (): Promise<never> => {
  throw new Error('this is a rehearsal: nothing is done');
};

const POWERLESS: AppDeps['broker'] = {
  request: refused,
  approve: refused,
  deny: refused,
  withdraw: refused,
  end: refused,
  extend: refused,
  attest: refused,
  freeze: refused,
  thaw: refused,
  view: refused,
  whyNotRead: refused,
  noteRefusal: refused,
  watchPeople: refused,
};

const MUTE: AppDeps['announce'] = { redraw: refused };

/** The way to a form writes its form, and our own start who we are: neither is kept. */
const FORGETFUL: AppDeps['store']['chat'] = {
  openForm: async () => undefined,
  identity: async () => undefined,
  keepIdentity: async () => undefined,
  refs: refused,
  claim: refused,
  sent: refused,
  unclear: refused,
  release: refused,
  gone: refused,
  cardAt: refused,
  isNoted: refused,
  drawn: refused,
  posted: refused,
  form: refused,
  useForm: refused,
};

const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** So many people are looked at: enough to find somebody, of however many. */
const LOOKED_AT = 500;

/** Accounts of people for whom a form would open. */
const whoMayAsk = (policy: Policy, directory: Directory) =>
  directory.people
    .slice(0, LOOKED_AT)
    .filter((person) => askable({ policy, directory, person, values: {} }).length > 0)
    .flatMap(({ chats }) => chats.slack ?? [])
    .map(({ workspace = '', user }) => ({ workspace, user }));

/** Of an app that nobody else knows: what it is sent is signed with a secret made here. */
const settingsFor = (
  workspace: string,
  called: (method: string | undefined) => void,
): SlackSettings & { readonly signingSecret: string } => ({
  botToken: 'xoxb-warm-up',
  appId: 'A0WARMUP',
  signingSecret: randomBytes(16).toString('hex'),
  fetch: async (url) => {
    called(String(url).split('/').at(-1));
    return Response.json({ ok: true, team_id: workspace, user_id: 'U0WARMUP', bot_id: 'B0WARMUP' });
  },
});

interface Typed {
  readonly user: string;
  readonly workspace: string;
  readonly text: string;
  readonly number: number;
}

/** One signed command, answered when the app has acknowledged it. No socket is opened for it. */
async function play(
  listener: ReturnType<typeof slackApp>['requestListener'],
  { appId, signingSecret }: ReturnType<typeof settingsFor>,
  { user, workspace, text, number }: Typed,
): Promise<void> {
  const body = new URLSearchParams({
    api_app_id: appId,
    command: COMMAND,
    text,
    user_id: user,
    team_id: workspace,
    channel_id: 'D0WARMUP',
    trigger_id: `warm-up.${number}`,
  }).toString();
  // Signed and checked by the same clock, which decides nothing.
  const timestamp = String(Math.floor((performance.timeOrigin + performance.now()) / 1000));
  const signature = `v0=${createHmac('sha256', signingSecret).update(`v0:${timestamp}:${body}`).digest('hex')}`;
  const request = new IncomingMessage(new Socket());
  request.method = 'POST';
  request.headers = {
    'content-type': 'application/x-www-form-urlencoded',
    'content-length': String(Buffer.byteLength(body)),
    'x-slack-request-timestamp': timestamp,
    'x-slack-signature': signature,
  };
  request.push(body);
  request.push(null);
  const response = new ServerResponse(request);
  const answered = new Promise<void>((resolve) => {
    const end = response.end.bind(response);
    response.end = ((...said: Parameters<typeof end>) => {
      resolve();
      return end(...said);
    }) as typeof response.end;
  });
  listener?.(request, response);
  await answered;
}
