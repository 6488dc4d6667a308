// What one peer hears of the other: CONTRACT §4.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { CLIENTS, Client, call, unique } from './lib/client.mjs';
import { Raw, rawCall } from './lib/raw.mjs';
import { Server } from './lib/server.mjs';

const TIMEOUT = { timeout: 30_000 };
let server;
before(async () => {
  server = await Server.start({ MAX_EVENTS_PER_SECOND: '0' });
});
after(() => server.stop('SIGKILL'));

const close = (...clients) => clients.forEach((client) => client.close());
const SIGNALS = { 'send-offer': 'offer', 'send-answer': 'answer', 'send-candidate': 'candidate' };

const AWKWARD = {
  'a number beyond 2^64': '123456789012345678901234567890',
  'a number beyond a double': '1e400',
  'a number as only its writer would write it': '-0.10E+01',
  'an escaped NUL': '"a\\u0000b"',
  'lone surrogates': '["\\ud83d","\\udc00x","\\ud83d\\ud83d"]',
  'escapes that need not be': '"\\u0041\\/\\u00e9"',
  'text beyond ASCII': '"Grüße, 你好, 👨‍👩‍👧‍👦"',
  'white space inside': '{ "a" : [ 1 ,\t2 ] ,\n "b":null }',
  'keys twice': '{"a":1,"a":2}',
  'the names of our own keys': '{"sessionId":"x","from":"y","__proto__":{"z":1},"_placeholder":true,"num":0}',
  'false': 'false',
  'null': 'null',
  'a string with separators': '"42/signaling,[\\"offer\\"]\\u001e"',
  'deep nesting': `${'['.repeat(100)}${']'.repeat(100)}`,
};

test('offer, answer and candidate data travel byte by byte', TIMEOUT, async () => {
  const [a, b] = await rawCall(server, unique());
  const session = JSON.stringify(a.match.sessionId);
  for (const [event, name] of Object.entries(SIGNALS)) {
    for (const [what, data] of Object.entries(AWKWARD)) {
      a.emit(event, `{"sessionId":${session},"type":"${name}","data":${data},"extra":"unheard-of"}`);
      const { text, payload } = await b.event(name);
      assert.ok(text.includes(`"${name}":${data}`), `${event}, ${what}: ${text}`);
      assert.equal(payload.sessionId, a.match.sessionId);
      assert.equal(payload.from, b.match.peerId);
      assert.ok(!text.includes('unheard-of'), 'an unknown key was relayed');
    }
  }
  close(a, b);
});

test('chat text travels byte by byte too', TIMEOUT, async () => {
  const [a, b] = await rawCall(server, unique());
  const session = JSON.stringify(a.match.sessionId);
  for (const message of ['"\\ud83d"', '"\\u0000"', '"\\u0041\\/"', '"👋"', '""']) {
    a.emit('send-message', `{"sessionId":${session},"message":${message},"timestamp":1e400,"extra":"unheard-of"}`);
    const { text } = await b.event('message');
    assert.ok(text.includes(`"message":${message}`), text);
    assert.ok(text.includes('"timestamp":1e400'), text);
    assert.ok(!text.includes('unheard-of') && !text.includes('sender'), text);
  }
  close(a, b);
});

test('many events arrive once, in order, and at nobody else', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const [c, d] = await call(server);
  const { sessionId } = a.match;
  for (let i = 0; i < 500; i += 1) a.emit('send-candidate', { sessionId, data: { candidate: `candidate:${i}` } });
  await a.fence();
  a.emit('send-message', { sessionId, message: 'last' });
  await b.next('message');
  const seen = b.all('candidate').map((event) => event.candidate.candidate);
  assert.deepEqual(seen, Array.from({ length: 500 }, (_, i) => `candidate:${i}`));
  await Promise.all([c.fence(), d.fence()]);
  assert.deepEqual([...c.all('candidate'), ...d.all('candidate'), ...a.all('candidate')], []);
  close(a, b, c, d);
});

