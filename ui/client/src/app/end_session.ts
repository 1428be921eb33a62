// Asks the server to end the session of this browser. Nothing on the device is
// touched before it says that it has.
/** How long the server may take, in milliseconds. */
const patience = 15_000;

/** `silent` = no answer; `refused` = one that ends nothing. */
export type Ending = "ended" | "refused" | "silent";

export async function endSession(): Promise<Ending> {
  try {
    const { ok, status } = await fetch("/api/auth/sign-out", { method: "POST", signal: AbortSignal.timeout(patience) });
    return ok ? "ended" : status >= 502 ? "silent" : "refused";
  } catch {
    return "silent";
  }
}

/** Why one is still signed in. */
export const stays = (why: Exclude<Ending, "ended">): string =>
  why === "silent" ? "Signing out needs the server, which does not answer. Nothing was changed." : "The server did not end your session. Nothing was changed. Try again in a moment.";
