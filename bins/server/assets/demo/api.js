// The server's HTTP calls.

/** A refused call: `code` is one of the server's, or `unreachable`. */
export class Refusal extends Error {
  constructor(code, message, retryAfterMs) {
    super(message);
    this.code = code;
    this.retryAfterMs = retryAfterMs;
  }
}

/** POSTs JSON and answers what comes back. Throws a `Refusal`. */
export async function post(path, body, token) {
  const headers = { 'content-type': 'application/json' };
  if (token) headers.authorization = `Bearer ${token}`;
  let answer;
  try {
    answer = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) });
  } catch {
    throw new Refusal('unreachable', 'No answer from the server');
  }
  const told = await answer.json().catch(() => ({}));
  if (answer.ok) return told;
  const seconds = Number(answer.headers.get('retry-after'));
  throw new Refusal(told.code ?? 'internal', told.message ?? answer.statusText, seconds > 0 ? seconds * 1000 : undefined);
}
