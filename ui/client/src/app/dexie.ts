// Bounds of compound keys, as Dexie has them. (IndexedDB orders numbers before
// texts before arrays.)
const Bounds = { minKey: Number.NEGATIVE_INFINITY, maxKey: [[]] as unknown as number };
export default Bounds;