for (const [name, io] of Object.entries(CLIENTS)) {
  test(`acks answer ok, and an ack takes the place of the error event (${name})`, TIMEOUT, async () => {
    const [a, b] = await call(server, { io }, { io });
    const { sessionId } = a.match;
    const fine = [
      ['send-offer', { sessionId, data: 1 }],
      ['send-answer', { sessionId, data: 1 }],
      ['send-candidate', { sessionId, data: null }],
      ['send-message', { sessionId, message: 'm' }],
      ['send-reaction', { sessionId, emoji: '👍' }],
      ['connection-state', { sessionId, state: 'connected', candidateType: 'host', timeToConnectMs: 120 }],
      ['end-call', { sessionId }],
    ];
    for (const [event, payload] of fine) {
      assert.equal((await a.ask(event, payload)).ok, true, event);
    }
    const answer = await a.ask('send-offer', { sessionId: 'nowhere', data: 1 });
    assert.equal(answer.ok, false);
    assert.deepEqual([answer.error.code, answer.error.message], ['session_not_found', 'Session not found']);
    await a.fence();
    assert.deepEqual(a.all('error'), [], 'asked with an ack, told twice');
    close(a, b);
  });
}

test('an offer may come again, from either side', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  for (const [from, to] of [[a, b], [b, a], [a, b]]) {
    from.emit('send-offer', { sessionId, type: 'offer', data: { sdp: 'again' } });
    assert.deepEqual((await to.next('offer')).offer, { sdp: 'again' });
  }
  close(a, b);
});

test('chat: 2000 characters and 64 of sender pass, one more is refused whole', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  for (const letter of ['x', 'é', '𝄞']) {
    assert.equal((await a.ask('send-message', { sessionId, message: letter.repeat(2000) })).ok, true);
    assert.equal((await b.next('message')).message, letter.repeat(2000));
    const long = await a.ask('send-message', { sessionId, message: letter.repeat(2001) });
    assert.deepEqual([long.ok, long.error.code], [false, 'payload_too_large']);
    assert.equal((await a.ask('send-message', { sessionId, message: 'm', sender: letter.repeat(64) })).ok, true);
    assert.equal((await b.next('message')).sender, letter.repeat(64));
    const sender = await a.ask('send-message', { sessionId, message: 'm', sender: letter.repeat(65) });
    assert.deepEqual([sender.ok, sender.error.code], [false, 'payload_too_large']);
  }
  assert.equal(b.all('message').length, 6);
  close(a, b);
});

test('chat: empty is a message; sender only when sent; timestamp ours when absent', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  a.emit('send-message', { sessionId, message: '' });
  const bare = await b.next('message');
  assert.equal(bare.message, '');
  assert.ok(!('sender' in bare));
  assert.ok(Math.abs(new Date(bare.timestamp) - Date.now()) < 5_000, JSON.stringify(bare));
  a.emit('send-message', { sessionId, message: 'm', sender: '', timestamp: '2020-01-01T00:00:00.000Z' });
  const full = await b.next('message');
  assert.deepEqual([full.sender, full.timestamp], ['', '2020-01-01T00:00:00.000Z']);
  close(a, b);
});

test('reactions: one grapheme cluster of at most 64 bytes', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  for (const emoji of ['👍', '👨‍👩‍👧‍👦', '🏴󠁧󠁢󠁳󠁣󠁴󠁿', '🇧🇷', 'e\u0301', 'x', `a${'\u0301'.repeat(31)}`]) {
    assert.equal((await a.ask('send-reaction', { sessionId, emoji })).ok, true, emoji);
    const heard = await b.next('reaction');
    assert.equal(heard.emoji, emoji);
    assert.ok(heard.timestamp !== undefined);
  }
  for (const emoji of ['', 'ab', '👍👍', '🇧🇷🇧🇷', `a${'\u0301'.repeat(32)}`, 5, null, {}, undefined]) {
    const refused = await a.ask('send-reaction', { sessionId, emoji });
    assert.equal(refused.ok, false, String(emoji));
    assert.ok(['invalid_payload', 'payload_too_large'].includes(refused.error.code), refused.error.code);
  }
  await b.fence();
  assert.equal(b.all('reaction').length, 7);
  close(a, b);
});

test('payloads of the wrong shape are invalid_payload, named by event, and nothing is relayed', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  const wrong = [
    ['send-offer', undefined], ['send-offer', null], ['send-offer', []], ['send-offer', 'x'], ['send-offer', {}],
    ['send-offer', { sessionId }], ['send-offer', { sessionId: 5, data: 1 }], ['send-answer', { data: 1 }],
    ['send-candidate', { sessionId: null, data: 1 }],
    ['send-message', { sessionId }], ['send-message', { sessionId, message: 5 }],
    ['send-message', { sessionId, message: null }], ['send-message', { sessionId, message: 'm', sender: 5 }],
    ['send-reaction', { sessionId }], ['end-call', {}], ['end-call', undefined],
    ['connection-state', { sessionId }], ['connection-state', { sessionId, state: 'fine' }],
    ['connection-state', { sessionId, state: 'connected', candidateType: 'pigeon' }],
    ['connection-state', { sessionId, state: 'connected', timeToConnectMs: -1 }],
    ['connection-state', { sessionId, state: 'connected', timeToConnectMs: 'soon' }],
  ];
  for (const [event, payload] of wrong) {
    const error = await a.fault(event, ...(payload === undefined ? [] : [payload]));
    assert.equal(error.code, 'invalid_payload', `${event} ${JSON.stringify(payload)}`);
    assert.equal(error.event, event);
    assert.equal(typeof error.message, 'string');
  }
  await b.fence();
  const relayed = b.heard.filter(({ name }) => !['(connect)', 'connected', 'queue-joined', 'matched'].includes(name));
  assert.deepEqual(relayed, []);
  assert.equal(a.socket.connected, true);
  close(a, b);
});

