import { ADAPTERS, type Adapters } from '../../../src/adapters.ts';
import { PLAIN } from './definition.ts';
import { plainAdapter } from './open.ts';
import { PlainServer } from './server.ts';

interface PolicyDocument {
  people: { id: string; chats: Record<string, unknown> }[];
  channels: Record<string, unknown>;
  incidentList: { id: string; channels?: Record<string, string> }[];
}

/** The member of a person. */
export const memberId = (person: string): string => `m-${person}`;
/** The room of an incident. */
export const roomOf = (incident: string): string => `room-${incident.toLowerCase()}`;
export const HALL = 'room-hall';
export const VAULT = 'room-vault';

/** Everything that there is, and this house beside it. */
export const withPlain = (server: PlainServer): Adapters => ({
  ...ADAPTERS,
  chats: [...ADAPTERS.chats, plainAdapter(server.settings)],
});

/** Gives everybody of this policy an account in the house, and every channel a room there. */
export function alsoPlain(document: Record<string, unknown>, house: string): void {
  const { people, channels, incidentList } = document as unknown as PolicyDocument;
  for (const person of people) person.chats[PLAIN] = [{ house, user: memberId(person.id) }];
  channels[PLAIN] = { default: HALL, security: VAULT };
  for (const incident of incidentList) {
    if (incident.channels !== undefined) incident.channels = { ...incident.channels, [PLAIN]: roomOf(incident.id) };
  }
}

/** A house with these people in it, and rooms for these incidents. */
export const openHouse = (people: readonly string[], incidents: readonly string[]): Promise<PlainServer> =>
  new PlainServer({
    members: people.map((id) => ({ id: memberId(id) })),
    rooms: [HALL, VAULT, ...incidents.map(roomOf)],
  }).open();
