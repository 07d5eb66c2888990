/** The lock's text with every optional package that some package in it names and the lock lacks. */
export function completeLock(text: string): string;
