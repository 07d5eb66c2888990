import {
  action,
  ClientRefusal,
  dispatches,
  errorsOf,
  type Found,
  find,
  fitting,
  messageState,
  whyFailed,
} from './client-actions.ts';
import type { Delivery } from './delivery.ts';
import { type Entry, submissionProblems } from './inputs.ts';
import { fieldsOf, isFields } from './json.ts';
import type { LocalPerson, OpenView, StoredMessage } from './model.ts';
import { escaped } from './mrkdwn.ts';
import type { Outcome } from './outcome.ts';
import { isSilent, reply, slackbotSays } from './replies.ts';
import { seeMessage } from './screen.ts';
import type { ReplyPlace, ReplyUrls, Triggers } from './tickets.ts';
import { VIEW_STACK_MAX, type ViewDesk } from './view-desk.ts';
import { teamOf, wireActor, wireChannel, wireMessage, wireOrigin, wireView } from './wire.ts';
import type { World } from './world.ts';

/** Slack's own words when an app does not take a submission. */
export const TROUBLE = 'We had some trouble connecting. Try again?';

/** What a person saw at once after doing something. */
export interface Seen {
  /** The app took it, and nothing is wrong on a field. */
  readonly ok: boolean;
  /** The app did not answer within Slack's 3 seconds. */
  readonly timedOut: boolean;
  /** Slack's or the app's words shown to this person, in order. */
  readonly shown: readonly string[];
  /** Errors on the fields of the modal, by block id. */
  readonly errors: Readonly<Record<string, string>>;
}

/** What the client needs of the workspace. */
export interface ClientParts {
  readonly world: World;
  readonly desk: ViewDesk;
  readonly delivery: Delivery;
  readonly triggers: Triggers;
  readonly replyUrls: ReplyUrls;
  readonly origin: () => string;
}

const seen = (
  outcome: Outcome,
  shown: readonly string[] = [],
  errors: Readonly<Record<string, string>> = {},
): Seen => ({
  ok: outcome.ok && Object.keys(errors).length === 0,
  timedOut: !outcome.ok && outcome.why === 'timeout',
  shown,
  errors,
});

/** Slack's client in the hands of one person: it sends what the person does, and shows what comes back. */
export class Client {
  readonly #parts: ClientParts;

  constructor(parts: ClientParts) {
    this.#parts = parts;
  }

  /** Types a slash command. @throws ClientRefusal for a command Slack does not know here */
  async command(user: string, command: string, text: string, channel: string): Promise<Seen> {
    const { world, delivery, triggers } = this.#parts;
    const person = this.#inside(user, channel);
    if (!world.app.commands.includes(command)) throw new ClientRefusal(`${command} is not a valid command.`);
    const { team, app } = world;
    const place = { user, channel };
    const outcome = await delivery.send('slash_commands', {
      token: 'local-verification-token',
      team_id: teamOf(world, person),
      team_domain: team.domain ?? team.name.toLowerCase(),
      ...(team.enterprise ? { enterprise_id: team.enterprise.id, enterprise_name: team.enterprise.name } : {}),
      channel_id: channel,
      channel_name: this.#channelName(channel),
      user_id: user,
      user_name: person.name,
      command,
      text: escaped(text.trim()),
      api_app_id: app.id,
      is_enterprise_install: 'false',
      response_url: this.#replyUrl(place),
      trigger_id: triggers.issue(user),
    });
    if (outcome.ok && isSilent(outcome.body)) return seen(outcome);
    const replied = outcome.ok ? reply(world, place, outcome.body) : undefined;
    if (replied?.ok) return seen(outcome, replied.message ? [seeMessage(world, replied.message, user).words] : []);
    const words = outcome.ok
      ? `${command} failed with the error "invalid_command_response".`
      : `${command} failed ${whyFailed(outcome)}`;
    slackbotSays(world, user, channel, words);
    return { ...seen(outcome, [words]), ok: false };
  }

