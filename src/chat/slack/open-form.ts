import { ulid } from 'ulid';
import { personOf } from '../../core/policy/directory.ts';
import type { RefusalCode } from '../../core/request/refusal.ts';
import { refusalWords } from '../words/words.ts';
import type { AppDeps } from './app-deps.ts';
import type { Caller } from './caller.ts';
import type { Draft } from './draft.ts';
import { askable, type RequestForm, requestModal } from './modals.ts';
import { openView } from './open-view.ts';
import { homesOf } from './workspace.ts';

/** Where a form is opened from: Slack's ticket for it, good for 3 s, and the channel. */
export interface Opening {
  readonly trigger: string;
  readonly channel: string;
}

type Drawn =
  | { readonly ok: true; readonly form: Omit<RequestForm, 'id'> }
  | { readonly ok: false; readonly code: RefusalCode };

/** What the form is drawn from, for this person; a refusal where it could not be of use to them. */
export async function formFor(deps: AppDeps, caller: Pick<Caller, 'key'>, draft: Draft): Promise<Drawn> {
  const [inForce, frozen] = await Promise.all([deps.store.policyInForce(), deps.store.freeze()]);
  if (inForce === undefined) return { ok: false, code: 'policy_unavailable' };
  const { policy } = inForce;
  const read = await deps.directory.read(policy).catch((error: unknown) => {
    deps.logger.warn({ why: String(error) }, 'the directory did not answer for a form');
    return undefined;
  });
  if (read === undefined) return { ok: false, code: 'directory_unavailable' };
  const { directory } = read;
  const person = personOf(directory, caller.key);
  if (person === 'unknown') return { ok: false, code: 'unknown_person' };
  if (person === 'ambiguous') return { ok: false, code: 'ambiguous_person' };
  if (askable({ policy, directory, person, draft }).length === 0) return { ok: false, code: 'over_scope' };
  const homes = homesOf(await deps.workspace.home());
  return { ok: true, form: { policy, directory, person, draft, homes, capabilities: deps.capabilities, frozen } };
}

/**
 * Opens the request form, or says why not. Its id is all that the view carries; the id that the request will get is kept beside it, so
 * that one view makes at most one request. The record and the view are made at once: the trigger does not wait.
 */
export async function openRequestForm(
  deps: AppDeps,
  caller: Caller,
  { trigger, channel }: Opening,
  draft: Draft,
): Promise<string | undefined> {
  const drawn = await formFor(deps, caller, draft);
  if (!drawn.ok) {
    const phone = (await deps.store.policyInForce())?.policy.phone;
    return `${refusedForm(drawn.code)}${phone === undefined ? '' : ` Phone: ${phone}.`}`;
  }
  const id = ulid();
  await Promise.all([
    deps.store.chat.openForm({
      id,
      kind: 'request',
      key: caller.key,
      requestId: ulid().toLowerCase(),
      digest: '',
      channel,
    }),
    openView(deps.workspace, trigger, requestModal({ ...drawn.form, id })),
  ]);
  return undefined;
}

const refusedForm = (code: RefusalCode): string =>
  code === 'over_scope'
    ? 'There is no role that your teams may ask for. Ask somebody of a team that may.'
    : refusalWords(code);
