import { approve, approved } from './approve.ts';
import { askAgain, requestChanged, requested } from './ask.ts';
import { attested, openAttest } from './attest.ts';
import { type Caller, known } from './caller.ts';
import { command, type Typed } from './command.ts';
import type { DialogDeps } from './deps.ts';
import { extended, openExtend } from './extend.ts';
import { freezeAll } from './freeze.ts';
import type { Press } from './press.ts';
import type { Reply } from './reply.ts';
import type { Submission } from './stored-form.ts';
import { denied, openDeny, taken } from './take-away.ts';

/** A form in which a choice was made that draws it anew. */
export interface Choice extends Submission {
  /** The field of the choice. */
  readonly changed: string;
}

/**
 * What people do in any chat, and in the console, and what each hears of it. Each rejects with a `Failure` whose `say` is for
 * them, or with an error of ours that says nothing for them.
 */
export interface Dialog {
  command(caller: Caller, typed: Typed): Promise<Reply>;
  press(caller: Caller, press: Press): Promise<Reply>;
  change(caller: Caller, choice: Choice): Promise<Reply>;
  submit(caller: Caller, submission: Submission): Promise<Reply>;
  /** The platform says that somebody's account changed for the worse: everybody who holds access is looked at again. Never rejects. */
  accountsChanged(): Promise<void>;
}

export const dialog = (deps: DialogDeps): Dialog => ({
  command: (caller, typed) => command(deps, caller, typed),
  press: (caller, press) => pressed(deps, caller, press),
  change: (caller, choice) => requestChanged(deps, caller, choice),
  submit: (caller, submission) => SUBMITTED[submission.kind](deps, caller, submission),
  accountsChanged: async () => {
    try {
      await deps.broker.watchPeople();
    } catch (error) {
      deps.logger.warn({ why: String(error) }, 'people could not be looked at after a change; the sweep will');
    }
  },
});

const SUBMITTED = {
  request: requested,
  approve: approved,
  deny: denied,
  extend: extended,
  attest: attested,
} as const satisfies Record<
  Submission['kind'],
  (deps: DialogDeps, caller: Caller, submission: Submission) => Promise<Reply>
>;

async function pressed(deps: DialogDeps, caller: Caller, press: Press): Promise<Reply> {
  const { action, value } = press;
  switch (action) {
    case 'approve':
      return approve(deps, caller, press);
    case 'deny':
      return openDeny(deps, caller, value);
    case 'withdraw':
    case 'end':
      return taken(deps, caller, action, value);
    case 'attest':
      return openAttest(deps, caller, value);
    case 'extend':
      return openExtend(deps, caller, await known(caller), value);
    case 'ask_again':
      return askAgain(deps, caller, value);
    case 'freeze_all':
      return freezeAll(deps, caller, value);
  }
}
