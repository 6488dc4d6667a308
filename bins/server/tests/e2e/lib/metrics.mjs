// Reading the Prometheus text format.

import { get } from './http.mjs';

/** All samples, HELP and TYPE lines of one scrape. */
export async function scrape(server) {
  const { text } = await get(server, '/metrics');
  return parse(text);
}

export function parse(text) {
  const result = { samples: [], help: new Set(), type: new Map(), text };
  for (const line of text.split('\n')) {
    const comment = /^# (HELP|TYPE) (\S+) (.*)$/.exec(line);
    if (comment !== null) {
      if (comment[1] === 'HELP') result.help.add(comment[2]);
      else result.type.set(comment[2], comment[3]);
      continue;
    }
    const sample = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)$/.exec(line);
    if (sample === null) continue;
    const labels = {};
    for (const [, key, value] of (sample[2] ?? '').matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g)) labels[key] = value;
    result.samples.push({ name: sample[1], labels, value: Number(sample[3]) });
  }
  return result;
}

/** The sum of a metric's samples that carry these labels. */
export function total(scraped, name, labels = {}) {
  return scraped.samples
    .filter((sample) => sample.name === name)
    .filter((sample) => Object.entries(labels).every(([key, value]) => sample.labels[key] === value))
    .reduce((sum, sample) => sum + sample.value, 0);
}

/** What a metric says now. */
export async function value(server, name, labels) {
  return total(await scrape(server), `video_chat_${name}`, labels);
}
