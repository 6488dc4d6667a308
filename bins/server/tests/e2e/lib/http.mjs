// HTTP requests that keep every header as it came.

import { createHmac, randomUUID } from 'node:crypto';
import http from 'node:http';
import { SECRET } from './server.mjs';

/** One request; `body` is sent as JSON unless it is a string or a buffer. */
export function request(server, method, path, { body, token, headers = {}, localAddress } = {}) {
  const payload = body === undefined || typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  const all = { ...headers };
  if (payload !== undefined) {
    all['content-type'] ??= 'application/json';
    all['content-length'] = Buffer.byteLength(payload);
  }
  if (token !== undefined) all.authorization ??= `Bearer ${token}`;
  return new Promise((resolve, reject) => {
    const options = { method, path, port: server.port, host: '127.0.0.1', headers: all, agent: false, localAddress };
    const outgoing = http.request(options, (incoming) => {
      const chunks = [];
      incoming.on('data', (chunk) => chunks.push(chunk));
      incoming.on('error', reject);
      incoming.on('end', () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: incoming.statusCode, headers: incoming.headers, text, json: parse(text) });
      });
    });
    outgoing.setTimeout(10_000, () => outgoing.destroy(new Error(`${method} ${path} had no answer for 10 s`)));
    outgoing.on('error', reject);
    outgoing.end(payload);
  });
}

/** The headers with which a client asks for a WebSocket. */
export const UPGRADE = {
  connection: 'Upgrade',
  upgrade: 'websocket',
  'sec-websocket-version': '13',
  'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==',
};

export const get = (server, path, options) => request(server, 'GET', path, options);
export const post = (server, path, body, options) => request(server, 'POST', path, { ...options, body });

function parse(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** A fresh device id. */
export const device = (name = 'device') => `${name}-${randomUUID()}`;

/** A JWT as an operator's own login would sign it. */
export function sign(claims, { secret = SECRET, header = { alg: 'HS256', typ: 'JWT' } } = {}) {
  const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${encode(header)}.${encode(claims)}`;
  const hash = { HS256: 'sha256', HS384: 'sha384', HS512: 'sha512' }[header.alg];
  const signature = hash === undefined ? '' : createHmac(hash, secret).update(signed).digest('base64url');
  return `${signed}.${signature}`;
}

/** A token for `deviceId`, valid for `seconds` from now (negative: expired since). */
export function token(deviceId, { seconds = 300, secret, ...claims } = {}) {
  const now = Math.floor(Date.now() / 1000);
  return sign({ sub: deviceId, deviceId, iat: now, exp: now + seconds, ...claims }, { secret });
}

export const moderator = (name = 'moderator') => token(name, { role: 'moderator' });
