// A redis-server of a test's own, in memory, on a free loopback port.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { closeAtEnd } from './remains.mjs';
import { scratch } from './server.mjs';

export class Redis {
  static async start() {
    const port = await freePort();
    const args = ['--port', port, '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--daemonize', 'no'];
    const child = spawn('redis-server', args.map(String), { cwd: scratch(), stdio: 'ignore' });
    const redis = new Redis(child, port);
    const callOff = closeAtEnd(() => child.kill('SIGKILL'));
    redis.exited.then(callOff);
    const give = Date.now() + 10_000;
    while ((await redis.command('PING').catch(() => '')) !== '+PONG') {
      if (Date.now() > give) throw new Error('redis-server did not start');
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    return redis;
  }

  constructor(child, port) {
    this.child = child;
    this.port = port;
    this.url = `redis://127.0.0.1:${port}/0`;
    this.exited = once(child, 'close');
  }

  /** Sends one inline command; answers the first line. */
  command(text) {
    return new Promise((resolve, reject) => {
      const socket = net.connect(this.port, '127.0.0.1', () => socket.write(`${text}\r\n`));
      socket.setTimeout(5_000, () => socket.destroy(new Error('no answer')));
      socket.once('data', (data) => {
        resolve(data.toString().split('\r\n')[0]);
        socket.destroy();
      });
      socket.once('error', reject);
    });
  }

  /** Stands still until `resume`: connections stay, nothing is answered. */
  pause() {
    this.child.kill('SIGSTOP');
  }

  resume() {
    this.child.kill('SIGCONT');
  }

  async stop() {
    this.child.kill('SIGCONT');
    this.child.kill('SIGKILL');
    await this.exited;
  }
}

async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}
