import { isUnclear } from './gates.ts';
import { MOMENTS, type Rule, unless } from './rule.ts';

const CLICKS = ['ask', 'approve', 'extend'] as const;

/** The incident, asked anew at every moment (A3). Only a source that is down leaves it unverified. */
export const INCIDENT: readonly Rule[] = [
  {
    name: 'the incident is verified where the zone wants it so',
    refuses: ['incident_unverified'],
    at: MOMENTS,
    check: ({ facts: { incident }, terms }) =>
      unless(incident.ok || terms.unverifiedIncident !== 'refuse', 'incident_unverified', { field: 'incident' }),
  },
  {
    name: 'the incident source answers clearly',
    refuses: ['incident_unclear'],
    at: CLICKS,
    check: ({ facts }) => unless(!isUnclear(facts), 'incident_unclear', { field: 'incident' }),
  },
  {
    name: 'the incident is known',
    refuses: ['incident_not_found'],
    at: MOMENTS,
    check: ({ facts: { incident } }) =>
      unless(!incident.ok || incident.value !== 'not_found', 'incident_not_found', { field: 'incident' }),
  },
  {
    name: 'the incident is open',
    refuses: ['incident_closed'],
    at: MOMENTS,
    check: ({ facts: { incident } }) => {
      const closed = incident.ok && typeof incident.value === 'object' && incident.value.state === 'closed';
      return unless(!closed, 'incident_closed', { field: 'incident' });
    },
  },
];
