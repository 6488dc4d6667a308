// What people read: one sentence for everything that can happen.

/** By the server's codes, and `unreachable` for no answer at all. */
const CODES = {
  unauthorized: 'The server did not recognise this tab. Signing in again…',
  token_expired: 'The sign-in ran out. Signing in again…',
  device_blocked: 'This device was blocked after a report. You cannot start calls with it.',
  superseded: 'Another tab took over this connection. Press Start to use this one.',
  rate_limited: 'That was a little fast. Please wait a moment.',
  invalid_payload: 'The server could not make sense of that.',
  payload_too_large: 'That is too long to send.',
  unknown_event: 'The server does not know that. Reload the page to get its newest version.',
  not_in_queue: 'You were not waiting for anybody.',
  already_in_call: 'You are in a call already.',
  session_not_found: 'That call is over.',
  not_a_participant: 'That call is not yours.',
  peer_unavailable: 'The other person is away and cannot take more right now.',
  service_unavailable: 'The server is busy or restarting. Trying again…',
  internal: 'Something went wrong on the server. Please try again.',
  unreachable: 'No answer from the server. Trying again…',
  invalid_reason: 'Please choose a reason.',
  invalid_comment: 'Please keep it within 1000 characters.',
};

export const wordsFor = (code) => CODES[code] ?? 'Something went wrong. Please try again.';

/** How a call ended, by the reason in `peer-disconnected`. */
export const ENDINGS = {
  ended: 'They moved on.',
  left: 'They left.',
  timeout: 'Their connection was lost.',
  blocked: 'They were removed by a moderator.',
  server: 'The server is restarting, so the call ended.',
};

/** What is missing from a call: the server, the other, the way between the two. */
export const AWAY = {
  self: 'You lost the connection. Getting it back…',
  peer: 'They lost the connection. Holding the line…',
  media: 'The picture was interrupted. Looking for another way…',
};

export const LACKS = {
  refused: 'Camera and microphone are not allowed. You can still watch, listen and write.',
  missing: 'No camera or microphone found. You can still watch, listen and write.',
  busy: 'Another program is using the camera or microphone. You can still watch, listen and write.',
  insecure: 'Browsers open camera and microphone only on https or localhost. You can still watch, listen and write.',
};

/** What `POST /reports` takes as a reason. */
export const REASONS = {
  harassment: 'Harassment',
  inappropriate_content: 'Inappropriate content',
  spam: 'Spam or advertising',
  nudity: 'Nudity',
  violence: 'Violence or threats',
  underage: 'Under age',
  other: 'Something else',
};

export const EMOJIS = { '👋': 'wave', '😂': 'laugh', '❤️': 'love', '👍': 'agree', '🎉': 'celebrate', '😮': 'wow' };

export const LEVELS = { good: 'Good', fair: 'Fair', poor: 'Weak' };

/** Minutes and seconds. */
export function duration(ms) {
  const seconds = Math.floor(ms / 1000);
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`;
}