  /** Presses or picks something in a message. `entry` is for what takes one (menus, checkboxes). */
  async actInMessage(
    user: string,
    at: { channel: string; ts: string },
    actionId: string,
    entry?: Entry,
    blockId?: string,
  ): Promise<Seen> {
    const { world, delivery, triggers } = this.#parts;
    const person = this.#inside(user, at.channel);
    const message = world.message(at.channel, at.ts);
    if (!message || (message.onlyFor !== undefined && message.onlyFor !== user))
      throw new ClientRefusal('This message is not there any more.');
    const found = find(message.blocks ?? [], actionId, blockId);
    const place: ReplyPlace = {
      user,
      channel: at.channel,
      ts: at.ts,
      ...(message.threadTs === undefined ? {} : { threadTs: message.threadTs }),
    };
    const outcome = await delivery.send('interactive', {
      type: 'block_actions',
      ...wireOrigin(world),
      user: wireActor(world, person),
      container: {
        type: 'message',
        message_ts: at.ts,
        channel_id: at.channel,
        is_ephemeral: message.onlyFor !== undefined,
        ...(message.threadTs === undefined ? {} : { thread_ts: message.threadTs }),
      },
      trigger_id: triggers.issue(user),
      channel: { id: at.channel, name: this.#channelName(at.channel) },
      ...(message.onlyFor === undefined ? { message: wireMessage(world, message) } : {}),
      state: { values: messageState(message, found, entry) },
      response_url: this.#replyUrl(place),
      actions: [action(world, found, entry)],
    });
    return seen(outcome, outcome.ok ? [] : [`Nothing happened: the app failed ${whyFailed(outcome)} Try again.`]);
  }

  /** Types into or picks in an input of the open modal; tells the app where the input wants that. */
  async enter(user: string, actionId: string, entry: Entry, blockId?: string): Promise<Seen> {
    const { desk } = this.#parts;
    const view = this.#view(user);
    const found = find(view.blocks, actionId, blockId);
    const value = fitting(found.element, entry);
    const next = desk.keep(view, {
      state: { ...view.state, [found.blockId]: { ...view.state[found.blockId], [found.actionId]: value } },
    });
    if (!dispatches(found.block, found.element)) return seen({ ok: true, body: '' });
    return this.#actInView(next, found, entry);
  }

  /** Presses a button (or picks from an overflow menu) in the open modal. */
  async press(user: string, actionId: string, entry?: Entry): Promise<Seen> {
    const view = this.#view(user);
    return this.#actInView(view, find(view.blocks, actionId), entry);
  }

  /** Presses the modal's submit button. What Slack's client finds wrong never reaches the app. */
  async submit(user: string): Promise<Seen> {
    const { world, desk, delivery, triggers } = this.#parts;
    const view = this.#view(user);
    if (view.definition.submit === undefined) throw new ClientRefusal('This modal has no submit button.');
    const problems = submissionProblems(view.blocks, view.state);
    if (Object.keys(problems).length > 0) {
      desk.keep(view, { errors: problems });
      return { ok: false, timedOut: false, shown: [], errors: problems };
    }
    const outcome = await delivery.send('interactive', {
      type: 'view_submission',
      ...wireOrigin(world),
      user: wireActor(world, this.#person(user)),
      trigger_id: triggers.issue(user, view.id),
      view: wireView(world, view),
      response_urls: [],
    });
    if (!outcome.ok) return seen(outcome, [TROUBLE]);
    return this.#answered(world.views.get(view.id) ?? view, outcome);
  }

  /** Closes the modal on top. The app hears of it if it asked to. */
  async close(user: string): Promise<Seen> {
    const { world, desk, delivery } = this.#parts;
    const view = this.#view(user);
    const all = view.definition.clear_on_close === true;
    if (all) world.closeAll(user);
    else desk.close(view);
    if (view.definition.notify_on_close !== true) return seen({ ok: true, body: '' });
    const outcome = await delivery.send('interactive', {
      type: 'view_closed',
      ...wireOrigin(world),
      user: wireActor(world, this.#person(user)),
      view: wireView(world, view),
      is_cleared: all,
    });
    return seen(outcome);
  }

  /** Says something in a conversation, or in a thread of it. */
  post(user: string, channel: string, text: string, threadTs?: string): StoredMessage {
    const { world, delivery } = this.#parts;
    this.#inside(user, channel);
    const message = world.post({
      channel,
      author: user,
      text: escaped(text),
      ...(threadTs === undefined ? {} : { threadTs }),
    });
    const kind = world.kindOf(channel) === 'groups' ? 'group' : world.kindOf(channel) === 'im' ? 'im' : 'channel';
    if (world.membersOf(channel).includes(world.app.botUserId))
      void delivery.event({ ...wireMessage(world, message), channel, channel_type: kind });
    return message;
  }

  #answered(view: OpenView, outcome: Outcome & { readonly ok: true }): Seen {
    const { world, desk } = this.#parts;
    const answer = fieldsOf(outcome.body);
    const trouble: Seen = { ok: false, timedOut: false, shown: [TROUBLE], errors: {} };
    if (isSilent(outcome.body)) {
      desk.close(view);
      return seen(outcome);
    }
    switch (answer.response_action) {
      case 'clear':
        world.closeAll(view.owner);
        return seen(outcome);
      case 'errors': {
        const errors = errorsOf(view, answer.errors);
        if (!errors) return trouble;
        desk.keep(view, { errors });
        return seen(outcome, [], errors);
      }
      case 'update': {
        if (!isFields(answer.view) || desk.refusal(answer.view, view)) return trouble;
        desk.update(view, answer.view);
        return seen(outcome);
      }
      case 'push': {
        if (!isFields(answer.view) || desk.refusal(answer.view) || desk.depth(view.owner) >= VIEW_STACK_MAX)
          return trouble;
        desk.open(view.owner, answer.view, view);
        return seen(outcome);
      }
      default:
        return trouble;
    }
  }

  async #actInView(view: OpenView, found: Found, entry?: Entry): Promise<Seen> {
    const { world, delivery, triggers } = this.#parts;
    const outcome = await delivery.send('interactive', {
      type: 'block_actions',
      ...wireOrigin(world),
      user: wireActor(world, this.#person(view.owner)),
      container: { type: 'view', view_id: view.id },
      trigger_id: triggers.issue(view.owner, view.id),
      view: wireView(world, view),
      actions: [action(world, found, entry)],
    });
    return seen(outcome, outcome.ok ? [] : [TROUBLE]);
  }

  #person(user: string): LocalPerson {
    const person = this.#parts.world.people.get(user);
    if (!person) throw new ClientRefusal(`There is nobody with the id ${user} here.`);
    if (person.deleted) throw new ClientRefusal(`${person.realName}'s account has been deactivated.`);
    return person;
  }

  #inside(user: string, channel: string): LocalPerson {
    const { world } = this.#parts;
    const person = this.#person(user);
    if (!world.membersOf(channel).includes(user))
      throw new ClientRefusal(`${person.realName} is not in this conversation.`);
    return person;
  }

  #view(user: string): OpenView {
    this.#person(user);
    const view = this.#parts.world.topView(user);
    if (!view) throw new ClientRefusal('No modal is open.');
    return view;
  }

  #channelName(channel: string): string {
    const { world } = this.#parts;
    const kind = world.kindOf(channel);
    if (kind === 'im') return 'directmessage';
    return kind === 'groups' ? 'privategroup' : String(wireChannel(world, channel).name);
  }

  #replyUrl(place: ReplyPlace): string {
    return `${this.#parts.origin()}/actions/${this.#parts.world.team.id}/${this.#parts.replyUrls.issue(place)}`;
  }
}
