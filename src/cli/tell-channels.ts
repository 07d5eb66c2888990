import { slackWorkspace } from '../chat/slack/workspace.ts';
import { loadConfig, slackSettings } from '../config.ts';
import { makeLogger } from '../logger.ts';

/** Posts to these channels, where this shell has the chat's settings; says so where it could not. */
export async function tellChannels(channels: readonly string[], text: string): Promise<void> {
  try {
    const { client } = slackWorkspace(slackSettings(loadConfig(process.env)), makeLogger('error'));
    await Promise.all([...new Set(channels)].map((channel) => client.chat.postMessage({ channel, text })));
  } catch {
    // The event is in the log either way; the operator is at the keyboard and can say it themselves.
    console.error('The channels could not be told from here: tell them yourself. The log has the event.');
  }
}
