import type {
  DBCore, DBCoreAddRequest, DBCoreDeleteRangeRequest, DBCoreDeleteRequest, DBCoreMutateRequest, DBCoreMutateResponse, DBCorePutRequest,
  DBCoreTable, DBCoreTransaction, Middleware,
} from "dexie";

import type { Events } from "./events.js";
import { nextHLC } from "./hlc.js";
import { newId } from "./ids.js";
import { markOf } from "./marks.js";
import { payloadOf, stripStamp, withStamp } from "./payload.js";
import { inSlices } from "./slices.js";
import { shadowId, type ClockState, type DeviceState, type ShadowState } from "./state.js";
import { isTable, type AnyRow, type Kind, type Payload, type PendingOp, type Stamped, type Table, type Tombstone } from "./types.js";

// Capture: every write to one of the seven tables raises the row's clock, is
// stamped, and leaves its op in the outbox, all in the transaction that writes
// the row. It sits below everything the app calls, so no path can forget it.

const beside = ["pending_ops", "tombstones", "sync_state"];

export const maxAtomic = 100;

export interface Captured {
  device: Pick<DeviceState, "device_id" | "node">;
  /** Without an account nothing is sent, so nothing is noted for sending. */
  local: boolean;
  events: Events;
  /** Names of kv rows that stay on this device. */
  blocked(name: string): boolean;
  now(): number;
}

export function captureMiddleware(captured: Captured): Middleware<DBCore> {
  return {
    stack: "dbcore",
    name: "or3-capture",
    level: 10, // above Dexie's own, so that live queries see what is written here
    create: (core) => ({
      ...core,
      transaction(stores, mode, options) {
        const widen = mode === "readwrite" && stores.some(isTable);
        return core.transaction(widen ? [...new Set([...stores, ...beside])] : stores, mode, options);
      },
      table(name) {
        const table = core.table(name);
        if (!isTable(name)) return beside.includes(name) ? inSlices(table) : table;
        const sliced = inSlices(table);
        return { ...table, mutate: (request) => new Write(core, markOf(request.trans)?.whole ? table : sliced, name, captured, request.trans).mutate(request) };
      },
    }),
  };
}

interface Write1 {
  pk: string;
  /** null deletes. */
  row: AnyRow | null;
  op: PendingOp | null;
  tombstone: Tombstone | null;
  shadow: ShadowState | null;
}

class Write {
  constructor(
    private readonly core: DBCore,
    private readonly table: DBCoreTable,
    private readonly name: Table,
    private readonly captured: Captured,
    private readonly trans: DBCoreTransaction,
  ) {}

  mutate(request: DBCoreMutateRequest): Promise<DBCoreMutateResponse> {
    if (markOf(this.trans)?.remote || (this.trans as IDBTransaction).mode === "versionchange") return this.table.mutate(request);
    const stores = (this.trans as IDBTransaction).objectStoreNames;
    if (!beside.every((store) => stores.contains(store))) {
      this.captured.events.emit("sync.capture:action:nonAtomic", { tableName: this.name });
      return Promise.reject(new Error(`a write to ${this.name} cannot be noted in the outbox: its transaction leaves out ${beside.join(", ")}`));
    }
    switch (request.type) {
      case "add":
      case "put":
        return this.put(request);
      case "delete":
        return this.remove(request);
      case "deleteRange":
        return this.removeRange(request);
    }
  }

