// Reports, verdicts and blocks, end to end: CONTRACT §3.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, call, unique } from './lib/client.mjs';
import { get, moderator, post, token } from './lib/http.mjs';
import { value } from './lib/metrics.mjs';
import { Server, run } from './lib/server.mjs';

const TIMEOUT = { timeout: 40_000 };
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const REASONS = ['harassment', 'inappropriate_content', 'spam', 'nudity', 'violence', 'underage', 'other'];
let server;
before(async () => {
  server = await Server.start();
});
after(() => server.stop('SIGKILL'));

const close = (...clients) => clients.forEach((client) => client.close());
const accuse = (who, fields = {}, on = server) =>
  post(on, '/reports', { reportedPeerId: who.match.peerId, sessionId: who.match.sessionId, reason: 'spam', ...fields }, { token: who.token });
const judge = (reportId, decision, { by = moderator(), on = server, ...fields } = {}) =>
  post(on, '/reports/moderate', { reportId, decision, ...fields }, { token: by });

test('a report from the call to the verdict', TIMEOUT, async () => {
  const quiet = await Server.start();
  const printed = await run(['token', '--role', 'moderator', '--subject', 'mod-1']);
  const by = printed.stdout.trim();
  const [a, b] = await call(quiet);
  const comment = 'said "things" \u0000 👎\n';
  const reported = await accuse(a, { reason: 'harassment', comment }, quiet);
  assert.equal(reported.status, 201, reported.text);
  const { reportId } = reported.json;
  assert.match(reportId, UUID);

  const next = await get(quiet, '/reports/next', { token: by });
  assert.equal(next.json.id, reportId);
  assert.equal((await get(quiet, '/reports/next', { token: by })).json.id, reportId, 'the same one again');
  assert.equal((await get(quiet, '/reports/next', { token: moderator('mod-2') })).json, null, 'leased to the first');

  const [listed] = (await get(quiet, '/reports?status=pending', { token: by })).json;
  assert.equal(listed.id, reportId);
  assert.equal(listed.reportedPeerId, a.match.peerId);
  assert.equal(listed.sessionId, a.match.sessionId);
  assert.equal(listed.reason, 'harassment');
  assert.equal(listed.comment, comment);
  assert.equal(listed.status, 'pending');
  assert.ok(Math.abs(listed.timestamp - Date.now()) < 5_000);
  assert.ok(!('moderatedAt' in listed) && !('moderatorId' in listed) && !('note' in listed));
  for (const id of [a.deviceId, b.deviceId]) assert.ok(!JSON.stringify(listed).includes(id));
  assert.notEqual(listed.reporterId, listed.reportedId);

  const verdict = await judge(reportId, 'rejected', { by, on: quiet, note: 'no ground' });
  assert.equal(verdict.status, 201, verdict.text);
  assert.deepEqual(verdict.json, { success: true });
  assert.deepEqual((await judge(reportId, 'rejected', { by, on: quiet })).json, { success: true });
  const opposite = await judge(reportId, 'accepted', { by, on: quiet });
  assert.equal(opposite.status, 409, opposite.text);

  const stats = (await get(quiet, '/reports/stats', { token: by })).json;
  const reasons = Object.fromEntries(REASONS.map((reason) => [reason, reason === 'harassment' ? 1 : 0]));
  assert.deepEqual(stats, {
    totalReports: 1, pendingReports: 0, acceptedReports: 0, rejectedReports: 1, reportsByReason: reasons,
  });
  const [judged] = (await get(quiet, '/reports?status=rejected', { token: by })).json;
  assert.deepEqual([judged.id, judged.status, judged.note], [reportId, 'rejected', 'no ground']);
  assert.equal(judged.moderatorId, 'mod-1');
  assert.ok(Math.abs(judged.moderatedAt - Date.now()) < 10_000);
  assert.equal((await get(quiet, '/reports/next', { token: by })).json, null);
  assert.equal(await value(quiet, 'reports_submitted_total', { reason: 'harassment' }), 1);
  assert.equal(await value(quiet, 'reports_moderated_total', { decision: 'rejected' }), 1);
  assert.equal(await value(quiet, 'reports_moderated_total', { decision: 'accepted' }), 0);
  close(a, b);
  await quiet.stop('SIGKILL');
});

test('every reason is taken, and what is no report is refused', TIMEOUT, async () => {
  const [a, b] = await call(server);
  for (const reason of REASONS) assert.equal((await accuse(a, { reason })).status, 201, reason);
  assert.equal((await accuse(a, { reason: 'dislike' })).json.code, 'invalid_reason');
  for (const fields of [
    { reason: 'dislike' }, { reason: undefined }, { reason: null }, { reason: ['spam'] },
    { sessionId: undefined }, { sessionId: 5 }, { reportedPeerId: undefined }, { reportedPeerId: '' },
    { comment: 5 }, { comment: 'x'.repeat(1001) },
  ]) {
    const refused = await accuse(a, fields);
    assert.equal(refused.status, 400, `${JSON.stringify(fields)}: ${refused.text}`);
    assert.equal(refused.json.statusCode, 400);
  }
  assert.equal((await accuse(a, { extra: 1 })).json.code, 'unknown_field');
  assert.equal((await accuse(b, { reason: 'violence', comment: '𝄞'.repeat(1000) })).status, 201);
  close(a, b);
});

