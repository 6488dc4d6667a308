// What must hold where no fault excuses anything: stricter than the checks of the chaos tests.

import assert from 'node:assert/strict';

/** No call ended, no join was forgotten, and every relay that was taken has come, once and in order. */
export function unbroken({ history }) {
  const of = (kind) => history.filter(({ k }) => k === kind);
  assert.deepEqual(of('gone').slice(0, 3), [], 'nobody heard peer-disconnected');
  const sessions = new Map();
  for (const { k, d, s } of history) {
    if (k !== 'matched' && k !== 'up') continue;
    if (sessions.has(d)) assert.equal(s, sessions.get(d), `device ${d} finds its call`);
    if (s !== undefined) sessions.set(d, s);
  }
  const heard = new Map();
  for (const { sender, n } of of('got')) heard.set(sender, [...(heard.get(sender) ?? []), n]);
  for (const [sender, numbers] of heard) {
    const sorted = [...new Set(numbers)].sort((a, b) => a - b);
    assert.deepEqual(numbers, sorted, `what device ${sender} said came in order, once`);
  }
  const lost = of('sent').filter(({ code, d, n }) => code === 'ok' && !heard.get(d)?.includes(n));
  assert.deepEqual(lost.slice(0, 3), [], 'no relay was lost');
  const refused = of('sent').filter(({ code }) => code !== undefined && code !== 'ok');
  assert.deepEqual(refused.slice(0, 3), [], 'no relay was refused');
}
