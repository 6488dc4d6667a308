// A PostgreSQL server of the run's own, gone when this process is.

import { spawn } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { run } from './processes.mjs';

/** Runs the server until its input ends, which it does when whoever started it dies; then removes everything. */
const KEEPER = `
trap '' INT HUP TERM PIPE
"$BIN/initdb" -D data -U tests --auth=trust --encoding=UTF8 --no-locale --no-sync >log 2>&1 &&
printf '%s\\n' "listen_addresses = ''" "unix_socket_directories = '$FOLDER'" 'fsync = off' 'max_connections = 200' \\
    'shared_buffers = 64MB' >>data/postgresql.conf &&
"$BIN/pg_ctl" -D data -l log -w -t 60 start >>log 2>&1 && echo ready
cat >/dev/null
"$BIN/pg_ctl" -D data -m immediate -w stop >/dev/null 2>&1
rm -rf "$FOLDER"
`;

/** Starts it and answers `{ url, stop() }`. */
export async function startPostgres() {
  const bin = binaries();
  const folder = mkdtempSync(path.join(tmpdir(), 'video-chat-chaos-pg-'));
  const account = process.getuid() === 0 ? await unprivileged() : undefined;
  const options = { cwd: folder, env: { PATH: process.env.PATH, BIN: bin, FOLDER: folder, LC_ALL: 'C' } };
  if (account) {
    Object.assign(options, account);
    chownSync(folder, account.uid, account.gid);
  }
  const keeper = spawn('sh', ['-c', KEEPER], { ...options, stdio: ['pipe', 'pipe', 'ignore'] });
  const ended = new Promise((resolve) => keeper.once('close', resolve));
  const ready = await Promise.race([new Promise((resolve) => keeper.stdout.once('data', resolve)), ended]);
  if (!Buffer.isBuffer(ready)) throw new Error('PostgreSQL does not start');
  await run(path.join(bin, 'createdb'), ['-h', folder, '-U', 'tests', 'chaos'], { env: options.env });
  return {
    url: `postgres://tests@localhost/chaos?host=${folder}`,
    async stop() {
      keeper.stdin.end();
      await ended;
    },
  };
}

/** PostgreSQL refuses to run as root. */
async function unprivileged() {
  for (const name of ['postgres', 'nobody']) {
    const ids = await Promise.all(['-u', '-g'].map((kind) => run('id', [kind, name]))).catch(() => undefined);
    if (ids !== undefined) return { uid: Number(ids[0]), gid: Number(ids[1]) };
  }
  throw new Error('PostgreSQL does not run as root, and there is neither a user postgres nor nobody');
}

/** The folder with initdb and pg_ctl: from PATH, else the newest Debian keeps. */
function binaries() {
  const root = '/usr/lib/postgresql';
  const debian = existsSync(root) ? readdirSync(root).sort().reverse() : [];
  const folders = [...process.env.PATH.split(':'), ...debian.map((version) => `${root}/${version}/bin`)];
  for (const folder of folders) {
    const initdb = path.join(folder, 'initdb');
    if (!existsSync(initdb)) continue;
    // A link to initdb alone is followed to where its companions are.
    const real = path.dirname(realpathSync(initdb));
    if (existsSync(path.join(real, 'pg_ctl'))) return real;
  }
  throw new Error('PostgreSQL is needed: neither in PATH nor in /usr/lib/postgresql (on Debian: apt-get install postgresql)');
}
