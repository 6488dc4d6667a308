// HTTP: CONTRACT §3, one pass over each row and the general promises.

import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';
import { Client } from './lib/client.mjs';
import { UPGRADE, device, get, moderator, post, request, sign, token } from './lib/http.mjs';
import { Server } from './lib/server.mjs';

const TIMEOUT = { timeout: 30_000 };
const TURN_SECRET = 'the shared secret of the relay, more than 32 bytes';
let server;
before(async () => {
  server = await Server.start({
    TURN_SHARED_SECRET: TURN_SECRET,
    TURN_HOST: 'turn.example.org',
    CORS_ORIGINS: 'http://localhost:5173,https://app.example.org',
  });
});
after(() => server.stop('SIGKILL'));

function isError(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.json?.statusCode, status, answer.text);
  assert.equal(typeof answer.json.error, 'string');
  assert.equal(typeof answer.json.message, 'string');
  assert.equal(typeof answer.json.code, 'string');
  if (code !== undefined) assert.equal(answer.json.code, code, answer.text);
  assert.match(answer.headers['content-type'], /^application\/json/);
}

test('POST /auth/token issues a token for a given or a made device', TIMEOUT, async () => {
  const made = await post(server, '/auth/token', {});
  assert.equal(made.status, 201, made.text);
  assert.equal(made.json.expiresIn, '5m');
  assert.equal(made.json.tokenType, 'Bearer');
  assert.ok(made.json.deviceId.length > 0);
  assert.match(made.headers['cache-control'], /no-store/);
  const empty = await post(server, '/auth/token');
  assert.equal(empty.status, 201, empty.text);
  for (const id of ['d', 'é'.repeat(128), '設備', 'a b']) {
    const given = await post(server, '/auth/token', { deviceId: id });
    assert.equal(given.json.deviceId, id, given.text);
    const claims = JSON.parse(Buffer.from(given.json.accessToken.split('.')[1], 'base64url'));
    assert.equal(claims.sub, id);
    assert.equal(claims.deviceId, id);
    assert.equal(claims.exp - claims.iat, 300);
  }
  for (const id of ['', null, 7, {}, 'é'.repeat(129), 'a\u0000b', 'a\nb', 'a\u009fb']) {
    isError(await post(server, '/auth/token', { deviceId: id }), 400);
  }
  isError(await post(server, '/auth/token', { role: 'admin' }), 400, 'unknown_field');
});

test('POST /auth/refresh renews for the same device', TIMEOUT, async () => {
  const renewed = await post(server, '/auth/refresh', undefined, { token: token('refresh-me') });
  assert.equal(renewed.status, 201, renewed.text);
  assert.equal(renewed.json.deviceId, 'refresh-me');
  const verified = await get(server, '/auth/verify', { token: renewed.json.accessToken });
  assert.equal(verified.json.deviceId, 'refresh-me');
  isError(await post(server, '/auth/refresh'), 401);
});

test('GET /auth/verify tells whom a token stands for', TIMEOUT, async () => {
  const verified = await get(server, '/auth/verify', { token: token('verify-me', { seconds: 100, role: 'moderator' }) });
  assert.equal(verified.status, 200);
  assert.equal(verified.json.valid, true);
  assert.equal(verified.json.deviceId, 'verify-me');
  assert.equal(verified.json.role, 'moderator');
  assert.ok(Math.abs(verified.json.expiresAt - (Date.now() + 100_000)) < 3_000, verified.text);
});

