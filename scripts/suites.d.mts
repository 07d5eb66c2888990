/** Every suite below `root`/test, as a path from `root`. */
export function allSuites(root?: string): readonly string[];
/** Does a suite, or anything that it imports, start a server or a process, or call one? */
export function reachesOut(file: string, root?: string): boolean;
/** Suites that run anywhere, alone: no server, no process, no build. */
export function pureSuites(root?: string): readonly string[];
