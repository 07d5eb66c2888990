import { plainRig } from './plain.ts';
import type { Rig } from './rig.ts';
import { slackRig } from './slack.ts';

/** Every chat that is held to the contract: a later one is a line here. */
export const RIGS: readonly Rig[] = [slackRig, plainRig];
