// Metrics: CONTRACT §5.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Client, call, match } from './lib/client.mjs';
import { get } from './lib/http.mjs';
import { scrape, total, value } from './lib/metrics.mjs';
import { Server, until } from './lib/server.mjs';

const TIMEOUT = { timeout: 40_000 };
let server;
before(async () => {
  server = await Server.start({ METRIC_REGIONS: 'eu,us' });
});
after(() => server.stop('SIGKILL'));

const CATALOGUE = {
  active_connections: 'gauge',
  sessions_created_total: 'counter',
  match_latency_seconds: 'histogram',
  webrtc_offers_total: 'counter',
  reports_submitted_total: 'counter',
  connections_total: 'counter',
  sessions_ended_total: 'counter',
  active_sessions: 'gauge',
  queue_length: 'gauge',
  webrtc_answers_total: 'counter',
  ice_candidates_total: 'counter',
  messages_total: 'counter',
  signaling_latency_seconds: 'histogram',
  connection_success_total: 'counter',
  connection_failures_total: 'counter',
  time_to_connect_seconds: 'histogram',
  time_to_connect_by_route_seconds: 'histogram',
  reports_moderated_total: 'counter',
  blocks_total: 'counter',
  rate_limit_hits_total: 'counter',
  errors_total: 'counter',
  request_duration_seconds: 'histogram',
  websocket_events_total: 'counter',
  build_info: 'gauge',
};
const PROCESS = {
  process_resident_memory_bytes: 'gauge',
  process_cpu_seconds_total: 'counter',
  process_open_fds: 'gauge',
  process_start_time_seconds: 'gauge',
};

test('every metric is there with HELP and TYPE from the start, those of Redis not', TIMEOUT, async () => {
  const fresh = await Server.start();
  const answer = await get(fresh, '/metrics');
  assert.match(answer.headers['content-type'], /^text\/plain/);
  const scraped = await scrape(fresh);
  const names = Object.entries(CATALOGUE).map(([name, type]) => [`video_chat_${name}`, type]);
  for (const [name, type] of [...names, ...Object.entries(PROCESS)]) {
    assert.ok(scraped.help.has(name), `HELP ${name}`);
    assert.equal(scraped.type.get(name), type, `TYPE ${name}`);
  }
  assert.doesNotMatch(scraped.text, /redis/);
  await fresh.stop('SIGKILL');
});

test('process metrics are true', TIMEOUT, async () => {
  const scraped = await scrape(server);
  const resident = total(scraped, 'process_resident_memory_bytes');
  assert.ok(resident > 1e6 && resident < 1e9, String(resident));
  assert.ok(total(scraped, 'process_open_fds') > 3);
  const start = total(scraped, 'process_start_time_seconds');
  assert.ok(Math.abs(start - Date.now() / 1000) < 120, String(start));
  assert.ok(total(scraped, 'process_cpu_seconds_total') >= 0);
});

test('a call is counted where it belongs', TIMEOUT, async () => {
  const quiet = await Server.start({ METRIC_REGIONS: 'eu,us' });
  const [a, b] = await Promise.all([Client.connect(quiet), Client.connect(quiet)]);
  assert.equal(await value(quiet, 'active_connections'), 2);
  assert.equal(await value(quiet, 'connections_total'), 2);
  await a.ask('join-queue', { region: 'eu', language: 'de' });
  assert.equal(await value(quiet, 'queue_length'), 1);
  b.emit('join-queue', { region: 'eu', language: 'de' });
  const { sessionId } = await a.next('matched');
  await b.next('matched');
  assert.equal(await value(quiet, 'queue_length'), 0);
  assert.equal(await value(quiet, 'sessions_created_total', { region: 'eu', language: 'de' }), 1);
  assert.equal(await value(quiet, 'match_latency_seconds_count'), 2);
  await a.ask('send-offer', { sessionId, data: 1 });
  await b.ask('send-answer', { sessionId, data: 1 });
  await a.ask('send-candidate', { sessionId, data: 1 });
  await b.ask('send-candidate', { sessionId, data: 1 });
  await a.ask('send-message', { sessionId, message: 'm' });
  for (const [name, count] of Object.entries({
    webrtc_offers_total: 1,
    webrtc_answers_total: 1,
    ice_candidates_total: 2,
    messages_total: 1,
    active_sessions: 1,
    signaling_latency_seconds_count: 5,
  })) {
    assert.equal(await value(quiet, name), count, name);
  }
  assert.equal(await value(quiet, 'websocket_events_total', { event: 'send-candidate' }), 2);
  await a.ask('send-offer', { sessionId: 'x', data: 1 });
  assert.equal(await value(quiet, 'errors_total', { code: 'session_not_found' }), 1);
  a.close();
  b.close();
  await until(async () => (await value(quiet, 'active_connections')) === 0, 'connections are gone');
  assert.equal(await value(quiet, 'connections_total'), 2);
  assert.equal(await value(quiet, 'sessions_ended_total', { reason: 'left' }), 1);
  await quiet.stop('SIGKILL');
});

test('no label ever holds what a client typed', TIMEOUT, async () => {
  const marker = 'typed-by-client';
  const [a, b] = await Promise.all([Client.connect(server), Client.connect(server)]);
  await match(a, b, { language: `${marker}-l`, region: `${marker}-r` });
  await a.ask(`${marker}-event`, {});
  await a.ask('send-offer', { sessionId: `${marker}-s`, data: 1 });
  await get(server, `/${marker}-path`, { headers: { 'x-request-id': `${marker}-id` } });
  await get(server, `/reports/${marker}`);
  const scraped = await scrape(server);
  assert.ok(!scraped.text.includes(marker), scraped.text.split('\n').find((line) => line.includes(marker)));
  assert.ok(total(scraped, 'video_chat_sessions_created_total', { region: 'other', language: 'other' }) >= 1);
  a.close();
  b.close();
});

test('requests are timed by method, route and status', TIMEOUT, async () => {
  await get(server, '/auth/verify');
  const count = await value(server, 'request_duration_seconds_count', { method: 'GET', route: '/auth/verify', status: '401' });
  assert.ok(count >= 1);
});

test('histograms are whole: buckets grow up to the count', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { samples } = await scrape(server);
  const buckets = samples.filter(({ name }) => name === 'video_chat_match_latency_seconds_bucket');
  assert.ok(buckets.length > 3);
  assert.equal(buckets.at(-1).labels.le, '+Inf');
  for (const [i, bucket] of buckets.entries()) assert.ok(i === 0 || bucket.value >= buckets[i - 1].value);
  a.close();
  b.close();
});