test('only a participant may report, during the call or after it', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const [c, d] = await call(server);
  const foreign = await accuse({ match: a.match, token: c.token });
  assert.deepEqual([foreign.status, foreign.json.code], [404, 'session_not_found']);
  const nowhere = await accuse({ match: { sessionId: 'nowhere', peerId: a.match.peerId }, token: a.token });
  assert.deepEqual([nowhere.status, nowhere.json.code], [404, 'session_not_found']);
  const { reportId } = (await accuse(a)).json;
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await b.next('peer-disconnected');
  assert.equal((await accuse(b)).status, 201, 'after the end');
  assert.equal((await accuse(a)).json.reportId, reportId, 'the same again is the same report');
  assert.notEqual((await accuse(a, { reason: 'other' })).json.reportId, reportId);
  assert.equal((await post(server, '/reports', { reportedPeerId: a.match.peerId, sessionId: a.match.sessionId, reason: 'spam' })).status, 401);
  close(a, b, c, d);
});

test('the list is newest first and goes page by page', TIMEOUT, async () => {
  const quiet = await Server.start();
  const ids = [];
  const [a, b] = await call(quiet);
  for (const who of [a, b]) {
    for (const reason of REASONS) ids.unshift((await accuse(who, { reason }, quiet)).json.reportId);
  }
  const seen = [];
  let path = '/reports?limit=5';
  const sizes = [];
  while (path !== undefined) {
    const page = await get(quiet, path, { token: moderator() });
    assert.equal(page.status, 200, page.text);
    sizes.push(page.json.length);
    seen.push(...page.json.map(({ id }) => id));
    const next = /<([^>]+)>;\s*rel="?next"?/.exec(page.headers.link ?? '')?.[1];
    path = next === undefined ? undefined : next.replace(/^https?:\/\/[^/]+/, '');
  }
  assert.deepEqual(seen, ids);
  assert.deepEqual(sizes, [5, 5, 4]);
  for (const query of ['limit=0', 'limit=101', 'limit=x', 'limit=-1', 'status=open', 'cursor=rubbish!']) {
    assert.equal((await get(quiet, `/reports?${query}`, { token: moderator() })).status, 400, query);
  }
  assert.deepEqual((await get(quiet, '/reports?status=accepted', { token: moderator() })).json, []);
  assert.equal((await get(quiet, '/reports?limit=100', { token: moderator() })).json.length, 14);
  const reporters = new Set((await get(quiet, '/reports', { token: moderator() })).json.map(({ reporterId }) => reporterId));
  assert.equal(reporters.size, 2, 'pseudonyms are stable');
  close(a, b);
  await quiet.stop('SIGKILL');
});

test('a verdict needs a report, a decision and no more', TIMEOUT, async () => {
  const absent = await judge('0190a0a0-0000-7000-8000-000000000000', 'accepted');
  assert.equal(absent.status, 404, absent.text);
  const [a, b] = await call(server);
  const { reportId } = (await accuse(a)).json;
  for (const decision of ['maybe', undefined, null, 'ACCEPTED']) {
    assert.equal((await judge(reportId, decision)).status, 400, String(decision));
  }
  assert.equal((await judge(reportId, 'accepted', { extra: 1 })).json.code, 'unknown_field');
  assert.equal((await judge(reportId, 'accepted', { by: a.token })).status, 403);
  close(a, b);
});

test('a block closes what lives, tells the peer, and holds for everything after', TIMEOUT, async () => {
  const [a, b] = await call(server, {}, { reconnection: true, reconnectionDelay: 10 });
  const { sessionId } = a.match;
  const { reportId } = (await accuse(a, { reason: 'violence' })).json;
  const asked = Date.now();
  assert.equal((await judge(reportId, 'accepted')).status, 201);
  assert.equal((await b.next('error', { where: ({ code }) => code === 'device_blocked' })).code, 'device_blocked');
  await b.next('(disconnect)');
  assert.ok(Date.now() - asked < 1_500);
  assert.deepEqual(await a.next('peer-disconnected'), { sessionId, reason: 'blocked' });

  const again = new Client(server, { deviceId: b.deviceId });
  assert.equal((await again.next('(connect_error)')).data.code, 'device_blocked');
  const fresh = new Client(server, { auth: { token: token(b.deviceId, { seconds: 9999 }) } });
  assert.equal((await fresh.next('(connect_error)')).data.code, 'device_blocked');
  assert.equal((await post(server, '/auth/refresh', undefined, { token: b.token })).status, 403);
  const turn = await post(server, '/turn/credentials', undefined, { token: b.token });
  assert.deepEqual([turn.status, turn.json.code], [403, 'device_blocked']);
  assert.equal(await value(server, 'sessions_ended_total', { reason: 'blocked' }), 1);
  assert.ok((await value(server, 'blocks_total')) >= 1);
  assert.equal((await a.ask('join-queue', { language: unique() })).ok, true);
  close(a, b, again, fresh);
});

test('a block takes the ticket of one who waits, so that nobody is matched with them', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { reportId } = (await accuse(a, { reason: 'nudity' })).json;
  await a.ask('end-call', { sessionId: a.match.sessionId });
  await b.next('peer-disconnected');
  const language = unique();
  assert.equal((await b.ask('join-queue', { language })).ok, true);
  assert.equal((await judge(reportId, 'accepted')).status, 201);
  await b.next('(disconnect)');
  const c = await Client.connect(server);
  await c.ask('join-queue', { language });
  assert.equal((await c.next('queue-joined')).position, 1);
  await c.fence();
  assert.deepEqual(c.all('matched'), []);
  close(a, b, c);
});
