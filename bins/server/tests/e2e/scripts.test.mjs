// Two scripts that know nothing of this suite hold a call, each over HTTP and its client's default options.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { get } from './lib/http.mjs';
import { closeAtEnd } from './lib/remains.mjs';
import { Server, scratch, until } from './lib/server.mjs';

const README = fileURLToPath(new URL('../../../../README.md', import.meta.url));
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

test('the example of the README greets a stranger, and is served the client it loads', { timeout: 60_000 }, async () => {
  const server = await Server.start();
  const readme = readFileSync(README, 'utf8');
  const [, bundle] = /<script src="http:\/\/localhost:3333(.*?)">/.exec(readme);
  assert.match((await get(server, bundle)).text, /Socket\.IO v4/);
  const [, example] = /<script type="module">\n(.*?)<\/script>/s.exec(readme);
  const script = path.join(scratch(), 'example.mjs');
  const client = `import { io } from ${JSON.stringify(import.meta.resolve('socket.io-client'))};\n`;
  writeFileSync(script, client + example.replace('http://localhost:3333', server.url));
  let said = '';
  for (let page = 0; page < 2; page += 1) {
    const child = spawn(process.execPath, [script], { stdio: ['ignore', 'pipe', 'inherit'] });
    closeAtEnd(() => child.kill());
    child.stdout.setEncoding('utf8').on('data', (text) => (said += text));
  }
  await until(() => said === 'stranger: Hello!\n'.repeat(2), 'both are greeted', 20_000);
  await server.stop('SIGKILL');
});
