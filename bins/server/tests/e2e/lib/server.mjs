// Boots the real binary in a directory of its own, finds its address in the line it prints, and stops it by its pid.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { closeAtEnd } from './remains.mjs';

export const SECRET = 'an end-to-end secret of more than thirty-two bytes';

const ROOT = fileURLToPath(new URL('../../../../../', import.meta.url));

/** The binary under test: `SERVER_BIN`, else the one built in release, else in dev. */
export const BINARY =
  process.env.SERVER_BIN ??
  ['release', 'debug']
    .map((profile) => path.join(process.env.CARGO_TARGET_DIR ?? path.join(ROOT, 'target'), profile, 'video-chat-server'))
    .find(existsSync);
if (BINARY === undefined) throw new Error('no binary to test: build it, or set SERVER_BIN');

/** Limits that are not the subject of a test are off, so that no test depends on how fast another one runs. */
const DEFAULTS = {
  NODE_ENV: 'development',
  HOST: '127.0.0.1',
  PORT: '0',
  PROMETHEUS_PORT: '0',
  JWT_SECRET: SECRET,
  RATE_LIMIT_MAX_REQUESTS: '0',
  MAX_CALLS_PER_MINUTE: '0',
  MAX_CONNECTIONS_PER_IP: '0',
  LOG_LEVEL: 'warn',
};

/** A fresh directory, removed when the tests are over. */
export function scratch() {
  const directory = mkdtempSync(path.join(tmpdir(), 'video-chat-e2e-'));
  closeAtEnd(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

/** The environment of a process under test: nothing of ours but what it is given. */
export function environment(settings = {}) {
  const env = { PATH: process.env.PATH };
  for (const [key, value] of Object.entries({ ...DEFAULTS, ...settings })) {
    if (value !== undefined) env[key] = String(value);
  }
  return env;
}

/** Runs a command of the binary to its end. */
export async function run(args, settings = {}, cwd = scratch()) {
  const child = spawn(BINARY, args, { cwd, env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] });
  const output = collect(child);
  const deadline = setTimeout(() => child.kill('SIGKILL'), 20_000);
  const [code, signal] = await once(child, 'close');
  clearTimeout(deadline);
  return { code, signal, cwd, stdout: output.stdout, stderr: output.stderr };
}

/** A running server. */
export class Server {
  /** `within`: a command to run it by, such as one that enters a network namespace. */
  static async start(settings = {}, { cwd = scratch(), args = [], within = [] } = {}) {
    const [command, ...rest] = [...within, BINARY, ...args];
    const child = spawn(command, rest, { cwd, env: environment(settings), stdio: ['ignore', 'pipe', 'pipe'] });
    const server = new Server(child, cwd, settings);
    const callOff = closeAtEnd(() => child.kill('SIGKILL'));
    server.exited.then(callOff);
    await server.#ready();
    return server;
  }

  constructor(child, cwd, settings) {
    this.child = child;
    this.cwd = cwd;
    this.settings = settings;
    this.output = collect(child);
    this.exited = once(child, 'close').then(([code, signal]) => ({ code, signal }));
  }

  async #ready() {
    const give = Date.now() + 20_000;
    for (;;) {
      this.line = this.output.stdout.split('\n').find((line) => /https?:\/\/[^\s]+:\d+/.test(line));
      if (this.line !== undefined && this.output.stdout.includes(`${this.line}\n`)) break;
      if (this.child.exitCode !== null || Date.now() > give) {
        this.child.kill('SIGKILL');
        throw new Error(`the server did not start:\n${this.output.stdout}\n${this.output.stderr}`);
      }
      await Promise.race([once(this.child.stdout, 'data'), this.exited, pause(250)]);
    }
    const { port } = new URL(/https?:\/\/[^\s,;)]+/.exec(this.line)[0]);
    this.port = Number(port);
    this.url = `http://127.0.0.1:${port}`;
  }

  /** Asks it to end and awaits that. */
  async stop(signal = 'SIGTERM') {
    if (this.child.exitCode === null && this.child.signalCode === null) this.child.kill(signal);
    const late = setTimeout(() => this.child.kill('SIGKILL'), 15_000);
    const ending = await this.exited;
    clearTimeout(late);
    return ending;
  }
}

function collect(child) {
  const output = { stdout: '', stderr: '' };
  child.stdout.setEncoding('utf8').on('data', (text) => (output.stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (output.stderr += text));
  return output;
}

export const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** Awaits `probe` turning truthy; its last value tells what was there instead. */
export async function until(probe, what, ms = 5_000) {
  const give = Date.now() + ms;
  for (;;) {
    const value = await probe();
    if (value) return value;
    if (Date.now() > give) throw new Error(`not within ${ms} ms: ${what}`);
    await pause(25);
  }
}
