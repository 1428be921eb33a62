import type { DBCoreAddRequest, DBCoreMutateResponse, DBCorePutRequest, DBCoreTable } from "dexie";

// Of a write of 50 rows or more Dexie says only that the table has changed, and
// whoever follows it reads the whole of it again. Of fewer it says which rows.

const most = 49;

type Writing = DBCoreAddRequest | DBCorePutRequest;

/** The table, whose bulk writes go in slices so that the key of each written row is told. */
export function inSlices(table: DBCoreTable): DBCoreTable {
  return {
    ...table,
    mutate: (request) => (request.type === "put" || request.type === "add") && request.values.length > most && isPlain(request) ? sliced(table, request) : table.mutate(request),
  };
}

/** A write that follows a query says by itself what it changes. */
function isPlain(request: Writing): boolean {
  return request.type === "add" || (request.criteria === undefined && request.changeSpec === undefined && request.updates === undefined);
}

// No async function here, as in the capture.
function sliced(table: DBCoreTable, request: Writing): Promise<DBCoreMutateResponse> {
  const done: DBCoreMutateResponse = { numFailures: 0, failures: {}, results: [], lastResult: undefined };
  const from = (start: number): Promise<DBCoreMutateResponse> => {
    const part = { ...request, values: request.values.slice(start, start + most), ...(request.keys ? { keys: request.keys.slice(start, start + most) } : {}) };
    return table.mutate(part as Writing).then((response) => {
      done.numFailures += response.numFailures;
      for (const [i, error] of Object.entries(response.failures)) done.failures[start + Number(i)] = error;
      done.results?.push(...(response.results ?? []));
      done.lastResult = response.lastResult;
      return start + most < request.values.length ? from(start + most) : done;
    });
  };
  return from(0);
}
