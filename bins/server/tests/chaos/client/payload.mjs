// What devices say to each other: every relay tells who sent it and which it is, in text that must arrive as it left.

const EVENTS = {
  offer: { send: 'send-offer', key: 'data', found: 'offer' },
  answer: { send: 'send-answer', key: 'data', found: 'answer' },
  candidate: { send: 'send-candidate', key: 'data', found: 'candidate' },
  message: { send: 'send-message', key: 'message', found: 'message' },
};

export const RELAYED = Object.keys(EVENTS);

/** The client event and the payload's text for the `n`th relay of device `d` in this session. */
export function compose(event, session, d, n) {
  const { send, key } = EVENTS[event];
  return { send, json: `{"sessionId":"${session}","${key}":${content(event, d, n)}}` };
}

/**
 * Who sent a relay, which it is, and whether it is what was sent: byte by byte where `text` has the frame, and the sender
 * is lean; a stock client writes its JSON anew.
 */
export function read(event, payload, text) {
  const found = payload[EVENTS[event].found];
  const { d, n } = event === 'message' ? parsed(found) : found;
  const sent = content(event, d, n);
  const anew = JSON.stringify(JSON.parse(sent));
  const intact = text === undefined ? JSON.stringify(found) === anew : text.includes(sent) || text.includes(anew);
  return { sender: d, n, intact };
}

/** Spaces and an exponent, which a parser on the way would not keep. */
function content(event, d, n) {
  const filler = '·é💬'.repeat((d + n) % 5);
  const text = `{"d":${d}, "n":${n},"x":"${filler}", "f":1.50e2}`;
  return event === 'message' ? JSON.stringify(text) : text;
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
