// The order in which a thread's messages are read.

interface Placed {
  readonly id: string;
  readonly index: number;
  readonly order_key: string;
}

/** Whether a message stands behind another. */
export const after = (a: Placed, b: Placed): boolean =>
  a.index !== b.index ? a.index > b.index : a.order_key !== b.order_key ? a.order_key > b.order_key : a.id > b.id;

/** The index of a message behind `last`; behind the greatest one that there is, `order_key` orders. */
export const indexBehind = (last: { readonly index: number } | undefined): number => (last === undefined ? 0 : Math.min(last.index + 1, Number.MAX_SAFE_INTEGER));
