/** Whether a write failed because the device has no room. */
export function isFull(error: unknown): boolean {
  const named = (e: unknown): boolean => typeof e === "object" && e !== null && "name" in e && e.name === "QuotaExceededError";
  return named(error) || (typeof error === "object" && error !== null && "inner" in error && named(error.inner));
}
