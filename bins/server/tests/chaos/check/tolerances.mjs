// How late is too late, in ms. The promises themselves, and what a busy machine may add.

/** Added to every promise: processes share few cores with the clients. */
export const SLACK = 1_500;
/** Two compatible tickets may both wait so long. */
export const BOTH_WAIT = 2_000;
/** Last partners meet again only after each has waited so long alone (REMATCH_AFTER_MS). */
export const REMATCH_AFTER = 3_000;
/** A peer of somebody on a dead node hears within. */
export const DEATH_HEARD = 10_000;
/** Connections of a blocked device are closed within. */
export const BLOCK_FELT = 1_000;
/** Every request is answered within, also while Redis is away. */
export const ANSWER = 5_000;
/** A relay between two clients of one node takes no longer, whatever happens elsewhere. */
export const LOCAL_RELAY = 1_000;
/** What was on the way when a connection or a node broke was sent no longer ago than this. */
export const IN_FLIGHT = 3_000;
/** Readiness tells a change of Redis within. */
export const READINESS = 5_000;
/** After a fault all is as before within: a lease, a reconnect and the comparison of what nodes and Redis hold. */
export const SETTLE = 10_000;
/** A mute connection is given up by the server within (the run's PING_INTERVAL_MS and PING_TIMEOUT_MS). */
export const HEARTBEAT = 10_000;
