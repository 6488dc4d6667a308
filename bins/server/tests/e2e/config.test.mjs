// Configuration: CONTRACT §2.

import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { get, post, sign, token } from './lib/http.mjs';
import { Server, run, scratch } from './lib/server.mjs';

const TIMEOUT = { timeout: 60_000 };
const STRONG = 'a production secret that is long enough to be strong, 0123';

test('every faulty key is named at once, with exit code 2', TIMEOUT, async () => {
  const faulty = {
    PORT: '40x0',
    JWT_EXPIRATION: 'soon',
    TURN_TTL: '-1h',
    RATE_LIMIT_WINDOW_MS: 'a minute',
    PING_INTERVAL_MS: '1e9999',
    MAX_PAYLOAD: 'huge',
    TRUSTED_PROXIES: '10.0.0.0/99',
    LOG_FORMAT: 'xml',
    TURN_PROVIDER: 'other',
    DATABASE_URL: 'mysql://x/y',
    OTEL_ENABLED: 'perhaps',
  };
  for (const args of [['check-config'], ['serve']]) {
    const refused = await run(args, faulty);
    assert.equal(refused.code, 2, refused.stdout + refused.stderr);
    for (const key of Object.keys(faulty)) assert.match(refused.stdout + refused.stderr, new RegExp(`\\b${key}\\b`), key);
  }
});

test('each bad value alone stops the start', TIMEOUT, async () => {
  const bad = {
    PORT: '70000',
    HOST: 'not a host',
    WORKERS: '-1',
    LOG_LEVEL: 'shout',
    NODE_ENV: 'staging',
    JWT_EXPIRATION: '0s',
    TURN_PORT: '99999',
    REDIS_PORT: 'x',
    REDIS_DB: 'x',
    REDIS_URL: 'http://127.0.0.1',
    CORS_ORIGINS: 'no-origin',
    MAX_EVENTS_PER_SECOND: 'many',
    MAX_CONNECTIONS_PER_IP: '-3',
    RECONNECT_GRACE_MS: 'ten',
    DRAIN_TIMEOUT_MS: '-5',
    DEMO_ENABLED: 'maybe',
  };
  for (const [key, value] of Object.entries(bad)) {
    const refused = await run(['check-config'], { [key]: value });
    assert.equal(refused.code, 2, `${key}=${value}: ${refused.stdout}${refused.stderr}`);
    assert.match(refused.stdout + refused.stderr, new RegExp(`\\b${key}\\b`));
  }
});

test('production wants a secret, and a strong one', TIMEOUT, async () => {
  for (const secret of [undefined, 'short', 'your-super-secret-jwt-key', 'x'.repeat(31)]) {
    const refused = await run(['check-config'], { NODE_ENV: 'production', JWT_SECRET: secret, TURN_SHARED_SECRET: STRONG });
    assert.equal(refused.code, 2, `secret ${secret}: ${refused.stdout}`);
    assert.match(refused.stdout + refused.stderr, /\bJWT_SECRET\b/);
    assert.ok(!secret || !(refused.stdout + refused.stderr).includes(secret), 'the secret is not repeated');
  }
  const weakTurn = await run(['check-config'], {
    NODE_ENV: 'production',
    JWT_SECRET: STRONG,
    TURN_SHARED_SECRET: 'your-turn-shared-secret',
  });
  assert.equal(weakTurn.code, 2, weakTurn.stdout);
  assert.match(weakTurn.stdout + weakTurn.stderr, /\bTURN_SHARED_SECRET\b/);
  const good = await run(['check-config'], { NODE_ENV: 'production', JWT_SECRET: STRONG, TURN_SHARED_SECRET: STRONG });
  assert.equal(good.code, 0, good.stdout + good.stderr);
});

test('APP_ENV is another name for NODE_ENV', TIMEOUT, async () => {
  const refused = await run(['check-config'], { NODE_ENV: undefined, APP_ENV: 'production', JWT_SECRET: 'short' });
  assert.equal(refused.code, 2);
});

