import type { Json } from '../../core/canonical.ts';
import type { NewEvent } from '../../core/events.ts';
import type { Piece } from './phrase.ts';

/*
 * What an event's data holds, read without trust: an event that an older version wrote may lack a member, and its line
 * is told all the same.
 */

/** The text, or none. */
export const text = (value: Json | undefined): string => (typeof value === 'string' ? value : '');

/** The list, or an empty one. */
export const list = (value: Json | undefined): readonly Json[] => (Array.isArray(value) ? value : []);

/** A member of an object, or nothing. */
export const field = (value: Json | undefined, name: string): Json | undefined => members(value)[name];

/** The members of an object, or none. */
export const members = (value: Json | undefined): NewEvent['data'] =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as NewEvent['data']) : {};

/** An instant, as a piece of what is said. */
export const when = (value: Json | undefined): Piece => {
  const at = new Date(text(value));
  return Number.isNaN(at.getTime()) ? 'an unknown time' : { at };
};

/** The members that the words of a refusal may speak of. */
export const detailOf = (data: NewEvent['data']): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(data).flatMap(([name, value]) => (typeof value === 'string' ? [[name, value]] : [])),
  );
