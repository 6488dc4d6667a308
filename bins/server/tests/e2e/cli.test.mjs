// The command line: CONTRACT §1.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { get } from './lib/http.mjs';
import { BINARY, SECRET, Server, environment, run, scratch, until } from './lib/server.mjs';

const TIMEOUT = { timeout: 60_000 };

test('serve is the default command, and prints one line with address, stores and demo page', TIMEOUT, async () => {
  for (const args of [[], ['serve']]) {
    const server = await Server.start({}, { args });
    try {
      assert.equal((await get(server, '/health')).status, 200);
      const lines = server.output.stdout.split('\n').filter((line) => line !== '');
      assert.equal(lines.length, 1, server.output.stdout);
      assert.match(server.line, /memory/i);
      assert.match(server.line, /sqlite/i);
      const urls = server.line.match(/https?:\/\/[^\s,;)]+/g);
      const pages = await Promise.all(urls.map((url) => get(server, new URL(url).pathname)));
      assert.ok(
        pages.some((page) => page.status === 200 && /text\/html/.test(page.headers['content-type'])),
        `none of ${urls} is the demo page`,
      );
    } finally {
      await server.stop();
    }
  }
});

test('no demo page where it is off', TIMEOUT, async () => {
  const on = await Server.start({ DEMO_ENABLED: 'true' });
  const off = await Server.start({ DEMO_ENABLED: 'false' });
  try {
    const demo = on.line.match(/https?:\/\/[^\s,;)]+/g).map((url) => new URL(url).pathname);
    for (const page of new Set(demo)) assert.equal((await get(off, page)).status, 404);
  } finally {
    await Promise.all([on.stop(), off.stop()]);
  }
});

test('runs without any variable: a random secret is made, with a warning', TIMEOUT, async () => {
  const server = await Server.start({ JWT_SECRET: undefined });
  try {
    assert.match(server.output.stdout + server.output.stderr, /JWT_SECRET/);
    assert.equal((await get(server, '/health/ready')).status, 200);
    assert.ok(existsSync(path.join(server.cwd, 'data/video-chat.db')), 'the SQLite file is made below the directory');
  } finally {
    await server.stop();
  }
});

test('SIGTERM and SIGINT end it with exit code 0', TIMEOUT, async () => {
  for (const signal of ['SIGTERM', 'SIGINT']) {
    const server = await Server.start({ DRAIN_TIMEOUT_MS: '1000' });
    assert.deepEqual(await server.stop(signal), { code: 0, signal: null });
  }
});

test('check-config prints what is in effect and no secret', TIMEOUT, async () => {
  const secrets = {
    JWT_SECRET: 'plain-jwt-secret-that-nobody-may-see-0001',
    JWT_PREVIOUS_SECRETS: 'plain-previous-secret-nobody-may-see-02',
    TURN_SHARED_SECRET: 'plain-turn-secret-that-nobody-may-see-03',
    REDIS_URL: 'redis://:plain-redis-secret-04@127.0.0.1:6399/0',
    DATABASE_URL: 'postgres://someone:plain-database-secret-05@127.0.0.1/reports',
  };
  const checked = await run(['check-config'], { ...secrets, PORT: '4567' });
  assert.equal(checked.code, 0, checked.stderr);
  assert.match(checked.stdout, /4567/);
  assert.match(checked.stdout, /RECONNECT_GRACE_MS|reconnect_grace_ms/);
  assert.match(checked.stdout, /10000|10s/);
  assert.doesNotMatch(checked.stdout + checked.stderr, /plain-/);
});

