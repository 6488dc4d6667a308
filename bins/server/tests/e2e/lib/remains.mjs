// What a failed test leaves behind must not keep its file from ending.

import { after } from 'node:test';

const closers = new Set();

/** Has `close` called when the file's tests are over, or the process ends. Returns how to call that off. */
export function closeAtEnd(close) {
  closers.add(close);
  return () => closers.delete(close);
}

function closeAll() {
  for (const close of closers) close();
  closers.clear();
}

after(closeAll);
process.once('exit', closeAll);
