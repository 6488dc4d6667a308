// Judges what a run saw and prints what it finds. By itself, on a file that a run wrote: node check/judge.mjs FILE

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { check } from './index.mjs';
import { excerpt } from './excerpt.mjs';

/** Prints a summary and, for each check that failed, the first violation with its part of the history; answers all. */
export function judge(observed) {
  const { violations, summary } = check(observed);
  console.log(summary);
  const names = new Set(violations.map(({ name }) => name));
  for (const name of names) console.log(excerpt(violations.find((violation) => violation.name === name), observed));
  return violations;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const observed = JSON.parse(readFileSync(process.argv[2], 'utf8'));
  process.exitCode = judge(observed).length === 0 ? 0 : 1;
}