test('token prints a signed token and nothing else', TIMEOUT, async () => {
  for (const role of ['user', 'moderator', 'admin']) {
    const printed = await run(['token', '--role', role, '--subject', 'someone', '--expires', '8h']);
    assert.equal(printed.code, 0, printed.stderr);
    const [head, body, signature] = printed.stdout.trimEnd().split('.');
    assert.match(printed.stdout, /^[\w-]+\.[\w-]+\.[\w-]+\n?$/);
    assert.equal(JSON.parse(Buffer.from(head, 'base64url')).alg, 'HS256');
    assert.equal(createHmac('sha256', SECRET).update(`${head}.${body}`).digest('base64url'), signature);
    const claims = JSON.parse(Buffer.from(body, 'base64url'));
    assert.equal(claims.sub, 'someone');
    assert.equal(claims.deviceId, 'someone');
    assert.equal(claims.role ?? 'user', role);
    assert.equal(claims.exp - claims.iat, 8 * 3600);
  }
});

test('token refuses what it does not know', TIMEOUT, async () => {
  for (const args of [
    ['token', '--role', 'emperor', '--subject', 'someone'],
    ['token', '--role', 'user'],
    ['token', '--role', 'user', '--subject', 'someone', '--expires', 'soon'],
  ]) {
    const refused = await run(args);
    assert.notEqual(refused.code, 0, args.join(' '));
    assert.equal(refused.stdout, '');
  }
});

test('migrate makes the database and ends; serving without migrating it first is then possible', TIMEOUT, async () => {
  const migrated = await run(['migrate']);
  assert.equal(migrated.code, 0, migrated.stderr);
  assert.ok(existsSync(path.join(migrated.cwd, 'data/video-chat.db')));
  const again = await run(['migrate'], {}, migrated.cwd);
  assert.equal(again.code, 0, again.stderr);
  const server = await Server.start({ DATABASE_MIGRATE: 'false' }, { cwd: migrated.cwd });
  try {
    assert.equal((await get(server, '/health/ready')).status, 200);
  } finally {
    await server.stop();
  }
});

test('healthcheck answers for the server on PORT', TIMEOUT, async () => {
  const server = await Server.start();
  const asked = await run(['healthcheck'], { PORT: String(server.port) });
  assert.equal(asked.code, 0, asked.stderr);
  await server.stop();
  const dead = await run(['healthcheck'], { PORT: String(server.port) });
  assert.equal(dead.code, 1, dead.stderr);
});

test('what stops the start is named by its key', TIMEOUT, async () => {
  for (const [settings, said] of [
    [{ DATABASE_URL: 'sqlite:///proc/nowhere/reports.db' }, /DATABASE_URL: /],
    [{ DATABASE_URL: 'postgres://nobody@127.0.0.1:1/reports' }, /DATABASE_URL: .*refused/],
    [{ HOST: '192.0.2.1' }, /HOST: 192\.0\.2\.1/],
    [{ HOST: 'no-such-host.invalid' }, /HOST: no-such-host\.invalid/],
  ]) {
    const refused = await run([], settings);
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, said);
    assert.equal(refused.stdout, '');
  }
});

test('it serves whether or not anybody reads its standard output', TIMEOUT, async () => {
  const probe = await Server.start();
  await probe.stop();
  const child = spawn(BINARY, [], { cwd: scratch(), env: environment({ PORT: String(probe.port) }), stdio: ['ignore', 'pipe', 'ignore'] });
  child.stdout.destroy();
  try {
    await until(async () => (await get(probe, '/health').catch(() => ({}))).status === 200, 'it serves', 15_000);
  } finally {
    child.kill('SIGKILL');
  }
});

test('a port in use is said plainly, and nothing is served', TIMEOUT, async () => {
  const server = await Server.start();
  try {
    const second = spawn(BINARY, [], { cwd: scratch(), env: environment({ PORT: String(server.port) }) });
    let said = '';
    second.stderr.on('data', (text) => (said += text));
    second.stdout.on('data', (text) => (said += text));
    const [code] = await once(second, 'close');
    assert.notEqual(code, 0);
    assert.match(said, new RegExp(`\\bPORT: .*${server.port}`));
    assert.doesNotMatch(said, /panicked/);
  } finally {
    await server.stop();
  }
});
