// Ids sort by time (UUID version 7), so that rows land at the end of an index.

let lastMillis = 0;
let lastCounter = 0;

/** A UUIDv7; ids made on one page sort in the order they were made. */
export function newId(now: number = Date.now()): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  if (now > lastMillis) {
    lastMillis = now;
    lastCounter = ((bytes[6] ?? 0) & 0x07) << 8 | (bytes[7] ?? 0); // half of the room is left to count up
  } else if (++lastCounter > 0xfff) {
    lastMillis++;
    lastCounter = 0;
  }
  const time = lastMillis.toString(16).padStart(12, "0");
  const tail = Array.from(bytes.subarray(8), (b, i) => (i === 0 ? (b & 0x3f) | 0x80 : b).toString(16).padStart(2, "0")).join("");
  const count = lastCounter.toString(16).padStart(3, "0");
  return `${time.slice(0, 8)}-${time.slice(8)}-7${count}-${tail.slice(0, 4)}-${tail.slice(4)}`;
}

/** The device's part of an HLC: twelve of [a-z0-9]. */
export function newNode(): string {
  const letters = "abcdefghijklmnopqrstuvwxyz0123456789";
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (b) => letters[b % 36] ?? "a").join("");
}