test('the environment wins over the file, flags win over the environment', TIMEOUT, async () => {
  const directory = scratch();
  const file = path.join(directory, 'settings.toml');
  writeFileSync(file, 'JWT_EXPIRATION = "7m"\nMAX_PAYLOAD = 70000\n');
  const fromFile = await Server.start({ CONFIG_FILE: file });
  const overridden = await Server.start({ JWT_EXPIRATION: '9m' }, { args: ['--config', file] });
  try {
    assert.equal((await post(fromFile, '/auth/token', {})).json.expiresIn, '7m');
    assert.equal((await post(overridden, '/auth/token', {})).json.expiresIn, '9m');
  } finally {
    await Promise.all([fromFile.stop(), overridden.stop()]);
  }
});

test('an unknown key in the file stops the start and is named', TIMEOUT, async () => {
  const directory = scratch();
  const file = path.join(directory, 'settings.toml');
  writeFileSync(file, 'JWT_EXPIRATOIN = "7m"\n');
  for (const args of [['--config', file, 'check-config'], ['check-config']]) {
    const refused = await run(args, { CONFIG_FILE: file });
    assert.equal(refused.code, 2, refused.stdout);
    assert.match(refused.stdout + refused.stderr, /JWT_EXPIRATOIN/i);
  }
  const absent = await run(['check-config'], { CONFIG_FILE: path.join(directory, 'absent.toml') });
  assert.equal(absent.code, 2, absent.stdout);
});

test('a secret of digits stays text', TIMEOUT, async () => {
  const secret = '00012345000123450001234500012345';
  const server = await Server.start({ JWT_SECRET: secret });
  try {
    const verified = await get(server, '/auth/verify', { token: token('digits', { secret }) });
    assert.equal(verified.status, 200, verified.text);
  } finally {
    await server.stop();
  }
});

test('a previous secret still verifies and no longer signs', TIMEOUT, async () => {
  const older = 'the secret of last month and also of more than 32 bytes';
  const server = await Server.start({ JWT_PREVIOUS_SECRETS: older });
  try {
    assert.equal((await get(server, '/auth/verify', { token: token('old', { secret: older }) })).status, 200);
    const { json } = await post(server, '/auth/token', { deviceId: 'old' });
    const [head, body] = json.accessToken.split('.');
    const claims = JSON.parse(Buffer.from(body, 'base64url'));
    assert.notEqual(sign(claims, { secret: older }).split('.')[2], json.accessToken.split('.')[2]);
    assert.equal(JSON.parse(Buffer.from(head, 'base64url')).alg, 'HS256');
  } finally {
    await server.stop();
  }
});

test('Redis being configured is no obstacle: it is announced as not used yet', TIMEOUT, async () => {
  const checked = await run(['check-config'], { REDIS_HOST: '127.0.0.1', REDIS_PORT: '6399', REDIS_CLUSTER: 'false' });
  assert.equal(checked.code, 0, checked.stdout + checked.stderr);
});

test('a second server starts where the first has the default port of metrics; a chosen port that is taken stops it', TIMEOUT, async () => {
  // Where another program has 9090 already, both servers are second ones.
  const servers = [await Server.start({ PROMETHEUS_PORT: undefined }), await Server.start({ PROMETHEUS_PORT: undefined })];
  try {
    const second = servers[1];
    assert.match(second.output.stderr, /PROMETHEUS_PORT.*9090/);
    assert.match((await get(second, '/metrics')).text, /video_chat_active_connections/);
    const refused = await run([], { PROMETHEUS_PORT: String(second.port) });
    assert.equal(refused.code, 1);
    assert.match(refused.stderr, new RegExp(`PROMETHEUS_PORT: .*${second.port}`));
  } finally {
    await Promise.all(servers.map((server) => server.stop()));
  }
});

test('metrics have a port of their own when PROMETHEUS_PORT says so', TIMEOUT, async () => {
  const probe = await Server.start();
  await probe.stop();
  const server = await Server.start({ PROMETHEUS_PORT: String(probe.port) });
  try {
    const answer = await get({ port: probe.port }, '/metrics');
    assert.equal(answer.status, 200);
    assert.match(answer.text, /video_chat_active_connections/);
  } finally {
    await server.stop();
  }
});
