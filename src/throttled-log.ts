/**
 * Calls `say` for the first of many like events and then at most once every `everyMs`, with how many went unsaid:
 * a dead server reports itself several times a second, and a log full of that hides everything else.
 */
export function throttled<T>(everyMs: number, say: (event: T, unsaid: number) => void): (event: T) => void {
  let quietUntil = 0;
  let unsaid = 0;
  return (event) => {
    const now = performance.now();
    if (now < quietUntil) {
      unsaid += 1;
      return;
    }
    say(event, unsaid);
    quietUntil = now + everyMs;
    unsaid = 0;
  };
}
