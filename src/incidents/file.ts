import type { IncidentSource } from '../ports/incidents.ts';

/** Incidents as the policy in force lists them. */
export const fileIncidents: IncidentSource = {
  find: async ({ incidentList }, id) => ({
    incident: incidentList.find((incident) => incident.id === id) ?? 'not_found',
    ageMs: 0,
  }),
};
