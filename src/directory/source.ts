import type { PolicyParts } from '../core/policy/policy-parts.ts';
import type { HttpOptions } from '../http-json.ts';
import type { DirectorySource } from '../ports/directory.ts';
import { fileDirectory } from './file.ts';
import { httpDirectory } from './http.ts';

/** The directory that the policy in force names, chosen anew at each read: a changed policy needs no restart. */
export function directorySource(options: HttpOptions, parts: PolicyParts): DirectorySource {
  const http = httpDirectory(options, parts);
  return { read: (policy) => (policy.directory.kind === 'http' ? http : fileDirectory).read(policy) };
}