test('a token is refused for every reason there is', TIMEOUT, async () => {
  const now = Math.floor(Date.now() / 1000);
  const fine = { sub: 'd', deviceId: 'd', iat: now, exp: now + 300 };
  const bad = {
    expired: sign({ ...fine, exp: now - 6 }),
    'not yet valid': sign({ ...fine, nbf: now + 30 }),
    'without exp': sign({ sub: 'd', deviceId: 'd', iat: now }),
    'without sub': sign({ deviceId: 'd', iat: now, exp: now + 300 }),
    'without deviceId': sign({ sub: 'd', iat: now, exp: now + 300 }),
    'for two devices': sign({ ...fine, deviceId: 'e' }),
    'of an unknown role': sign({ ...fine, role: 'emperor' }),
    'signed by another': sign(fine, { secret: 'some other secret of more than 32 bytes!' }),
    HS512: sign(fine, { header: { alg: 'HS512', typ: 'JWT' } }),
    none: sign(fine, { header: { alg: 'none', typ: 'JWT' } }),
    empty: '',
    rubbish: 'rubbish',
  };
  for (const [why, value] of Object.entries(bad)) {
    const answer = await get(server, '/auth/verify', { token: value });
    assert.equal(answer.status, 401, `${why}: ${answer.text}`);
  }
  assert.equal((await get(server, '/auth/verify', { token: sign({ ...fine, other: [1] }) })).status, 200);
});

test('Bearer in any case; nothing at all is 401 with the words clients know', TIMEOUT, async () => {
  for (const word of ['Bearer', 'bearer', 'BEARER']) {
    const answer = await get(server, '/auth/verify', { headers: { authorization: `${word} ${token('d')}` } });
    assert.equal(answer.status, 200, word);
  }
  const absent = await get(server, '/auth/verify');
  isError(absent, 401);
  assert.equal(absent.json.message, 'Authentication required');
});

test('POST /turn/credentials gives credentials that coturn can check', TIMEOUT, async () => {
  const id = device('turn');
  const answer = await post(server, '/turn/credentials', undefined, { token: token(id) });
  assert.equal(answer.status, 201, answer.text);
  const { urls, username, credential, ttl, iceServers } = answer.json;
  assert.equal(ttl, 3600);
  const [expiry, pseudonym] = username.split(':');
  assert.ok(Math.abs(Number(expiry) - (Date.now() / 1000 + 3600)) < 5, username);
  assert.ok(pseudonym.length > 0 && !pseudonym.includes(id), username);
  assert.equal(credential, createHmac('sha1', TURN_SECRET).update(username).digest('base64'));
  assert.ok(urls.some((url) => url.startsWith('turn:turn.example.org:3478')), JSON.stringify(urls));
  assert.ok(iceServers.some((entry) => entry.username === username && entry.credential === credential));
  assert.match(answer.headers['cache-control'], /no-store/);
  isError(await post(server, '/turn/credentials'), 401);
});

test('no turns: URL is advertised without TURN_TLS_PORT', TIMEOUT, async () => {
  const answer = await post(server, '/turn/credentials', undefined, { token: token('d') });
  const tls = await Server.start({ TURN_SHARED_SECRET: TURN_SECRET, TURN_HOST: 'turn.example.org', TURN_TLS_PORT: '5349' });
  const none = await Server.start({ TURN_SHARED_SECRET: TURN_SECRET, TURN_HOST: 'turn.example.org', TURN_TLS_PORT: '0' });
  try {
    const secured = await post(tls, '/turn/credentials', undefined, { token: token('d') });
    assert.ok(secured.json.urls.some((url) => url.startsWith('turns:turn.example.org:5349')), secured.text);
    const plain = await post(none, '/turn/credentials', undefined, { token: token('d') });
    assert.ok(!plain.json.urls.some((url) => url.startsWith('turns:')), plain.text);
    assert.equal(answer.status, 201);
  } finally {
    await Promise.all([tls.stop(), none.stop()]);
  }
});

test('a managed TURN provider hands out what it was given', TIMEOUT, async () => {
  const managed = await Server.start({
    TURN_PROVIDER: 'managed',
    TURN_URLS: 'turn:relay.example.net:3478,turns:relay.example.net:443',
    TURN_USERNAME: 'someone',
    TURN_PASSWORD: 'something',
    STUN_URLS: 'stun:stun.example.net:3478',
  });
  try {
    const { json } = await post(managed, '/turn/credentials', undefined, { token: token('d') });
    assert.deepEqual(json.urls, ['turn:relay.example.net:3478', 'turns:relay.example.net:443']);
    assert.equal(json.username, 'someone');
    assert.equal(json.credential, 'something');
    assert.ok(json.iceServers.some((entry) => [entry.urls].flat().includes('stun:stun.example.net:3478')));
  } finally {
    await managed.stop();
  }
});

