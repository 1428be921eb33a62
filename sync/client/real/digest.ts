import type { Api } from "../src/sync/api.js";
import { count, object, text } from "../src/sync/parse.js";

/** What the server says of a workspace; the app compares nothing by itself. */
export async function serverDigest(api: Api, body: { workspace_id: string; deep?: boolean }): Promise<{ server_version: number; rows: number; digest: string }> {
  const { answer } = await api.post("/api/sync/digest", body, (value) => {
    const d = object(value, "answer");
    return { server_version: count(d["server_version"], "server_version"), rows: count(d["rows"], "rows"), digest: text(d["digest"], "digest") };
  });
  return answer;
}
