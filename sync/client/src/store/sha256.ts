// SHA-256 in JavaScript. crypto.subtle is missing where a page is served over
// plain HTTP in a local network, and takes no text piece by piece.

const k = new Uint32Array(64);
const initial = new Uint32Array(8);
{
  // The constants are the fractions of the roots of the first primes.
  let found = 0;
  for (let n = 2; found < 64; n++) {
    let prime = true;
    for (let d = 2; d * d <= n; d++) if (n % d === 0) prime = false;
    if (!prime) continue;
    if (found < 8) initial[found] = fraction(Math.sqrt(n));
    k[found++] = fraction(Math.cbrt(n));
  }
}

function fraction(x: number): number {
  return Math.floor((x - Math.floor(x)) * 0x100000000);
}

export class SHA256 {
  readonly #state = new Uint32Array(initial);
  readonly #block = new Uint8Array(64);
  readonly #words = new Uint32Array(64);
  #filled = 0;
  #length = 0;

  update(bytes: Uint8Array): this {
    this.#length += bytes.length;
    let at = 0;
    while (at < bytes.length) {
      if (this.#filled === 0 && bytes.length - at >= 64) {
        this.#compress(bytes, at); // most of a file, without a copy
        at += 64;
        continue;
      }
      const take = Math.min(64 - this.#filled, bytes.length - at);
      this.#block.set(bytes.subarray(at, at + take), this.#filled);
      this.#filled += take;
      at += take;
      if (this.#filled === 64) {
        this.#compress(this.#block, 0);
        this.#filled = 0;
      }
    }
    return this;
  }

  /** The digest as lower-case hexadecimal; nothing may follow. */
  hex(): string {
    const bits = this.#length * 8;
    this.update(new Uint8Array([0x80]));
    if (this.#filled > 56) this.update(new Uint8Array(64 - this.#filled));
    this.update(new Uint8Array(56 - this.#filled));
    const size = new DataView(new ArrayBuffer(8));
    size.setUint32(0, Math.floor(bits / 0x100000000));
    size.setUint32(4, bits >>> 0);
    this.update(new Uint8Array(size.buffer));
    return Array.from(this.#state, (word) => word.toString(16).padStart(8, "0")).join("");
  }

  #compress(b: Uint8Array, at: number): void {
    const w = this.#words;
    for (let i = 0, j = at; i < 16; i++, j += 4) w[i] = (b[j]! << 24) | (b[j + 1]! << 16) | (b[j + 2]! << 8) | b[j + 3]!;
    for (let i = 16; i < 64; i++) {
      const x = w[i - 15]!, y = w[i - 2]!;
      const s0 = ((x >>> 7) | (x << 25)) ^ ((x >>> 18) | (x << 14)) ^ (x >>> 3);
      const s1 = ((y >>> 17) | (y << 15)) ^ ((y >>> 19) | (y << 13)) ^ (y >>> 10);
      w[i] = (w[i - 16]! + s0 + w[i - 7]! + s1) | 0;
    }
    const s = this.#state;
    let a = s[0]!, c = s[1]!, d = s[2]!, e = s[3]!, f = s[4]!, g = s[5]!, h = s[6]!, j = s[7]!;
    for (let i = 0; i < 64; i++) {
      const s1 = ((f >>> 6) | (f << 26)) ^ ((f >>> 11) | (f << 21)) ^ ((f >>> 25) | (f << 7));
      const t1 = (j + s1 + ((f & g) ^ (~f & h)) + k[i]! + w[i]!) | 0;
      const s0 = ((a >>> 2) | (a << 30)) ^ ((a >>> 13) | (a << 19)) ^ ((a >>> 22) | (a << 10));
      const t2 = (s0 + ((a & c) ^ (a & d) ^ (c & d))) | 0;
      j = h;
      h = g;
      g = f;
      f = (e + t1) | 0;
      e = d;
      d = c;
      c = a;
      a = (t1 + t2) | 0;
    }
    s[0]! += a;
    s[1]! += c;
    s[2]! += d;
    s[3]! += e;
    s[4]! += f;
    s[5]! += g;
    s[6]! += h;
    s[7]! += j;
  }
}

const encoder = new TextEncoder();

export function sha256(text: string): string {
  return new SHA256().update(encoder.encode(text)).hex();
}
