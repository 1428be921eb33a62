import { Refused, words, type Api } from "./api.js";
import { Unreadable, parseEvent, type Page } from "./parse.js";
import { jitter, linked, sleep } from "./wait.js";

// The stream: what others write arrives by itself. It only ever brings what a
// pull would have brought, so whenever anything is odd it says "pull".

export type StreamEvent = { kind: "changes"; page: Page & { history_id: string } } | { kind: "pull"; reason: string };

export interface StreamOptions {
  api: Api;
  workspaceId: string;
  /** Where to go on; null = not yet. */
  position(): Promise<{ cursor: number; history_id: string } | null>;
  event(event: StreamEvent): void;
  status(status: StreamStatus): void;
  gaveUp(): void;
  signal: AbortSignal;
  /** Milliseconds of silence after which the connection is taken for dead. */
  silence: number;
}

export type StreamStatus = "connecting" | "connected" | "disconnected";

const delays = [1000, 2000, 5000, 10_000, 30_000];
const maxRetries = 20;

/** Keeps a stream until `signal` ends. */
export async function keepStream(options: StreamOptions): Promise<void> {
  for (let failures = 0; !options.signal.aborted; ) {
    options.status("connecting");
    try {
      await follow(options, () => {
        failures = 0;
      });
    } catch (error) {
      if (options.signal.aborted) break;
      // The loop finds out what it means: its pull meets the same.
      if (error instanceof Refused || error instanceof Unreadable) options.event({ kind: "pull", reason: words(error) });
    }
    options.status("disconnected");
    if (++failures === maxRetries) options.gaveUp();
    await sleep(failures >= maxRetries ? jitter(60_000) : jitter(delays[Math.min(failures - 1, delays.length - 1)] ?? 1000), options.signal);
  }
  options.status("disconnected");
}

async function follow(options: StreamOptions, alive: () => void): Promise<void> {
  const position = await options.position();
  if (!position) return;
  const end = linked(options.signal);
  let silence: ReturnType<typeof setTimeout> | undefined;
  const heard = () => {
    clearTimeout(silence);
    silence = setTimeout(() => end.abort(), options.silence);
  };
  heard();
  try {
    const response = await options.api.stream({ workspace_id: options.workspaceId, ...position }, end.signal);
    options.status("connected");
    const reader = response.body!.getReader();
    const frames = new Frames();
    const decoder = new TextDecoder();
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      heard();
      alive();
      for (const frame of frames.push(decoder.decode(value, { stream: true }))) {
        if (frame.event === "changes") options.event({ kind: "changes", page: parseEvent(JSON.parse(frame.data)) });
        else if (frame.event === "resync" || frame.event === "bye") {
          options.event({ kind: "pull", reason: frame.event });
          end.abort();
          return;
        }
      }
    }
  } finally {
    clearTimeout(silence);
    end.abort();
    end.release();
  }
}

export interface Frame {
  event: string;
  data: string;
}

/** Takes a stream of text apart into its events. */
export class Frames {
  #rest = "";
  #event = "";
  #data: string[] = [];

  push(text: string): Frame[] {
    const frames: Frame[] = [];
    const lines = (this.#rest + text).split(/\r\n|\n|\r/);
    this.#rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (this.#data.length > 0) frames.push({ event: this.#event || "message", data: this.#data.join("\n") });
        this.#event = "";
        this.#data = [];
      } else if (!line.startsWith(":")) {
        const colon = line.indexOf(":");
        const name = colon < 0 ? line : line.slice(0, colon);
        const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
        if (name === "event") this.#event = value;
        else if (name === "data") this.#data.push(value);
      }
    }
    return frames;
  }
}
