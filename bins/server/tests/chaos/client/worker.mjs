// A thread of devices. Its data: what `Device` and `Habits` want of the world, and `{ seed, stock, first, step, count }`.

import { parentPort, workerData as data } from 'node:worker_threads';
import { Rng } from '../lib/rng.mjs';
import { Device } from './device.mjs';
import { Habits } from './habits.mjs';
import { watchLag } from '../lib/lag.mjs';

const rng = new Rng(data.seed);
const history = [];
const devices = new Map();
let next = data.first;

const world = {
  ...data,
  log: (record) => history.push(record),
  report,
  retire(d) {
    devices.delete(d);
    add();
  },
};

/** A new device, whose number no other thread has. */
function add() {
  const d = next;
  next += data.step;
  const own = rng.fork(`device ${d}`);
  const device = new Device(world, d, own.chance(data.stock));
  const habits = new Habits(device, world, own);
  device.follow(habits);
  devices.set(d, habits);
  habits.start();
}

/** Reports the peer of the call over HTTP, and says so once that is acknowledged. */
async function report(device) {
  const { session, peer } = device.call;
  const { d } = device;
  const started = Date.now();
  const answer = await fetch(`http://127.0.0.1:${data.ports[device.node]}/reports`, {
    method: 'POST',
    headers: { authorization: `Bearer ${device.token}`, 'content-type': 'application/json' },
    body: JSON.stringify({ reportedPeerId: peer, sessionId: session, reason: 'spam' }),
    signal: AbortSignal.timeout(5_000),
  }).then(
    async (response) => ({ status: response.status, id: (await response.json()).reportId }),
    () => ({ status: undefined }),
  );
  history.push({ t: started, d, k: 'report', s: session, answered: Date.now(), ...answer });
  if (answer.id !== undefined) parentPort.postMessage({ reported: answer.id, session, by: d });
}

parentPort.on('message', (message) => {
  if (message === 'leave') {
    for (const habits of devices.values()) habits.finish();
    parentPort.postMessage({ left: true });
  }
  if (message === 'tell') {
    parentPort.postMessage({ history });
    parentPort.close();
    lag.stop();
  }
});

const lag = watchLag((from, to) => history.push({ t: from, k: 'lag', to }));
for (let i = 0; i < data.count; i += 1) add();
