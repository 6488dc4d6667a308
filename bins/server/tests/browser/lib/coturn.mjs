// A coturn on loopback. It may relay to loopback, which one that is shipped must never do: that is for tests alone.

import { spawn } from 'node:child_process';
import dgram from 'node:dgram';
import net from 'node:net';
import { once } from 'node:events';
import { pause } from '../../e2e/lib/server.mjs';
import { closeAtEnd } from '../../e2e/lib/remains.mjs';

export class Coturn {
  static SECRET = 'a relay secret of more than thirty-two bytes';

  static async start() {
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const coturn = new Coturn(await freePort());
      if (await coturn.#listens()) return coturn;
    }
    throw new Error('coturn does not listen: is the package `coturn` installed?');
  }

  constructor(port) {
    this.port = port;
    const address = ['--listening-ip=127.0.0.1', '--relay-ip=127.0.0.1', `--listening-port=${port}`, '--allow-loopback-peers'];
    const secret = ['--use-auth-secret', `--static-auth-secret=${Coturn.SECRET}`, '--realm=test.invalid'];
    const rest = ['-n', '--no-cli', '--no-tls', '--no-dtls', '--log-file=stdout', '--pidfile=', '--userdb=:memory:'];
    this.child = spawn('turnserver', [...rest, ...address, ...secret], { stdio: 'ignore' });
    this.child.on('error', () => {});
    closeAtEnd(() => this.stop());
  }

  /** The settings of a server whose clients are sent here. */
  get settings() {
    return { TURN_HOST: '127.0.0.1', TURN_PORT: this.port, TURN_TLS_PORT: 0, TURN_SHARED_SECRET: Coturn.SECRET };
  }

  async #listens() {
    const give = Date.now() + 10_000;
    while (this.child.exitCode === null && Date.now() < give) {
      const probe = net.connect(this.port, '127.0.0.1');
      const opened = await Promise.race([once(probe, 'connect').then(() => true), once(probe, 'error').then(() => false)]).catch(() => false);
      probe.destroy();
      if (opened) return true;
      await pause(25);
    }
    this.stop();
    return false;
  }

  stop() {
    this.child.kill('SIGKILL');
  }
}

/** A port that is free for UDP and TCP. */
async function freePort() {
  const socket = dgram.createSocket('udp4').bind(0, '127.0.0.1');
  await once(socket, 'listening');
  const { port } = socket.address();
  socket.close();
  return port;
}
