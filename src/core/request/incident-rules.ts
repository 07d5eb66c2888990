import { isUnclear } from './gates.ts';
import { MOMENTS, no, type Rule, unless } from './rule.ts';

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
  {
    name: 'the incident is as severe as the zone wants it',
    refuses: ['severity_unknown', 'severity_too_low'],
    at: MOMENTS,
    check: ({ facts: { incident }, policy, terms: { role } }) => {
      const { minSeverity } = policy.zones[role.zone];
      if (minSeverity === undefined) return undefined;
      const severity = incident.ok && typeof incident.value === 'object' ? incident.value.severity : undefined;
      const wanted = { zone: role.zone, wanted: String(minSeverity) };
      if (severity === undefined) return no('severity_unknown', { field: 'incident', detail: wanted });
      const detail = { ...wanted, severity: String(severity) };
      return unless(severity <= minSeverity, 'severity_too_low', { field: 'incident', detail });
    },
  },
];
