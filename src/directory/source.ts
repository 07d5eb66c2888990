import type { Definitions } from '../core/policy/chat-definition.ts';
import type { HttpOptions } from '../http-json.ts';
import type { DirectorySource } from '../ports/directory.ts';
import { fileDirectory } from './file.ts';
import { httpDirectory } from './http.ts';

/** The directory that the policy in force names, chosen anew at each read: a changed policy needs no restart. */
export function directorySource(options: HttpOptions, definitions: Definitions): DirectorySource {
  const http = httpDirectory(options, definitions);
  return { read: (policy) => (policy.directory.kind === 'http' ? http : fileDirectory).read(policy) };
}