test('health tells version, uptime and time; readiness its checks', TIMEOUT, async () => {
  const health = await get(server, '/health');
  assert.equal(health.status, 200);
  assert.equal(health.json.status, 'ok');
  assert.match(health.json.version, /^\d+\.\d+\.\d+/);
  assert.ok(health.json.uptime >= 0 && health.json.uptime < 600);
  assert.match(health.json.timestamp, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  const ready = await get(server, '/health/ready');
  assert.equal(ready.status, 200);
  assert.equal(ready.json.status, 'ready');
  assert.match(ready.json.timestamp, /Z$/);
  assert.equal(typeof ready.json.checks, 'object');
});

test('errors are JSON: unknown routes, methods, bodies, types, sizes and fields', TIMEOUT, async () => {
  const unknown = await get(server, '/nope');
  isError(unknown, 404);
  assert.equal(unknown.json.message, 'Cannot GET /nope');
  isError(await request(server, 'DELETE', '/nope'), 404);
  isError(await request(server, 'DELETE', '/auth/token'), 405);
  isError(await post(server, '/auth/token', '{"deviceId":'), 400);
  isError(await post(server, '/auth/token', '[]'), 400);
  isError(await post(server, '/auth/token', Buffer.from([0x7b, 0xff, 0x7d])), 400);
  isError(await post(server, '/auth/token', '<x/>', { headers: { 'content-type': 'application/xml' } }), 415);
  isError(await post(server, '/auth/token', `{"deviceId":"${'x'.repeat(101 * 1024)}"}`), 413);
  isError(await post(server, '/auth/token', { deviceId: 'd', extra: 1 }), 400, 'unknown_field');
});

test('every answer carries an id and the security headers, and no banner', TIMEOUT, async () => {
  for (const path of ['/health', '/nope', '/metrics', '/auth/verify', '/socket.io/?EIO=3&transport=polling']) {
    const { headers } = await get(server, path);
    assert.ok(headers['x-request-id']?.length > 0, `${path}: x-request-id`);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers.server, undefined, path);
    assert.equal(headers['x-powered-by'], undefined, path);
  }
  const echoed = await get(server, '/health', { headers: { 'x-request-id': 'abc-123' } });
  assert.equal(echoed.headers['x-request-id'], 'abc-123');
  const insane = await get(server, '/health', { headers: { 'x-request-id': 'x'.repeat(4096) } });
  assert.notEqual(insane.headers['x-request-id'], 'x'.repeat(4096));
});

test('HEAD works where GET does', TIMEOUT, async () => {
  for (const path of ['/health', '/health/ready', '/metrics', '/openapi.json']) {
    const answer = await request(server, 'HEAD', path);
    assert.equal(answer.status, 200, path);
    assert.equal(answer.text, '', path);
  }
});

test('/openapi.json describes every call', TIMEOUT, async () => {
  const { status, json } = await get(server, '/openapi.json');
  assert.equal(status, 200);
  assert.match(json.openapi, /^3\./);
  const calls = {
    '/auth/token': 'post',
    '/auth/refresh': 'post',
    '/auth/verify': 'get',
    '/turn/credentials': 'post',
    '/reports/next': 'get',
    '/reports/stats': 'get',
    '/reports/moderate': 'post',
    '/metrics': 'get',
    '/health': 'get',
    '/health/ready': 'get',
  };
  for (const [path, method] of Object.entries(calls)) assert.ok(json.paths[path]?.[method], `${method} ${path}`);
  assert.ok(json.paths['/reports'].get && json.paths['/reports'].post);
});