test('a session one is not part of answers exactly as one that never existed', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const [c, d] = await call(server);
  const loner = await Client.connect(server);
  const events = (sessionId) => [
    ['send-offer', { sessionId, data: 1 }],
    ['send-answer', { sessionId, data: 1 }],
    ['send-candidate', { sessionId, data: 1 }],
    ['send-message', { sessionId, message: 'm' }],
    ['send-reaction', { sessionId, emoji: '👍' }],
    ['end-call', { sessionId }],
    ['connection-state', { sessionId, state: 'connected' }],
  ];
  const never = [...c.match.sessionId].reverse().join('');
  for (const client of [a, loner]) {
    const others = events(c.match.sessionId);
    const nobodys = events(never);
    for (const [i, [event, payload]] of others.entries()) {
      const real = await client.ask(event, payload);
      const invented = await client.ask(...nobodys[i]);
      assert.deepEqual([real.ok, real.error.code, real.error.message], [false, 'session_not_found', 'Session not found'], event);
      assert.deepEqual(real, JSON.parse(JSON.stringify(invented).replaceAll(never, c.match.sessionId)));
      const told = await client.fault(event, payload);
      assert.deepEqual([told.code, told.message, told.event], ['session_not_found', 'Session not found', event]);
    }
  }
  await Promise.all([b.fence(), c.fence(), d.fence()]);
  for (const client of [b, c, d]) assert.equal(client.all('peer-disconnected').length + client.all('message').length, 0);
  c.emit('send-message', { sessionId: c.match.sessionId, message: 'unharmed' });
  assert.equal((await d.next('message')).message, 'unharmed');
  close(a, b, c, d, loner);
});

test('an unknown event, a server event included, is an error and never a disconnect', TIMEOUT, async () => {
  const [a, b] = await call(server);
  const { sessionId } = a.match;
  const names = ['dance', 'offer', 'matched', 'message', 'call-ended', 'peer-disconnected', 'superseded', 'constructor', 'é'];
  for (const name of names) {
    const told = await a.fault(name, { sessionId, data: 1, reason: 'left' });
    assert.equal(told.code, 'unknown_event', name);
    assert.equal(told.event, name);
    assert.equal((await a.ask(name, {})).error.code, 'unknown_event');
  }
  a.emit('send-message', { sessionId, message: 'still here' });
  assert.equal((await b.next('message')).message, 'still here');
  for (const name of names.slice(1, 6)) assert.equal(b.all(name).length, name === 'matched' || name === 'message' ? 1 : 0, name);
  close(a, b);
});

test('binary is refused with an error, with and without an ack, and the connection lives', TIMEOUT, async () => {
  for (const transports of [['websocket'], ['polling']]) {
    const [a, b] = await call(server, { transports }, { transports });
    const { sessionId } = a.match;
    const told = await a.fault('send-offer', { sessionId, data: Buffer.from([1, 2, 3]) });
    assert.equal(told.code, 'invalid_payload');
    const answer = await a.ask('send-message', { sessionId, message: Buffer.from([0xff]) });
    assert.deepEqual([answer.ok, answer.error.code], [false, 'invalid_payload']);
    a.emit('send-message', { sessionId, message: 'still here' });
    assert.equal((await b.next('message')).message, 'still here');
    assert.deepEqual(b.all('offer'), []);
    close(a, b);
  }
});

test('errors without a call name the event and no session of another', TIMEOUT, async () => {
  const raw = await Raw.join(server, { namespace: '/' });
  raw.emit('send-offer', '{"sessionId":"x","data":1}');
  const { payload } = await raw.event('error');
  assert.equal(payload.code, 'session_not_found');
  assert.equal(payload.event, 'send-offer');
  raw.close();
});
