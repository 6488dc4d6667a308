// Tokens, signed with the secret the nodes share.

import { createHmac } from 'node:crypto';

const HOUR = 3_600;
const encode = (value) => Buffer.from(JSON.stringify(value)).toString('base64url');
const HEADER = encode({ alg: 'HS256', typ: 'JWT' });

/** A token that outlives any run. */
export function token(secret, deviceId, claims = {}) {
  const now = Math.floor(Date.now() / 1_000);
  const signed = `${HEADER}.${encode({ sub: deviceId, deviceId, iat: now, exp: now + HOUR, ...claims })}`;
  return `${signed}.${createHmac('sha256', secret).update(signed).digest('base64url')}`;
}
