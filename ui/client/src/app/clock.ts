// Times as words, as the server writes them: the reader's zone, their order of
// day and month, and what time it is now.

export interface Moment {
  readonly year: number;
  readonly month: number; // 1…12
  readonly day: number;
  readonly hour: string; // "14:31"
  readonly weekday: number; // 0 = Sunday
  readonly second: string;
  readonly zone: string; // "+01:00"
}

const months = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];
const monthFirst = new Set(["en-us", "en-ph", "es-us", "fil-ph"]);

export class Clock {
  readonly #parts: Intl.DateTimeFormat;
  readonly #name: Intl.DateTimeFormat;
  readonly #first: boolean;
  readonly #now: Moment;
  readonly #days = new Map<number, string>();

  /** `zone` "" is the browser's; `now` is epoch seconds. */
  constructor(zone: string, locale: string, now: number) {
    const timeZone = zone === "" ? undefined : zone;
    const parts: Intl.DateTimeFormatOptions = { year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23", timeZoneName: "longOffset", timeZone };
    this.#parts = new Intl.DateTimeFormat("en-GB", parts);
    this.#name = new Intl.DateTimeFormat("en-GB", { timeZoneName: "short", timeZone });
    this.#first = monthFirst.has(locale.toLowerCase().replaceAll("_", "-"));
    this.#now = this.moment(now);
  }

  moment(seconds: number): Moment {
    const of: Record<string, string> = {};
    for (const p of this.#parts.formatToParts(seconds * 1000)) of[p.type] = p.value;
    const n = (name: string): number => Number(of[name] ?? 0);
    const zone = (of["timeZoneName"] ?? "GMT").replace("GMT", "");
    return {
      year: n("year"), month: n("month"), day: n("day"), hour: `${of["hour"] ?? "00"}:${of["minute"] ?? "00"}`, second: of["second"] ?? "00",
      weekday: new Date(Date.UTC(n("year"), n("month") - 1, n("day"))).getUTCDay(), zone: zone === "" ? "Z" : zone,
    };
  }

  /** A day as a key: two moments of one day of the reader have the same. */
  dayOf(seconds: number): string {
    const quarter = Math.floor(seconds / 900); // midnight is between two quarters of an hour everywhere
    let day = this.#days.get(quarter);
    if (day === undefined) {
      const m = this.moment(seconds);
      this.#days.set(quarter, (day = `${m.year}-${m.month}-${m.day}`));
    }
    return day;
  }

  /** For lists: 14:31 today, Yest., Fri up to a week, then 17 Nov, then 2025. */
  short(seconds: number): HTMLElement {
    return this.#element(seconds, (m, ago) => {
      if (ago === 0) return m.hour;
      if (ago === 1) return "Yest.";
      if (ago > 1 && ago < 7) return (days[m.weekday] ?? "").slice(0, 3);
      return m.year !== this.#now.year ? String(m.year) : this.#date(m, true, false);
    });
  }

  /** For text: 14:31 today, Yesterday, 17:40, Friday, 16:52, then 18 November. */
  long(seconds: number): HTMLElement {
    return this.#element(seconds, (m, ago) => this.#long(m, ago));
  }

  /** As long(), without an element. */
  words(seconds: number): string {
    const m = this.moment(seconds);
    return this.#long(m, this.#ago(m));
  }

  hour(seconds: number): HTMLElement {
    return this.#element(seconds, (m) => m.hour);
  }

  /** Heads a group of messages: Today, 23 November. */
  day(seconds: number): HTMLElement {
    return this.#element(seconds, (m, ago) => `${ago === 0 ? "Today" : ago === 1 ? "Yesterday" : (days[m.weekday] ?? "")}, ${this.#date(m, false, m.year !== this.#now.year)}`);
  }

  /** The moment in full, with its zone. */
  exact(seconds: number): string {
    const m = this.moment(seconds);
    const name = this.#name.formatToParts(seconds * 1000).find((p) => p.type === "timeZoneName")?.value ?? "";
    return `${this.#date(m, false, true)}, ${m.hour}:${m.second} ${name}`;
  }

  #long(m: Moment, ago: number): string {
    if (ago === 0) return m.hour;
    if (ago === 1) return `Yesterday, ${m.hour}`;
    if (ago > 1 && ago < 7) return `${days[m.weekday] ?? ""}, ${m.hour}`;
    return this.#date(m, false, m.year !== this.#now.year);
  }

  #date(m: Moment, brief: boolean, year: boolean): string {
    const name = (months[m.month - 1] ?? "").slice(0, brief ? 3 : undefined);
    const date = this.#first ? `${name} ${m.day}` : `${m.day} ${name}`;
    if (!year) return date;
    return this.#first ? `${date}, ${m.year}` : `${date} ${m.year}`;
  }

  #ago(m: Moment): number {
    const midnight = (of: Moment): number => Date.UTC(of.year, of.month - 1, of.day);
    return Math.trunc((midnight(this.#now) - midnight(m)) / 86_400_000);
  }

  #element(seconds: number, words: (m: Moment, ago: number) => string): HTMLElement {
    const e = document.createElement("time");
    const m = this.moment(seconds);
    const two = (n: number): string => String(n).padStart(2, "0");
    e.dateTime = `${m.year}-${two(m.month)}-${two(m.day)}T${m.hour}:${m.second}${m.zone}`;
    e.title = this.exact(seconds);
    e.textContent = words(m, this.#ago(m));
    return e;
  }
}
