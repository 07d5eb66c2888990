import { Failure } from '../../core/failure.ts';
import { problemOf, refusalOf, UnclearAnswer } from './web.ts';
import type { SlackWorkspace } from './workspace.ts';

/**
 * What Slack answers to any call where it takes nothing from us until somebody mends it: the token, the app or the
 * workspace. https://docs.slack.dev/reference/methods/auth.test#errors
 */
const REFUSES_US: ReadonlySet<string> = new Set([
  'access_denied',
  'account_inactive',
  'ekm_access_denied',
  'enterprise_is_restricted',
  'invalid_auth',
  'missing_scope',
  'no_permission',
  'not_allowed_token_type',
  'not_authed',
  'org_login_required',
  'team_access_not_granted',
  'team_disabled',
  'token_expired',
  'token_revoked',
  'two_factor_setup_required',
  'user_removed_from_team',
]);

/** Slack's own word where an error says that it refuses us, as opposed to not answering. */
export function refusesUs(error: unknown): string | undefined {
  if (error instanceof Failure) {
    return typeof error.detail.refused === 'string' ? error.detail.refused : refusesUs(error.cause);
  }
  const code = error instanceof UnclearAnswer ? error.code : refusalOf(error);
  return code !== undefined && REFUSES_US.has(code) ? code : undefined;
}

/** Asks Slack whether it takes calls from us: why not, in words, or undefined. Rejects when it does not answer. */
export async function refusal(workspace: Pick<SlackWorkspace, 'ask'>): Promise<string | undefined> {
  try {
    await workspace.ask();
    return undefined;
  } catch (error) {
    const code = refusesUs(error);
    if (code !== undefined) return `Slack refuses us (${code}): look at the app's token and where it is installed.`;
    // It knows us, or it would not count our calls.
    if (error instanceof Failure && problemOf(error.cause).kind === 'limited') return undefined;
    throw error;
  }
}
