import type { CloudMemory } from '../ports/cloud-memory.ts';
import type { Shift } from './append.ts';
import { cloudListings } from './cloud-listings.ts';
import { cloudOrphans } from './cloud-orphans.ts';
import { cloudSightings } from './cloud-sightings.ts';
import type { Database } from './database.ts';

/** The tables `cloud_…`, behind the port. All in SQL: most of it is about sets of rows, and none of it is hot. */
export const cloudMemory = (database: Database, shift: Shift): CloudMemory => ({
  ...cloudListings(database, shift),
  ...cloudOrphans(database, shift),
  ...cloudSightings(database),
});
