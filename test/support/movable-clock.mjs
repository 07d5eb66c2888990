// Loaded before a process of ours: its parent moves the process's own clock, and nobody else's. Only `Date` moves; timers
// and `performance.now()` count on, as they do on a machine whose clock is set.
const RealDate = Date;
let offsetMs = 0;
const now = () => RealDate.now() + offsetMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, given) => new target(...(given.length === 0 ? [now()] : given)),
  apply: () => String(new RealDate(now())),
  get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
});

process.on('message', (message) => {
  if (typeof message?.clockOffsetMs === 'number') offsetMs = message.clockOffsetMs;
});
// Listening must not keep a process alive that has nothing else to do.
process.channel?.unref();
