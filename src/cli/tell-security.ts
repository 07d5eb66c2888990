import { slackWorkspace } from '../chat/slack/workspace.ts';
import { loadConfig, slackSettings } from '../config.ts';
import { makeLogger } from '../logger.ts';

/** Posts to the security channel, where this shell has the chat's settings; says so where it could not. */
export async function tellSecurity(channel: string, text: string): Promise<void> {
  try {
    const { client } = slackWorkspace(slackSettings(loadConfig(process.env)), makeLogger('error'));
    await client.chat.postMessage({ channel, text });
  } catch {
    // The event is in the log either way; the operator is at the keyboard and can say it themselves.
    console.error('The security channel could not be told from here: tell them yourself. The log has the event.');
  }
}
