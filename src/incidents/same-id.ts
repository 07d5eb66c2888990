/** Do both name the same incident? Letter case says nothing; an id is ASCII by its schema, so no locale has a say. */
export const isSameId = (a: string, b: string): boolean => a.toLowerCase() === b.toLowerCase();
