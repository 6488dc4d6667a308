// Processes that end with this one, however it ends.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Starts a program that the kernel kills when this process dies. Only for the main thread, whose child it must be. */
export function start(program, args, options = {}) {
  const child = spawn('setpriv', ['--pdeathsig', 'KILL', '--', program, ...args], options);
  child.exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  return child;
}

/** Whether it has not ended yet. */
export const alive = (child) => child.exitCode === null && child.signalCode === null;

/** Runs a program to its end and answers its output; throws what it said when it fails. */
export async function run(program, args, options = {}) {
  const child = start(program, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (said += text));
  const { code, signal } = await child.exited;
  if (code !== 0) throw new Error(`${program} ${args.join(' ')}: ${code ?? signal}\n${said}`);
  return said;
}

/** Ports that were free a moment ago. */
export async function freePorts(count) {
  const servers = await Promise.all(
    Array.from({ length: count }, async () => {
      const server = createServer().listen(0, '127.0.0.1');
      await once(server, 'listening');
      return server;
    }),
  );
  const ports = servers.map((server) => server.address().port);
  await Promise.all(servers.map((server) => new Promise((resolve) => server.close(resolve))));
  return ports;
}

/** Awaits something for `ms` at most. */
export const atMost = (ms, promise) => Promise.race([promise, new Promise((resolve) => setTimeout(resolve, ms).unref())]);

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Awaits `probe` answering something; throws when it has not within `ms`. */
export async function until(probe, what, ms = 20_000) {
  for (const end = Date.now() + ms; ; await pause(50)) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
  }
}
