// The hybrid logical clock. Its text has a fixed width and sorts as bytes:
//   1764288000000:0001:k3f9x0ab

export interface Reading {
  millis: number;
  counter: number;
  node: string;
}

/** A reading further ahead than this is refused by the server. */
export const maxLead = 5 * 60 * 1000;

const maxMillis = 9_999_999_999_999;
const maxCounter = 9999;
const form = /^(\d{13}):(\d{4}):([a-z0-9]{1,16})$/;

export function formatHLC(r: Reading): string {
  return `${String(r.millis).padStart(13, "0")}:${String(r.counter).padStart(4, "0")}:${r.node}`;
}

export function parseHLC(text: string): Reading | null {
  if (text.endsWith("\n")) return null;
  const parts = form.exec(text);
  if (!parts) return null;
  return { millis: Number(parts[1]), counter: Number(parts[2]), node: parts[3] ?? "" };
}

/**
 * The reading after `last` at the wall clock's `now`. A wall clock that was set
 * back must not leave the device ahead of it for longer than others would believe.
 */
export function nextHLC(last: string, now: number, node: string): string {
  const before = parseHLC(last);
  if (!before || now > before.millis || now + maxLead < before.millis) return formatHLC({ millis: clamp(now), counter: 0, node });
  if (before.counter < maxCounter) return formatHLC({ millis: before.millis, counter: before.counter + 1, node });
  return formatHLC({ millis: clamp(before.millis + 1), counter: 0, node });
}

/**
 * What `last` becomes when another device's reading was seen. One that is too
 * far ahead is ignored: following it would only get our own ops refused.
 */
export function observeHLC(last: string, seen: string, now: number, node: string): string {
  const other = parseHLC(seen);
  if (!other || other.millis > now + maxLead) return last;
  const before = parseHLC(last);
  if (before && (other.millis < before.millis || (other.millis === before.millis && other.counter <= before.counter))) return last;
  return formatHLC({ millis: other.millis, counter: other.counter, node });
}

function clamp(millis: number): number {
  return Math.min(Math.max(0, Math.floor(millis)), maxMillis);
}
