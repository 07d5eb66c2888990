/** Whether this is the long run (`npm run test:long`): every step of every crash, and properties with many more cases. */
export const LONG = process.env.BREAKGLASS_TESTS === 'long';

/** How many cases a property tries: enough to find a fault in `npm test`, and many more in the long run. */
export const cases = (usual: number, long: number): number => (LONG ? long : usual);
