import type { DialogDeps } from '../dialog/deps.ts';
import type { SlackWorkspace } from './workspace.ts';

/** Everything the handlers need of the product. */
export interface AppDeps extends DialogDeps {
  readonly workspace: SlackWorkspace;
  /** How long somebody waits before they are told that it takes long. Default: a little less than Slack waits. */
  readonly answerMs?: number | undefined;
}
