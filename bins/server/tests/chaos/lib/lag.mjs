// When this thread itself was late, nothing it saw late tells of the server.

const EVERY_MS = 100;
const LATE_MS = 400;

/** Tells of every time the event loop stood still for longer than it may. */
export function watchLag(tell) {
  let last = Date.now();
  const timer = setInterval(() => {
    const now = Date.now();
    if (now - last > EVERY_MS + LATE_MS) tell(last, now);
    last = now;
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
