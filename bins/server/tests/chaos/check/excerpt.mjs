// The part of a history that shows a violation.

const BEFORE_MS = 12_000;
const AFTER_MS = 4_000;
const MAX_RECORDS = 36;

/** The violation in words, the faults around it, and what its devices did and heard, in the order of time. */
export function excerpt({ name, t, text, devices, session }, { history, faults, started }) {
  const [from, to] = [t - BEFORE_MS, t + AFTER_MS];
  const at = (time) => `${((time - started) / 1_000).toFixed(3)} s`;
  const lines = faults
    .filter((fault) => fault.to + BEFORE_MS >= from && fault.from <= to)
    .map((fault) => `  fault ${fault.kind} ${fault.node ?? ''} from ${at(fault.from)} to ${at(fault.to)}`);
  const about = history.filter((record) => devices.includes(record.d) && record.t >= from && record.t <= to);
  const shown = about.length > MAX_RECORDS ? about.filter((record) => record.s === undefined || record.s === session) : about;
  const near = nearest(shown, t);
  for (const { t: time, d, k, ...rest } of near) {
    const details = Object.entries(rest).map(([key, value]) => `${key}=${value}`);
    lines.push(`  ${at(time)} device ${d} ${k} ${details.join(' ')}`);
  }
  const head = `${name} at ${at(t)}${session === undefined ? '' : `, session ${session}`}: ${text}`;
  return [head, ...lines, ''].join('\n');
}

function nearest(records, t) {
  const after = records.findIndex((record) => record.t > t);
  const middle = after < 0 ? records.length : after;
  const from = Math.max(0, Math.min(middle - (MAX_RECORDS * 2) / 3, records.length - MAX_RECORDS));
  return records.slice(from, from + MAX_RECORDS);
}
