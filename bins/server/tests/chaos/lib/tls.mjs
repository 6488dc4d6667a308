// A Redis that speaks TLS only, with a certificate of its own making.

import path from 'node:path';
import { freePorts, run } from './processes.mjs';
import { RedisServer } from './redis-server.mjs';

/** Starts it; `ca` of the answer is the file of who signed its certificate. */
export async function startTls(folder) {
  const [port] = await freePorts(1);
  const file = (name) => path.join(folder, name);
  const certificate = await issue(file);
  const settings = {
    port: 0,
    'tls-port': port,
    'tls-cert-file': certificate,
    'tls-key-file': file('server.key'),
    'tls-ca-cert-file': file('ca.pem'),
    'tls-auth-clients': 'no',
  };
  const server = new RedisServer(port, file('redis-0'), { settings, cli: ['--tls', '--cacert', file('ca.pem')] });
  await server.start();
  return [Object.assign(server, { ca: file('ca.pem') })];
}

/** An authority, and a certificate for localhost that it signed. */
async function issue(file) {
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc', '-days', '2'];
  await run('openssl', ['req', '-x509', ...key, '-subj', '/CN=tests', '-keyout', file('ca.key'), '-out', file('ca.pem')]);
  const names = ['-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1', '-addext', 'basicConstraints=CA:FALSE'];
  const signer = ['-CA', file('ca.pem'), '-CAkey', file('ca.key')];
  await run('openssl', ['req', '-x509', ...key, ...signer, ...names, '-keyout', file('server.key'), '-out', file('server.pem')]);
  return file('server.pem');
}