  // No async functions here: a transaction must not be left, and Dexie's own
  // promises never leave it.
  private put(request: DBCoreAddRequest | DBCorePutRequest): Promise<DBCoreMutateResponse> {
    const rows = request.values as readonly AnyRow[];
    const gone = rows.filter((row) => row["deleted"] === true);
    if (gone.length > 0) {
      // A row that says it is deleted is deleted.
      const keys = gone.map((row) => this.keyOf(row));
      const kept = rows.filter((row) => row["deleted"] !== true);
      return this.remove({ type: "delete", trans: this.trans, keys }).then((removed) =>
        kept.length === 0 ? { ...removed, results: keys, lastResult: keys.at(-1) } : this.put({ ...request, values: kept, ...(request.keys ? { keys: kept.map((row) => this.keyOf(row)) } : {}) }));
    }
    const keys = rows.map((row) => this.keyOf(row));
    return this.known(keys).then(({ found, tombstones, clock }) => {
      const latest = new Map<string, AnyRow>();
      const writes = rows.map((row, i) => {
        const pk = keys[i] ?? "";
        const before = latest.get(pk) ?? found[i];
        const write = this.writePut(pk, row, before, tombstones[i], clock);
        if (write.row) latest.set(pk, write.row);
        return write;
      });
      const { changeSpec: _c, updates: _u, criteria: _q, ...plain } = request as DBCorePutRequest;
      return this.table.mutate({ ...plain, type: request.type, values: writes.map((w) => w.row) } as DBCorePutRequest)
        .then((response) => this.note(writes, clock, response, tombstones));
    }) as Promise<DBCoreMutateResponse>;
  }

  private remove(request: DBCoreDeleteRequest): Promise<DBCoreMutateResponse> {
    const keys = request.keys as string[];
    return this.known(keys).then(({ found, tombstones, clock }) => {
      const seen = new Set<string>();
      const writes = keys.flatMap((pk, i) => {
        const before = found[i];
        if (!before || before.op_id === "" || seen.has(pk)) return []; // nobody else has heard of it
        seen.add(pk);
        return [this.writeDelete(pk, before, tombstones[i], clock)];
      });
      return this.table.mutate({ type: "delete", trans: this.trans, keys }).then((response) => this.note(writes, clock, { ...response, failures: {}, numFailures: 0 }, []));
    }) as Promise<DBCoreMutateResponse>;
  }

  private removeRange(request: DBCoreDeleteRangeRequest): Promise<DBCoreMutateResponse> {
    const query = { index: this.table.schema.primaryKey, range: request.range };
    return this.table.query({ trans: this.trans, values: false, query }).then((found) =>
      this.remove({ type: "delete", trans: this.trans, keys: found.result })) as Promise<DBCoreMutateResponse>;
  }

  private known(keys: readonly string[]): Promise<{ found: (AnyRow | undefined)[]; tombstones: (Tombstone | undefined)[]; clock: ClockState }> {
    const trans = this.trans;
    const found = this.table.getMany({ trans, keys: keys as string[], cache: "immutable" });
    const tombstones = this.captured.local ? null : this.core.table("tombstones").getMany({ trans, keys: keys.map((pk) => [this.name, pk]), cache: "immutable" });
    const clock = this.core.table("sync_state").get({ trans, key: "clock" }) as Promise<ClockState | undefined>;
    return found.then((rows: (AnyRow | undefined)[]) => (tombstones ?? found).then((stones: (Tombstone | undefined)[]) => clock.then((state) => ({
      found: rows,
      tombstones: tombstones ? stones : [],
      clock: { ...(state ?? { id: "clock", hlc: "", seq: 0, offset: 0 }) },
    }))));
  }

  private writePut(pk: string, row: AnyRow, before: AnyRow | undefined, tombstone: Tombstone | undefined, clock: ClockState): Write1 {
    const payload = payloadOf(this.name, row);
    if (!this.travels(payload)) {
      // It stays here for now: under the stamp it has, or without one.
      const stamp: Stamped = before ?? { device_id: "", op_id: "", hlc: "", clock: 0, server_version: 0 };
      return { pk, row: withStamp(payload, stamp), op: null, tombstone: null, shadow: null };
    }
    const stamp = this.stamp(Math.max(before?.clock ?? 0, tombstone?.clock ?? 0) + 1, clock);
    return {
      pk,
      row: withStamp(payload, stamp),
      op: this.op("put", pk, payload, stamp, clock),
      tombstone: null,
      shadow: this.shadow(pk, before, tombstone),
    };
  }

  private writeDelete(pk: string, before: AnyRow, tombstone: Tombstone | undefined, clock: ClockState): Write1 {
    const stamp = this.stamp(Math.max(before.clock, tombstone?.clock ?? 0) + 1, clock);
    return {
      pk,
      row: null,
      op: this.op("delete", pk, undefined, stamp, clock),
      tombstone: { table: this.name, pk, ...stamp, deleted_at: Math.floor((this.captured.now() + clock.offset) / 1000) },
      shadow: this.shadow(pk, before, undefined),
    };
  }

