import type { Definitions } from '../core/policy/definitions.ts';
import type { Policy } from '../core/policy/policy.ts';
import type { HttpOptions } from '../http-json.ts';
import type { IncidentSource } from '../ports/incidents.ts';
import { fileIncidents } from './file.ts';
import { httpIncidents } from './http.ts';

/** The incident source that the policy in force names, chosen anew at each question: a changed policy needs no restart. */
export function incidentSource(options: HttpOptions, definitions: Definitions): IncidentSource {
  const http = httpIncidents(options, definitions);
  const of = ({ incidents }: Policy): IncidentSource => (incidents.kind === 'http' ? http : fileIncidents);
  return {
    // Spaces around an id come from pasting it; the request is kept under the id without them.
    find: (policy, id) => of(policy).find(policy, id.trim()),
    probe: (policy) => of(policy).probe(policy),
  };
}