test('CORS: a listed origin is echoed, another gets nothing, none is served', TIMEOUT, async () => {
  const listed = await get(server, '/health', { headers: { origin: 'https://app.example.org' } });
  assert.equal(listed.headers['access-control-allow-origin'], 'https://app.example.org');
  assert.equal(listed.headers['access-control-allow-credentials'], 'true');
  assert.match(listed.headers.vary ?? '', /origin/i);
  const preflight = await request(server, 'OPTIONS', '/reports', {
    headers: {
      origin: 'http://localhost:5173',
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'authorization,content-type',
    },
  });
  assert.ok([200, 204].includes(preflight.status));
  assert.equal(preflight.headers['access-control-allow-origin'], 'http://localhost:5173');
  assert.match(preflight.headers['access-control-allow-headers'], /authorization/i);
  assert.match(preflight.headers['access-control-allow-headers'], /content-type/i);
  const foreign = await get(server, '/health', { headers: { origin: 'https://evil.example' } });
  assert.equal(foreign.headers['access-control-allow-origin'], undefined);
  const handshake = '/socket.io/?EIO=4&transport=polling';
  assert.equal((await get(server, handshake, { headers: { origin: 'https://evil.example' } })).status, 403);
  const welcome = await get(server, handshake, { headers: { origin: 'http://localhost:5173' } });
  assert.equal(welcome.status, 200);
  assert.equal(welcome.headers['access-control-allow-origin'], 'http://localhost:5173');
  assert.equal((await get(server, handshake)).status, 200);
});

test('a WebSocket from a foreign origin is refused, from a listed one served', TIMEOUT, async () => {
  const foreign = new Client(server, { extraHeaders: { origin: 'https://evil.example' } });
  const error = await foreign.next('(connect_error)');
  assert.match(String(error.message), /websocket error/);
  const listed = await Client.connect(server, { extraHeaders: { origin: 'https://app.example.org' } });
  foreign.close();
  listed.close();
});

test('a refused WebSocket handshake is an answer like any other', TIMEOUT, async () => {
  for (const [query, headers, status, code] of [
    ['EIO=4&transport=websocket', { origin: 'https://evil.example' }, 403, 4],
    ['EIO=3&transport=websocket', {}, 400, 5],
    ['EIO=4&transport=websocket&sid=unknown', {}, 400, 1],
    ['EIO=4&transport=carrier-pigeon', {}, 400, 0],
  ]) {
    const refused = await get(server, `/socket.io/?${query}`, { headers: { ...UPGRADE, 'x-request-id': 'refused-1', ...headers } });
    assert.deepEqual([refused.status, refused.json?.code], [status, code], query);
    assert.equal(refused.headers['x-request-id'], 'refused-1');
    assert.equal(refused.headers['x-content-type-options'], 'nosniff');
  }
});

test('roles: what is for moderators is refused to users and to nobody', TIMEOUT, async () => {
  for (const [method, path] of [
    ['GET', '/reports'],
    ['GET', '/reports/next'],
    ['GET', '/reports/stats'],
    ['POST', '/reports/moderate'],
  ]) {
    const body = method === 'POST' ? { reportId: '0190a0a0-0000-7000-8000-000000000000', decision: 'accepted' } : undefined;
    isError(await request(server, method, path, { body }), 401);
    isError(await request(server, method, path, { body, token: token('someone') }), 403);
    for (const role of ['moderator', 'admin']) {
      const answer = await request(server, method, path, { body, token: token('m', { role }) });
      assert.ok([200, 404].includes(answer.status), `${role} ${method} ${path}: ${answer.text}`);
    }
  }
  assert.equal((await get(server, '/reports', { token: moderator() })).status, 200);
});

test('the client bundle is served', TIMEOUT, async () => {
  const bundle = await get(server, '/socket.io/socket.io.js');
  assert.equal(bundle.status, 200);
  assert.match(bundle.headers['content-type'], /javascript/);
  assert.ok(bundle.text.length > 10_000);
});