  /** Whether the row is for other devices at all. */
  private travels(payload: Payload): boolean {
    if (this.name === "messages") return payload["pending"] !== true;
    if (this.name === "kv") return !this.captured.blocked(String(payload["name"] ?? payload["id"]));
    return true;
  }

  private stamp(rowClock: number, clock: ClockState): Stamped {
    clock.hlc = nextHLC(clock.hlc, this.captured.now() + clock.offset, this.captured.device.node);
    return { device_id: this.captured.device.device_id, op_id: newId(), hlc: clock.hlc, clock: rowClock, server_version: 0 };
  }

  private op(kind: Kind, pk: string, payload: Payload | undefined, stamp: Stamped, clock: ClockState): PendingOp {
    const { server_version: _, ...own } = stamp;
    const atomic = markOf(this.trans)?.atomic;
    clock.seq++;
    return {
      id: stamp.op_id, seq: clock.seq, table: this.name, pk, op: kind, ...(payload ? { payload } : {}), stamp: own, ...(atomic ? { atomic } : {}),
      created_at: this.captured.now(), attempts: 0, next_attempt_at: 0, status: "pending", sent: false,
    };
  }

  /** The first unacknowledged write of a row keeps what the server has of it. */
  private shadow(pk: string, before: AnyRow | undefined, tombstone: Tombstone | undefined): ShadowState | null {
    const id = shadowId(this.name, pk);
    if (before && before.server_version > 0) {
      const { clock, hlc, op_id, device_id, server_version } = before;
      return { id, op: "put", payload: stripStamp(this.name, before), clock, hlc, op_id, device_id, server_version };
    }
    if (!before && tombstone && tombstone.server_version > 0) {
      const { clock, hlc, op_id, device_id, server_version } = tombstone;
      return { id, op: "delete", clock, hlc, op_id, device_id, server_version };
    }
    return null;
  }

  /** Notes what was written in the outbox; only what really was. */
  private note(writes: Write1[], clock: ClockState, response: DBCoreMutateResponse, tombstones: (Tombstone | undefined)[]): Promise<DBCoreMutateResponse> | DBCoreMutateResponse {
    const done = writes.filter((write, i) => write.op && !(i in response.failures));
    if (done.length === 0) return response;
    const trans = this.trans;
    const ops = done.map((w) => w.op).filter((op) => op !== null);
    const put = (store: string, values: object[]) => inSlices(this.core.table(store)).mutate({ type: "put", trans, values });
    const jobs = [put("sync_state", [clock, ...(this.captured.local ? [] : done.flatMap((w) => (w.shadow ? [w.shadow] : [])))])];
    if (!this.captured.local) {
      const mark = markOf(trans);
      if (mark) {
        mark.captured += ops.length;
        if (mark.atomic && mark.captured > maxAtomic) throw new Error(`an atomic group has at most ${maxAtomic} writes`);
      }
      jobs.push(put("pending_ops", ops));
      const stones = done.flatMap((w) => (w.tombstone ? [w.tombstone] : []));
      if (stones.length > 0) jobs.push(put("tombstones", stones));
      const risen = done.flatMap((w) => (w.row && tombstones.some((t) => t?.pk === w.pk) ? [[this.name, w.pk]] : []));
      if (risen.length > 0) jobs.push(this.core.table("tombstones").mutate({ type: "delete", trans, keys: risen }));
    }
    this.announce(ops);
    return jobs.reduce((all, job) => all.then(() => job)).then(() => response);
  }

  /** Tells the listeners when, and only when, the transaction is done. */
  private announce(ops: PendingOp[]): void {
    (this.trans as IDBTransaction).addEventListener("complete", () => {
      this.captured.events.emit("store:written", ops);
      if (!this.captured.local) for (const op of ops) this.captured.events.emit("sync.op:action:captured", op);
    }, { once: true });
  }

  private keyOf(row: AnyRow): string {
    return this.table.schema.primaryKey.extractKey?.(row) as string;
  }
}

