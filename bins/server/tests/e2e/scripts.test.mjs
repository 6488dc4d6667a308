// Two scripts that know nothing of this suite hold a call, each over HTTP and its client's default options.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Server } from './lib/server.mjs';

const SCRIPT = fileURLToPath(new URL('./lib/talker.mjs', import.meta.url));

test('two scripts talk', { timeout: 60_000 }, async () => {
  const server = await Server.start({ RATE_LIMIT_MAX_REQUESTS: undefined, MAX_CALLS_PER_MINUTE: undefined });
  const talkers = ['Ana', 'Ben'].map((name) => spawn(process.execPath, [SCRIPT, server.url, name], { stdio: ['ignore', 'pipe', 'inherit'] }));
  const said = await Promise.all(
    talkers.map(async (child) => {
      let text = '';
      child.stdout.setEncoding('utf8').on('data', (more) => (text += more));
      const [code] = await once(child, 'close');
      assert.equal(code, 0, text);
      return text.trim().split('\n');
    }),
  );
  assert.deepEqual(said[0].slice(-3), ['heard: Hello from Ben', 'saw: 👋', 'over']);
  assert.deepEqual(said[1].slice(-3), ['heard: Hello from Ana', 'saw: 👋', 'over']);
  assert.deepEqual([said[0][0], said[1][0]].sort(), ['got an answer and 2 candidates', 'got an offer and 2 candidates']);
  await server.stop('SIGKILL');
});
