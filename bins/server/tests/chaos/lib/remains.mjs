// What the nodes still hold when every client has left.

import { pause } from './processes.mjs';

const GAUGES = ['active_connections', 'active_sessions', 'queue_length'];
/** Time for those who vanished, and not yet came back, to be given up. */
const PATIENCE_MS = 20_000;

/** Awaits that all gauges are zero, and answers those that are not after a while, as `{ node, gauge, value }`. */
export async function remains(nodes) {
  for (const end = Date.now() + PATIENCE_MS; ; await pause(500)) {
    const left = (await Promise.all(nodes.map(gauges))).flat().filter(({ value }) => value !== 0);
    if (left.length === 0 || Date.now() > end) return left;
  }
}

async function gauges(node) {
  const { text } = await node.get('/metrics');
  return GAUGES.map((gauge) => {
    const values = [...text.matchAll(new RegExp(`^video_chat_${gauge}(?:\\{[^}]*\\})? (\\S+)$`, 'gm'))];
    return { node: node.index, gauge, value: values.reduce((sum, [, value]) => sum + Number(value), 0) };
  });
}
