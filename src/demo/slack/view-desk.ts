import { randomBytes } from 'node:crypto';
import { viewProblems, withIds } from './blocks.ts';
import { stateOf } from './inputs.ts';
import { type Fields, listOf, stringOf } from './json.ts';
import type { OpenView } from './model.ts';
import type { World } from './world.ts';

/** Largest view Slack takes, in bytes of JSON. https://docs.slack.dev/reference/methods/views.open */
export const VIEW_BYTES_MAX = 250_000;
/** Most views in one person's stack. https://docs.slack.dev/surfaces/modals */
export const VIEW_STACK_MAX = 3;

/** Why a view was not taken: Slack's error code, and what is wrong where. */
export interface ViewRefusal {
  readonly error: string;
  readonly messages?: readonly string[];
}

/** Opens, changes and closes modals; the Web API and the answers to submissions both come through here. */
export class ViewDesk {
  readonly #world: World;

  constructor(world: World) {
    this.#world = world;
  }

  /** What keeps Slack from taking this view definition; undefined when nothing does. `self` is the view it replaces. */
  refusal(definition: Fields, self?: OpenView): ViewRefusal | undefined {
    if (Buffer.byteLength(JSON.stringify(definition)) > VIEW_BYTES_MAX) return { error: 'view_too_large' };
    const messages = viewProblems(definition);
    if (messages.length > 0) return { error: 'invalid_arguments', messages };
    const external = stringOf(definition.external_id) ?? '';
    const taken = [...this.#world.views.values()].some(
      (view) => view.id !== self?.id && external !== '' && view.definition.external_id === external,
    );
    return taken ? { error: 'duplicate_external_id' } : undefined;
  }

  /** Opens a view for a person. `on` is the view it is pushed onto; without it, what was open is replaced. */
  open(owner: string, definition: Fields, on?: OpenView): OpenView {
    if (!on) this.#world.closeAll(owner);
    const id = this.#world.id('V');
    const blocks = withIds(listOf(definition.blocks), shortId);
    const view: OpenView = {
      id,
      owner,
      hash: this.#hash(),
      rootId: on?.rootId ?? id,
      previousId: on?.id ?? null,
      definition,
      blocks,
      state: stateOf(blocks),
      errors: {},
    };
    this.#world.views.set(id, view);
    this.#world.touch();
    return view;
  }

  /** Gives an open view another definition. Its hash changes; inputs that are still there keep their values. */
  update(view: OpenView, definition: Fields): OpenView {
    const blocks = withIds(listOf(definition.blocks), shortId);
    const next = { ...view, definition, blocks, hash: this.#hash(), state: stateOf(blocks, view.state), errors: {} };
    this.#put(next);
    return next;
  }

  /** Keeps what a person entered. The hash stays: it speaks of what the app drew. */
  keep(view: OpenView, change: Pick<Partial<OpenView>, 'state' | 'errors'>): OpenView {
    const next = { ...view, ...change };
    this.#put(next);
    return next;
  }

  /** Closes one view; the one below it comes to the front. */
  close(view: OpenView): void {
    this.#world.views.delete(view.id);
    this.#world.touch();
  }

  /** How many views a person has open on top of each other. */
  depth(owner: string): number {
    return [...this.#world.views.values()].filter((view) => view.owner === owner).length;
  }

  #put(view: OpenView): void {
    if (!this.#world.views.has(view.id)) return;
    this.#world.views.set(view.id, view);
    this.#world.touch();
  }

  #hash(): string {
    return `${Math.floor(this.#world.now() / 1000)}.${randomBytes(6).toString('hex')}`;
  }
}

const shortId = (): string => randomBytes(3).toString('hex');
